from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.figures import FiguresReader
from shared.aws.membership_store import MAX_FLIPS, PAUSES_SECONDS, Change, MembershipStore
from shared.domain.segments.membership import Membership
from shared.errors import ConflictError, TransientError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ADA = ("default", "ada")
NOBODY = Membership("buyers", member=False, since=NOON, version=1)
FACT = {"about": "trait", "name": "city", "value": "上海", "holds": True}
ENTERED = Membership("buyers", True, NOON, 1, 1, NOON + timedelta(days=3), (FACT,), untold=True)
EXITED = replace(ENTERED, member=False, flips=2, changes_at=None)


@pytest.fixture
def store(dynamodb, profiles_table):
    return MembershipStore(dynamodb, profiles_table)


@pytest.fixture
def members(dynamodb, profiles_table):
    figures = FiguresReader(dynamodb, profiles_table)
    return lambda segment_id: figures.of("default", "SEGMENT", segment_id).get("members", 0)


class Patched:
    """A client whose transactions first do what a test says."""

    def __init__(self, client, *turns):
        self._client, self._turns = client, list(turns)

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **request):
        if self._turns:
            self._turns.pop(0)(request)
        return self._client.transact_write_items(**request)


def test_a_membership_comes_back_as_it_was_stored(store):
    store.store(*ADA, [Change(None, ENTERED)])

    assert store.some(*ADA, ["buyers", "others"]) == {"buyers": ENTERED}
    assert store.every(*ADA) == {"buyers": ENTERED}
    assert store.every("default", "bob") == {}


def test_members_are_counted_with_every_flip(store, members):
    store.store(*ADA, [Change(None, ENTERED)])
    store.store("default", "bob", [Change(None, ENTERED)])
    assert members("buyers") == 2

    store.store(*ADA, [Change(ENTERED, EXITED)])
    assert members("buyers") == 1
    assert store.every(*ADA) == {"buyers": EXITED}


def test_an_instant_to_judge_again_is_stored_without_a_flip(store, members):
    waiting = replace(NOBODY, changes_at=NOON + timedelta(days=1))

    store.store(*ADA, [Change(None, waiting)])

    assert store.every(*ADA) == {"buyers": waiting}
    assert members("buyers") == 0


def test_the_mark_of_an_untold_flip_can_be_taken_off(store, members):
    store.store(*ADA, [Change(None, ENTERED)])
    told = replace(ENTERED, untold=False)

    store.store(*ADA, [Change(ENTERED, told)])

    assert store.every(*ADA) == {"buyers": told}
    assert members("buyers") == 1


def test_many_flips_at_once_are_all_stored(store, members):
    names = [f"s{number}" for number in range(MAX_FLIPS + 2)]
    changes = [Change(None, replace(ENTERED, segment_id=name)) for name in names]

    store.store(*ADA, changes)

    assert set(store.every(*ADA)) == set(store.some(*ADA, names)) == set(names)
    assert all(members(name) == 1 for name in (names[0], names[-1]))


def test_a_flip_whose_answer_was_lost_is_stored_once(dynamodb, profiles_table, members):
    def stored_already(request):
        dynamodb.transact_write_items(**request)

    store = MembershipStore(Patched(dynamodb, stored_already), profiles_table)
    store.store(*ADA, [Change(None, ENTERED)])

    assert members("buyers") == 1
    assert store.every(*ADA) == {"buyers": ENTERED}


def test_a_row_that_is_not_as_it_was_read_is_left_alone(store, members):
    store.store(*ADA, [Change(None, ENTERED)])

    late = replace(ENTERED, since=NOON + timedelta(hours=1))
    with pytest.raises(ConflictError):
        store.store(*ADA, [Change(None, late)])
    with pytest.raises(ConflictError):
        store.store(*ADA, [Change(EXITED, replace(EXITED, changes_at=NOON))])

    assert store.every(*ADA) == {"buyers": ENTERED}
    assert members("buyers") == 1


def busy(request):
    reasons = [{"Code": "None"}, {"Code": "TransactionConflict"}]
    error = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
    raise ClientError(error, "TransactWriteItems")


def test_a_busy_tally_is_waited_for(dynamodb, profiles_table, members):
    pauses = []
    store = MembershipStore(Patched(dynamodb, busy, busy), profiles_table, pauses.append)

    store.store(*ADA, [Change(None, ENTERED)])

    assert members("buyers") == 1
    assert pauses == list(PAUSES_SECONDS)


def test_a_tally_that_stays_busy_is_left_to_the_next_delivery(dynamodb, profiles_table, members):
    store = MembershipStore(Patched(dynamodb, *[busy] * 9), profiles_table, lambda _: None)

    with pytest.raises(TransientError):
        store.store(*ADA, [Change(None, ENTERED)])

    assert members("buyers") == 0


def test_reading_no_segment_asks_nobody(profiles_table):
    assert MembershipStore(None, profiles_table).some(*ADA, []) == {}


def test_rows_that_a_batch_read_leaves_out_are_asked_for_again(store, dynamodb, profiles_table):
    store.store(*ADA, [Change(None, ENTERED)])

    class Throttled:
        calls = 0

        def batch_get_item(self, RequestItems):  # noqa: N803
            self.calls += 1
            if self.calls % 2:
                return {"Responses": {}, "UnprocessedKeys": RequestItems}
            return dynamodb.batch_get_item(RequestItems=RequestItems)

    patient = MembershipStore(Throttled(), profiles_table, lambda _: None)
    assert patient.some(*ADA, ["buyers"]) == {"buyers": ENTERED}
    assert keys.membership("buyers") == "SEG#buyers"
