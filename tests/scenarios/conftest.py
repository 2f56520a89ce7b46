"""One local stack for the whole session: everything real but AWS itself."""

import os
from collections.abc import Iterator
from functools import partial
from inspect import signature
from typing import Final

import pytest

from infra.local import assembly
from infra.local.stack import LocalStack
from tests.scenarios.admin import Admin
from tests.scenarios.aftermath import LOOK_BACK, look_back
from tests.scenarios.people import People
from tests.scenarios.playbooks import Play
from tests.scenarios.shoppers import Shop, apply_playbook, be_fast

# Each takes a minute or more, most of it waiting: begun last, one stack would wait for the other.
LONGEST: Final = ("broadcasts", "moves_inside", "s07", "erase", "s28_canvas", "backtest", "s15_s16",
                  "backfill", "s17", "s13", "s24", "s09", "s26", "s12")  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; `--no-loadscope-reorder` lets workers take them in this order."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = item.path.name.removeprefix("test_")
    found = (place for place, start in enumerate(LONGEST) if name.startswith(start))
    return next(found, len(LONGEST)) if "scenarios" in item.path.parts else len(LONGEST)


@pytest.fixture(scope="session")
def played() -> set[str]:
    """The modules that have been played on the stack."""
    return set()


@pytest.fixture(scope="session")
def stack(played: set[str]) -> Iterator[LocalStack]:
    """The running stack, on a port of its own; what is left is looked at where told to."""
    with LocalStack.start() as running:
        digest = assembly.digest()
        yield running
        if LOOK_BACK in os.environ:
            look_back(running, played, digest)


@pytest.fixture(autouse=True)
def _is_played(request: pytest.FixtureRequest, played: set[str]) -> None:
    played.add(request.path.name)


@pytest.fixture(scope="session")
def admin(stack: LocalStack) -> Admin:
    """The admin API of the stack."""
    return Admin(stack.api_url, stack.admin_key())


@pytest.fixture(scope="session")
def write_key(admin: Admin) -> str:
    """A key that events may be sent with."""
    return admin.write_key("scenarios")


@pytest.fixture(scope="session")
def playbook(admin: Admin) -> Admin:
    """The same, of a workspace with the starter playbook."""
    apply_playbook(admin)
    return admin


@pytest.fixture
def shop(stack: LocalStack, playbook: Admin, write_key: str) -> Shop:
    """A shop that works by the starter playbook; its people are its own."""
    be_fast(playbook)
    return Shop(stack, playbook, write_key)


@pytest.fixture(scope="module")
def person(stack: LocalStack, admin: Admin, write_key: str) -> People:
    """Makes somebody new."""
    return People(stack, admin, write_key)


@pytest.fixture(scope="module")
def play(admin: Admin, person: People) -> Play:
    """Lets playbooks be played, at the pace of this machine."""
    return Play(admin, person)


def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Call a test that plays so that it can be told again; all others as always."""
    play = pyfuncitem.funcargs.get("play")
    if play is None:
        return None
    names = signature(pyfuncitem.function).parameters
    play.tell(partial(pyfuncitem.function, **{name: pyfuncitem.funcargs[name] for name in names}))
    return True
