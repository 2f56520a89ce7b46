"""An enrolment changes under its version, with all that belongs to the change or not at all."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.aws import keys
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.happenings import HappeningsReader
from shared.aws.items import from_item, to_item
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item, event_of
from shared.domain.events.own import OWN_SOURCE
from shared.domain.identity.person import Person
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Change, Guard, Listener, Ref, TaskToken
from shared.domain.messages.model import MessageRequest
from shared.errors import ConflictError
from tests.conftest import NOON

REF = Ref("default", "ada", "e1")
ADA = Person.of_one("default", "ada")
BEGUN = Enrolment(
    workspace_id="default",
    profile_id="ada",
    enrolment_id="e1",
    journey_id="hello",
    journey_version=1,
    entered_at=NOON,
    clock_at=NOON,
    at="greet",
)
REQUEST = MessageRequest(
    workspace_id="default",
    profile_id="ada",
    message_id="m1",
    enrolment_id="e1",
    journey_id="hello",
    journey_version=1,
    step="greet",
    visit=1,
    template_id="welcome",
    purpose="marketing",
    requested_at=NOON,
)
BOTH = Listen("paid", exits=True, step="watch", visit=1)


@pytest.fixture
def store(dynamodb: Any, profiles_table: str) -> EnrolmentStore:
    return EnrolmentStore(dynamodb, profiles_table)


def rows(dynamodb: Any) -> dict[str, dict[str, Any]]:
    return {row["sk"]: row for row in map(from_item, dynamodb.scan(TableName="profiles")["Items"])}


def test_what_was_stored_is_loaded(store: EnrolmentStore):
    task = TaskToken("t" * 1000, "watch", 1)
    stored = store.enrol(REF, None, Change(BEGUN, NOON, task=task), "machine:1")
    assert store.load(REF) == stored
    assert store.load(REF._replace(enrolment_id="e2")) is None
    run = Run("e1", NOON, active=True)
    assert store.guard(ADA, "hello", "e1") == Guard({"ada": run}, stored)
    assert store.guard(ADA, "hello", "e2") == Guard({"ada": run})
    assert store.guard(ADA, "bye", "e2") == Guard({})


def test_a_person_is_looked_for_at_all_desks(store: EnrolmentStore):
    bob = replace(BEGUN, profile_id="bob", enrolment_id="e2")
    store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    stored = store.enrol(Ref("default", "bob", "e2"), None, Change(bob, NOON), "machine:1")
    both = Person("default", "ada", ("ada", "phone", "bob"), ("ada", "bob"))
    runs = {"ada": Run("e1", NOON, active=True), "bob": Run("e2", NOON, active=True)}
    assert store.guard(both, "hello", "e2") == Guard(runs, stored)
    assert store.runs(both) == {"hello": runs}
    assert store.runs(ADA) == {"hello": {"ada": runs["ada"]}}


def test_a_root_becomes_a_desk_in_a_change_of_its_graph(store: EnrolmentStore, dynamodb: Any):
    reader = PersonReader(dynamodb, "profiles")
    profile = {"pk": "default#P#ada", "sk": "PROFILE", "version": 0, "traits": "{}"}
    with pytest.raises(ConflictError):
        store.open_desk(ADA)  # there is no such person
    dynamodb.put_item(TableName="profiles", Item=to_item(profile))
    assert reader.person("default", "ada") == ADA
    store.open_desk(ADA)
    assert reader.person("default", "ada") == replace(ADA, enrols=True)
    assert rows(dynamodb)["PROFILE"]["graph_version"] == 1
    dynamodb.put_item(TableName="profiles", Item=to_item({**profile, "redirect": "bob"}))
    with pytest.raises(ConflictError):
        store.open_desk(ADA)


def test_a_second_look_says_whether_the_desk_answers_for_the_same_person(
    store: EnrolmentStore, dynamodb: Any
):
    profile = {"pk": "default#P#ada", "sk": "PROFILE", "version": 0, "traits": "{}"}
    assert store.look_again(REF, ADA) == (None, False)
    stored = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    dynamodb.put_item(TableName="profiles", Item=to_item(profile))
    assert store.look_again(REF, ADA) == (stored, True)
    assert store.look_again(REF, replace(ADA, strands=("ada", "bob"))) == (stored, False)
    dynamodb.put_item(TableName="profiles", Item=to_item({**profile, "redirect": "bob"}))
    assert store.look_again(REF, ADA) == (stored, False)


def test_one_run_of_a_journey_begins_at_a_time(store: EnrolmentStore, dynamodb: Any):
    store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    other = replace(BEGUN, enrolment_id="e2")
    before = rows(dynamodb)
    for latest in (None, Run("e1", NOON, active=False), Run("e0", NOON, active=True)):
        with pytest.raises(ConflictError):
            store.enrol(REF._replace(enrolment_id="e2"), latest, Change(other, NOON), "machine:1")
    assert rows(dynamodb) == before, "nothing of it was stored"


def test_a_change_of_what_was_changed_meanwhile_is_refused_as_a_whole(
    store: EnrolmentStore, dynamodb: Any
):
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    second = store.commit(first, Change(replace(BEGUN, at="watch"), NOON, (BOTH,)))
    before = rows(dynamodb)
    for change in (Change(BEGUN, NOON), Change(BEGUN, NOON, (), (REQUEST,))):
        with pytest.raises(ConflictError):
            store.commit(first, change)
    assert rows(dynamodb) == before
    assert store.load(REF) == second


def test_a_message_row_is_never_written_twice(store: EnrolmentStore, dynamodb: Any):
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    second = store.commit(first, Change(BEGUN, NOON, (), (REQUEST,)))
    with pytest.raises(ConflictError):
        store.commit(second, Change(BEGUN, NOON, (), (REQUEST,)))
    row = rows(dynamodb)["MSG#m1"]
    assert row["status"] == "requested"
    assert row["requested_at"] == "2026-11-22T12:00:00.000Z"
    assert {"workspace_id", "profile_id", "message_id"}.isdisjoint(row)


def test_the_end_closes_the_run_and_is_counted_with_its_reason(
    store: EnrolmentStore, dynamodb: Any
):
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    ended = replace(BEGUN, status="exited", reason="paid")
    store.commit(first, Change(ended, NOON, (BOTH,)))
    found = rows(dynamodb)
    assert found["RUN#hello"]["active"] is False
    assert found["ENR#e1"]["status"] == "exited"
    shard = keys.tally("default", "JOURNEY", "hello", "ada").sk
    assert {"started": 1, "exited:paid": 1}.items() <= found[shard].items()
    assert not any(sk.startswith("WAIT#") for sk in found), "nobody listens to what is over"


def told(dynamodb: Any) -> list[tuple[str, datetime, datetime, dict[str, Any]]]:
    found = [event_of(to_item(row)) for sk, row in rows(dynamodb).items() if sk.startswith("EVT#")]
    assert all(one.source_id == OWN_SOURCE and one.timestamp == one.occurred_at for one in found)
    return sorted(
        (one.name, one.occurred_at, one.received_at, one.properties) for one in found
    )  # fmt: skip


ABOUT = {"journey_id": "hello", "enrolment_id": "e1", "version": 1}
SOON = NOON + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "reason", "name"),
    [
        ("completed", "completed", "$journey_completed"),
        ("exited", "paid", "$journey_exited"),
        ("exited", "merged", "$journey_exited"),
    ],
)
def test_an_enrolment_is_told_when_it_begins_and_when_it_ends(
    store: EnrolmentStore, dynamodb: Any, status: Any, reason: str, name: str
):
    first = store.enrol(REF, None, Change(BEGUN, SOON), "machine:1")
    entered = ("$journey_entered", NOON, SOON, ABOUT)
    assert told(dynamodb) == [entered]
    second = store.commit(first, Change(replace(BEGUN, at="watch"), SOON, (BOTH,)))
    assert told(dynamodb) == [entered]
    ended = replace(BEGUN, status=status, reason=reason, clock_at=NOON + timedelta(minutes=4))
    for _ in range(2):
        with suppress(ConflictError):  # the second time
            store.commit(second, Change(ended, SOON))
    over = (name, ended.clock_at, SOON, {**ABOUT, "reason": reason})
    assert told(dynamodb) == sorted([entered, over])


def test_an_enrolment_that_is_over_at_once_is_told_twice_in_one(
    store: EnrolmentStore, dynamodb: Any
):
    over = replace(BEGUN, status="exited", reason="nothing to do")
    store.enrol(REF, None, Change(over, NOON), "machine:1")
    assert [name for name, *_ in told(dynamodb)] == ["$journey_entered", "$journey_exited"]


def test_a_journey_that_is_ahead_of_the_wall_clock_tells_nothing_of_the_future(
    store: EnrolmentStore, dynamodb: Any
):
    tomorrow = NOON + timedelta(days=1)
    begun = replace(BEGUN, entered_at=tomorrow, clock_at=tomorrow)
    first = store.enrol(REF, None, Change(begun, NOON), "machine:1")
    store.commit(first, Change(replace(begun, status="completed", reason="completed"), SOON))
    assert [(name, at) for name, at, *_ in told(dynamodb)] == [
        ("$journey_completed", SOON),
        ("$journey_entered", NOON),
    ]


def test_a_listener_is_found_by_its_trigger_alone(store: EnrolmentStore):
    hash_in_name = Listen("a#b", exits=True)
    store.enrol(REF, None, Change(BEGUN, NOON, (BOTH, hash_in_name)), "machine:1")
    assert store.listeners("default", "ada", "paid") == [Listener("e1", "watch", 1)]
    assert store.listeners("default", "ada", "a#b") == [Listener("e1", "", 0)]
    assert store.listeners("default", "ada", "a") == []
    assert store.listeners("default", "bob", "paid") == []


def test_a_released_wait_leaves_the_exit_rule_that_shares_its_listener(
    store: EnrolmentStore, dynamodb: Any
):
    store.enrol(REF, None, Change(BEGUN, NOON, (BOTH,)), "machine:1")
    store.release(REF, replace(BOTH, visit=2), over=False)
    assert store.listeners("default", "ada", "paid") == [Listener("e1", "watch", 1)], "not this one"
    for _ in range(2):
        store.release(REF, BOTH, over=False)
    assert store.listeners("default", "ada", "paid") == [Listener("e1", "", 0)]
    for _ in range(2):
        store.release(REF, BOTH, over=True)
    assert store.listeners("default", "ada", "paid") == []


def test_a_released_wait_of_its_own_is_gone(store: EnrolmentStore):
    alone = Listen("paid", exits=False, step="watch", visit=1)
    store.enrol(REF, None, Change(BEGUN, NOON, (alone,)), "machine:1")
    store.release(REF, replace(alone, step="other"), over=False)
    assert store.listeners("default", "ada", "paid")
    store.release(REF, alone, over=False)
    assert not store.listeners("default", "ada", "paid")


def test_what_happened_is_found_by_name_from_an_instant_on(
    dynamodb: Any, profiles_table: str, make_event: Any
):
    def at(minutes: int, name: str = "paid", **more: Any) -> Any:
        instant = NOON + timedelta(minutes=minutes)
        event = make_event(name, at=instant, properties={"n": minutes}, **more)
        dynamodb.put_item(TableName=profiles_table, Item=event_item("ada", event))
        return event.message_id

    at(-1)
    at(5, "browsed")
    slow_clock = at(3, timestamp=NOON - timedelta(hours=20))
    found = [at(0), slow_clock, at(4, timestamp=None)]
    reader = HappeningsReader(dynamodb, profiles_table, MembershipStore(dynamodb, profiles_table))
    since = reader.since(ADA, ("paid", "segment:entered:x"), NOON)
    assert [one.fact_id for one in since] == found
    assert since[0].properties == {"n": 0}


def test_what_happened_is_found_in_every_strand(
    dynamodb: Any, profiles_table: str, make_event: Any
):
    events = [make_event("paid", at=NOON + timedelta(minutes=n)) for n in range(4)]
    for place, event in enumerate(events):
        strand = ("ada", "bob")[place % 2]
        dynamodb.put_item(TableName=profiles_table, Item=event_item(strand, event))
    reader = HappeningsReader(dynamodb, profiles_table, MembershipStore(dynamodb, profiles_table))
    both = Person("default", "ada", ("ada", "bob"), ("ada",))
    ids = [event.message_id for event in events]
    assert [one.fact_id for one in reader.since(both, ("paid",), NOON)] == ids
    assert [one.fact_id for one in reader.since(ADA, ("paid",), NOON)] == ids[::2]
