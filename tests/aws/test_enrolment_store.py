"""An enrolment changes under its version, with all that belongs to the change or not at all."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.happenings import HappeningsReader
from shared.aws.items import from_item, to_item
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item
from shared.domain.identity.person import Person
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Change, Guard, Listener, Ref, TaskToken
from shared.domain.text import to_text
from shared.errors import ConflictError, NewerVersionError
from tests.conftest import NOON

SLOT = "5107" * 3
FIRST, SECOND, THIRD = (SLOT + n * 20 for n in "123")
ELSEWHERE = "0" * 32
REF = Ref("default", "ada", FIRST)
ADA = Person.of_one("default", "ada")
BEGUN = Enrolment(
    workspace_id="default",
    profile_id="ada",
    enrolment_id=FIRST,
    journey_id="hello",
    journey_version=1,
    entered_at=NOON,
    clock_at=NOON,
    at="greet",
    trace=(TraceEntry("", 0, NOON, "entered", 1, next="greet", fact="m1"),),
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
    assert store.load(REF._replace(enrolment_id=SECOND)) is None
    assert store.load(REF._replace(enrolment_id=ELSEWHERE)) is None
    run = Run(FIRST, NOON, active=True)
    assert store.guard(ADA, "hello", FIRST) == Guard({"ada": run}, stored)
    assert store.guard(ADA, "hello", SECOND) == Guard({"ada": run})
    assert store.guard(ADA, "bye", ELSEWHERE) == Guard({})


def test_a_person_is_looked_for_at_all_desks(store: EnrolmentStore):
    bob = replace(BEGUN, profile_id="bob", enrolment_id=SECOND)
    store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    stored = store.enrol(Ref("default", "bob", SECOND), None, Change(bob, NOON), "machine:1")
    both = Person("default", "ada", ("ada", "phone", "bob"), ("ada", "bob"))
    runs = {"ada": Run(FIRST, NOON, active=True), "bob": Run(SECOND, NOON, active=True)}
    assert store.guard(both, "hello", SECOND) == Guard(runs, stored)
    assert store.runs(both) == {SLOT: runs}
    assert store.runs(ADA) == {SLOT: {"ada": runs["ada"]}}


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
    other = replace(BEGUN, enrolment_id=SECOND)
    before = rows(dynamodb)
    for latest in (None, Run(FIRST, NOON, active=False), Run(THIRD, NOON, active=True)):
        with pytest.raises(ConflictError):
            store.enrol(REF._replace(enrolment_id=SECOND), latest, Change(other, NOON), "machine:1")
    assert rows(dynamodb) == before, "nothing of it was stored"


def test_a_run_that_is_over_makes_way_and_is_found_all_the_same(
    store: EnrolmentStore, dynamodb: Any
):
    ended = replace(BEGUN, status="exited", reason="paid")
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    over = store.commit(first, Change(ended, NOON))
    ref, latest = REF._replace(enrolment_id=SECOND), Run(FIRST, NOON, active=False)
    assert store.guard(ADA, "hello", SECOND) == Guard({"ada": latest})
    begun = replace(BEGUN, enrolment_id=SECOND)
    second = store.enrol(ref, latest, Change(begun, SOON, (BOTH,)), "machine:2")
    assert (store.load(REF), store.load(ref)) == (over, second)
    now = Run(SECOND, NOON, active=True)
    assert store.guard(ADA, "hello", FIRST) == Guard({"ada": now}, over), "told again"
    assert store.guard(ADA, "hello", SECOND) == Guard({"ada": now}, second)
    assert store.runs(ADA) == {SLOT: {"ada": now}}
    assert store.look_again(REF, ADA) == (over, False)
    with pytest.raises(ConflictError):
        store.commit(first, Change(ended, NOON))
    past, slot = (rows(dynamodb)[sk] for sk in (f"ENR#{FIRST}", f"ENR#{SLOT}"))
    assert (past["told"], slot["told"]) == (len(ended.trace), 0), "only the new one is news"


def test_a_change_of_what_was_changed_meanwhile_is_refused_as_a_whole(
    store: EnrolmentStore, dynamodb: Any
):
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    second = store.commit(first, Change(replace(BEGUN, at="watch"), NOON, (BOTH,)))
    before = rows(dynamodb)
    for change in (Change(BEGUN, NOON), Change(BEGUN, NOON, (Listen("more", exits=True),))):
        with pytest.raises(ConflictError):
            store.commit(first, change)
    assert rows(dynamodb) == before
    assert store.load(REF) == second


def test_nobody_listens_to_what_is_over(store: EnrolmentStore, dynamodb: Any):
    first = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    store.commit(first, Change(replace(BEGUN, status="exited", reason="paid"), NOON, (BOTH,)))
    assert [*rows(dynamodb)] == [f"ENR#{SLOT}"]
    assert rows(dynamodb)[f"ENR#{SLOT}"]["status"] == "exited"


def test_a_row_from_before_bodies_were_packed_is_read(store: EnrolmentStore, dynamodb: Any):
    stored = store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    row = rows(dynamodb)[f"ENR#{SLOT}"]
    assert isinstance(row["body"], bytes)
    before = {**row, "body": to_text(BEGUN.to_json()), "v": None}
    dynamodb.put_item(TableName="profiles", Item=to_item(before))
    assert store.load(REF) == stored
    exited = replace(BEGUN, status="exited", reason="left")
    store.commit(stored, Change(exited, NOON))
    assert rows(dynamodb)[f"ENR#{SLOT}"]["v"] == row["v"], "written again, it is a new one"


def test_a_row_of_a_newer_version_is_neither_read_nor_written_over(
    store: EnrolmentStore, dynamodb: Any
):
    store.enrol(REF, None, Change(BEGUN, NOON), "machine:1")
    item = dict(to_item(rows(dynamodb)[f"ENR#{SLOT}"]), v={"N": "9"})
    dynamodb.put_item(TableName="profiles", Item=item)
    with pytest.raises(NewerVersionError):
        store.load(REF)
    with pytest.raises(NewerVersionError):
        store.enrol(REF, Run(FIRST, NOON, True), Change(BEGUN, NOON), "machine:1")
    key = {name: item[name] for name in ("pk", "sk")}
    assert dynamodb.get_item(TableName="profiles", Key=key)["Item"] == item


SOON = NOON + timedelta(minutes=5)


def test_a_listener_is_found_by_its_trigger_alone(store: EnrolmentStore):
    hash_in_name = Listen("a#b", exits=True)
    store.enrol(REF, None, Change(BEGUN, NOON, (BOTH, hash_in_name)), "machine:1")
    assert store.listeners("default", "ada", "paid") == [Listener(FIRST, "watch", 1)]
    assert store.listeners("default", "ada", "a#b") == [Listener(FIRST, "", 0)]
    assert store.listeners("default", "ada", "a") == []
    assert store.listeners("default", "bob", "paid") == []


def test_a_released_wait_leaves_the_exit_rule_that_shares_its_listener(
    store: EnrolmentStore, dynamodb: Any
):
    store.enrol(REF, None, Change(BEGUN, NOON, (BOTH,)), "machine:1")
    store.release(REF, replace(BOTH, visit=2), over=False)
    assert store.listeners("default", "ada", "paid") == [Listener(FIRST, "watch", 1)], "other"
    for _ in range(2):
        store.release(REF, BOTH, over=False)
    assert store.listeners("default", "ada", "paid") == [Listener(FIRST, "", 0)]
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
