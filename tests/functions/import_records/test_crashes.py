"""Whichever AWS call an import dies at, before or after it took effect, the end is the same."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.import_records import usecase
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from tests.conftest import PROFILES_TABLE
from tests.functions.import_records.conftest import BUCKET, Ledger, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

LINES = [
    "u1,2026-01-01,bought,1",
    "u1,2026-01-01,bought,1",
    "u2,soon,bought,1",
    '"u3","2026-01-02","line\nbreak",2',
    "u4,2026-01-03,bought",
    "",
    "blocked,2026-01-03,bought,3",
    "u5,2026-01-04,bought,4",
    "u6,2026-01-05,bought,5",
]
FILE = ("user_id,date,event,price\n" + "\r\n".join(LINES) + "\n").encode()


class CrashError(Exception):
    """The process died."""


class Mortal:
    """A client that dies at one call of all that share its `fate`, before or after the call."""

    def __init__(self, client: Any, fate: "Fate") -> None:
        self._client = client
        self._fate = fate

    def __getattr__(self, name: str) -> Any:
        return partial(self._fate.call, getattr(self._client, name))


class Fate:
    def __init__(self, at: int, *, after: bool) -> None:
        self.left = at
        self.after = after

    def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            raise CrashError
        answer = method(*args, **kwargs)
        if self.left == 0:
            raise CrashError
        return answer

    @property
    def is_fulfilled(self) -> bool:
        return self.left <= 0


def mortal(world: World, fate: Fate) -> dict[str, Any]:
    class MortalLedger:
        def apply(self, events, *, proof=None):
            return fate.call(world.ledger.apply, events, proof=proof)

    class MortalQueue:
        def send_json(self, payload):
            return fate.call(world.send_json, payload)

    return {
        "jobs": ImportStore(Mortal(world.jobs._client, fate), PROFILES_TABLE),
        "files": ImportFiles(Mortal(world.files._client, fate), BUCKET),
        "applier": MortalLedger(),
        "queue": MortalQueue(),
    }


def outcome(world: World) -> tuple[Any, ...]:
    job = world.job()
    same = replace(job, updated_at=job.created_at, file_tag="")
    return same, world.ledger.events, world.rejected()


def deliver_until_done(world: World) -> None:
    """As SQS does: a delivery that failed comes again, and so does every message that was sent."""
    world.messages.append({"import_id": "i1"})
    for _ in range(100):
        if not world.messages:
            return
        world.messages.pop()
        world.run(is_time_up=lambda: True)
    raise AssertionError("it never ends")


@pytest.fixture
def expected(world, monkeypatch):
    monkeypatch.setattr(usecase, "CHUNK_ROWS", 2)
    world.ledger.refuse.add("blocked")
    world.upload(FILE)
    world.run()
    return outcome(world)


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_at_any_call_changes_nothing_of_the_end(world, expected, after):
    assert (expected[0].rows, expected[0].rejected, len(expected[1])) == (8, 3, 5)
    for at in range(1, 200):
        world.ledger = Ledger(refuse={"blocked"})
        _forget(world)
        world.upload(FILE)
        fate = Fate(at, after=after)
        try:
            world.run(**mortal(world, fate))
        except CrashError:
            world.messages.clear()  # what it sent last may have been lost with it ...
        deliver_until_done(world)  # ... but its own message comes again
        assert outcome(world) == expected, at
        if not fate.is_fulfilled:
            assert at > 20
            return
    raise AssertionError("more calls than anybody expects")


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(1, 30), max_size=4), st.integers(1, 9), st.booleans())
def test_any_chunking_and_any_crashes_give_the_same_rows(
    world, expected, monkeypatch, crashes, chunk_rows, after
):
    with monkeypatch.context() as patch:
        patch.setattr(usecase, "CHUNK_ROWS", chunk_rows)
        world.ledger = Ledger(refuse={"blocked"})
        _forget(world)
        world.upload(FILE)
        for at in crashes:
            try:
                world.run(**mortal(world, Fate(at, after=after)))
            except CrashError:
                world.messages.clear()
        deliver_until_done(world)
        assert outcome(world) == expected


def _forget(world: World) -> None:
    world.jobs._client.delete_item(
        TableName=PROFILES_TABLE, Key={"pk": {"S": "default#M"}, "sk": {"S": "IMPORT#i1"}}
    )
    for key in world.stored():
        world.files._client.delete_object(Bucket=BUCKET, Key=key)
