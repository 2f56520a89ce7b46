"""One local stack for the whole session: everything real but AWS itself."""

from collections.abc import Iterator

import pytest

from infra.local.stack import LocalStack
from tests.scenarios.admin import Admin


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """The running stack, on a port of its own."""
    with LocalStack.start() as running:
        yield running


@pytest.fixture(scope="session")
def admin(stack: LocalStack) -> Admin:
    """The admin API of the stack."""
    return Admin(stack.api_url, stack.admin_key())


@pytest.fixture(scope="session")
def write_key(admin: Admin) -> str:
    """A key that events may be sent with."""
    return admin.write_key("scenarios")
