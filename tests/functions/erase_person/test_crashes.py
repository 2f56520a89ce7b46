"""Whatever call an erasure dies at, carrying it on gives the same end and the same receipt."""

from itertools import islice

import pytest

from shared.errors import ConflictError, TransientError
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE, create_catalog, create_profiles
from tests.crash.faults import KilledError
from tests.functions.erase_person import world as worlds
from tests.functions.erase_person.world import SETTLE, WS, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

RUNS = 12


@pytest.fixture(autouse=True)
def short_history(monkeypatch):
    """Few rows in small transactions: every kind of call is there, and not too often."""
    monkeypatch.setattr(worlds, "EVENTS", 3)
    monkeypatch.setattr("shared.aws.eraser.MAX_ROWS", 4)


def carried_on(world):
    """Carry it on like the queue does: again and again, whatever happens."""
    for _ in range(RUNS):
        try:
            if world.carry_on().is_done:
                return
        except (ConflictError, KilledError, TransientError):
            pass
        world.now += SETTLE
    raise AssertionError("it never ends")


def end_of(world):
    return (
        world.traces(),
        {key: row for key, row in world.rows().items() if key[0] != f"{WS}#E"},
        world.ledger().page(WS, 1)[0][0].removed,
        {(parcel.destination_id, parcel.key) for parcel in world.announced()},
    )


READS = ("batch_get_item", "get_item", "query", "list_objects_v2", "receive_message")


def played(dynamodb, faults):
    """One erasure from an untouched world to its end."""
    for table in (PROFILES_TABLE, CATALOG_TABLE):
        dynamodb.delete_table(TableName=table)
    create_profiles(dynamodb)
    create_catalog(dynamodb)
    world = World(dynamodb)
    world.wants("crm", "PersonErased", erased_by=("user_id",))
    world.ask()
    world.line.faults = faults
    carried_on(world)
    return end_of(world), world.line.calls


def faults_of(calls):
    """Every write dies once when it has taken effect; of all calls, some are refused."""
    for number, call in enumerate(calls, start=1):
        if call not in READS:
            yield number, "after"
        if number % 5 == 0:
            yield number, "throttled"


@pytest.mark.parametrize("turn", [0, *(pytest.param(n, marks=pytest.mark.nightly) for n in (1, 2))])
def test_a_fault_at_any_call_changes_nothing_in_the_end(dynamodb, turn):
    """A turn tries every third of the faults."""
    (_, rows, removed, told), calls = played(dynamodb, {})
    assert len(told) == 1
    for number, fault in islice(faults_of(calls), turn, None, 3):
        (traces, rows_then, removed_then, told_then), _ = played(dynamodb, {number: fault})
        met = f"{fault} at call {number}, {calls[number - 1]}"
        assert traces == [], met
        assert rows_then == rows, met
        assert told_then == told, met  # perhaps twice, as the same
        # What is no row of a table can be removed without being counted, when the process dies in
        # between; a row never.
        assert _rows(removed_then) == _rows(removed), met


def _rows(removed):
    elsewhere = {"dead_letters", "exports", "lake_objects"}
    return {name: count for name, count in removed.items() if name not in elsewhere}
