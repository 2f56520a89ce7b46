"""AWS's own DynamoDB Local for tests: in memory, one for each process of tests.

Whoever may not use it (see `infra/local/dynamodb_local.py`) sets RAPPORT_TEST_DYNAMODB=mock, and
moto judges instead; with an address, such as http://127.0.0.1:8000, what listens there does.
"""

import os
from collections.abc import Iterator
from typing import Final

import pytest

from infra.local.dynamodb_local import running

CHOICE: Final = "RAPPORT_TEST_DYNAMODB"


def real_one_judges() -> bool:
    """Whether a real engine judges, and not the mock."""
    return os.environ.get(CHOICE) != "mock"


@pytest.fixture(scope="session")
def dynamodb_local() -> Iterator[str]:
    """The address of a DynamoDB, such as `http://127.0.0.1:40123`; its tables are shared."""
    chosen = os.environ.get(CHOICE, "")
    if chosen.startswith("http"):
        yield chosen
        return
    with running() as address:
        yield address
