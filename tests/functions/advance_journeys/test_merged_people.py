"""Somebody who turned out to be one person: one enrolment a journey, awake to every strand."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.aws import keys
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import to_item
from shared.domain.events.model import Event
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref
from shared.errors import EnrolmentEndedError
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import Fault, KilledError, Line
from tests.functions.advance_journeys.world import MACHINE, WATCHED, World, later

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

Make = Callable[..., Event]


@pytest.fixture
def world(dynamodb) -> World:
    made = World(dynamodb)
    made.publish()
    return made


@pytest.fixture
def cart(make_event: Make) -> Event:
    return make_event("cart")


@pytest.fixture
def paid(make_event: Make) -> Event:
    return make_event("paid", at=later(hours=2), properties={"ok": True})


def ref_of(event: Event, strand: str, desk: str = "") -> Ref:
    name = enrolment_id("default", "watched", strand, event.message_id)
    return Ref("default", desk or strand, name)


def wait(world: World, cart: Event, strand: str = "bob") -> Ref:
    """Bring somebody to the wait_for."""
    world.happens(cart, strand)
    ref = ref_of(cart, strand)
    run_step = world.functions()[1]
    run_step.run(ref, "hello", "perform", "")
    run_step.run(ref, "watch", "listen", "the token")
    return ref


def enrolment(world: World, ref: Ref) -> Enrolment:
    pk, sk = keys.person("default", ref.profile_id), keys.enrolment(ref.enrolment_id)
    [row] = [row for row in world.rows() if (row["pk"], row["sk"]) == (pk, sk)]
    assert row["status"] == enrolment_of(row).status, "as the claim asks it"
    return enrolment_of(row)


def test_a_wait_is_woken_by_an_event_of_another_strand_after_the_merge(
    world: World, cart: Event, paid: Event
):
    ref = wait(world, cart)
    world.merge()
    world.unite()
    assert enrolment(world, ref).phase == "waiting"
    world.happens(paid, "ada")
    assert world.machines.redeemed["the token"]["next"] == "a day"
    assert "paid" not in world.listeners()


def test_an_event_of_another_strand_from_before_the_merge_counts_once_they_are_one(
    world: World, cart: Event, paid: Event
):
    ref = wait(world, cart)
    world.happens(paid, "ada")
    assert enrolment(world, ref).at == "watch", "it is somebody else's"
    world.merge()
    assert not world.machines.redeemed
    world.unite()
    assert world.machines.redeemed["the token"]["next"] == "a day"
    assert enrolment(world, ref).at == "a day"


@pytest.mark.parametrize("when", ["before the merge", "in between", "after it was told"])
def test_an_exit_rule_holds_for_every_strand(
    world: World, cart: Event, make_event: Make, when: str
):
    ref = wait(world, cart)
    left = make_event("left", at=later(hours=1))
    if when == "before the merge":
        world.happens(left, "ada")
    world.merge()
    if when == "in between":
        world.happens(left, "ada")
    world.unite()
    if when == "after it was told":
        world.happens(left, "ada")
    assert enrolment(world, ref).reason == "left"
    assert world.machines.stopped == {ref.enrolment_id}
    assert world.listeners() == {}


def test_a_wait_that_begins_after_the_merge_looks_back_into_every_strand(
    world: World, cart: Event, paid: Event
):
    world.happens(cart, "bob")
    ref, run_step = ref_of(cart, "bob"), world.functions()[1]
    run_step.run(ref, "hello", "perform", "")
    world.merge()
    world.happens(paid, "ada")
    run_step.run(ref, "watch", "listen", "the token")
    assert world.machines.redeemed["the token"]["next"] == "a day"


def two_carts(world: World, cart: Event, make_event: Make) -> tuple[Ref, Ref]:
    """Both people enter, bob first."""
    second = make_event("cart", at=later(minutes=5))
    world.happens(cart, "bob")
    world.happens(second, "ada")
    return ref_of(cart, "bob"), ref_of(second, "ada")


def test_of_two_enrolments_the_later_entered_gives_way(world: World, cart: Event, make_event: Make):
    first, second = two_carts(world, cart, make_event)
    world.merge()
    world.unite()
    assert enrolment(world, first).status == "active"
    ended = enrolment(world, second)
    assert (ended.status, ended.reason) == ("exited", "merged")
    assert ended.trace[-1].because == ({"about": "enrolment", "name": first.enrolment_id},)
    assert world.machines.stopped == {second.enrolment_id}
    assert world.tally() == {"started": 2, "exited:merged": 1}
    world.tell()
    assert {(row["pk"][-3:], row["name"]) for row in world.rows() if "name" in row} == {
        *(("bob", "cart"), ("bob", "$journey_entered")),
        *(("ada", "cart"), ("ada", "$journey_entered"), ("ada", "$journey_exited")),
    }
    waiting = {row["sk"].rpartition("#")[2] for row in world.rows() if "WAIT#" in row["sk"]}
    assert waiting == {first.enrolment_id}
    with pytest.raises(EnrolmentEndedError):
        world.functions()[1].run(second, "hello", "perform", "")
    rows = world.rows()
    world.unite()
    assert world.rows() == rows


@pytest.mark.parametrize("clock", ["step_functions", "due_index"])
def test_a_merge_costs_the_same_however_many_runs_are_over(
    world: World, make_event: Make, clock: str
):
    again = {"policy": "never", "key": "order_id"}
    each = {**WATCHED.model_dump(), "clock": clock, "reentry": again}
    world.publish(Journey.model_validate(each), MACHINE if clock == "step_functions" else "")
    calls = []
    for run in range(9):
        strand = "bob" if run < 3 else "ada"
        begun = {"order_id": f"o{run}"}
        world.happens(make_event("cart", at=world.now, properties=begun), strand)
        world.happens(make_event("left", at=world.now + timedelta(minutes=30)), strand)
        world.now = later(hours=run + 1)
        if run == 2:
            world.merge()
        if run >= 2:
            line = Line()
            world.unite(line)
            calls.append(line.calls)
    assert {one.reason for one in world.begun().values()} == {"left"}
    assert calls == [["batch_get_item", "query", "query"]] * 7, "who it is, and what lies there"


def test_an_entry_begins_at_the_root_and_is_named_by_whom_the_event_named(
    world: World, cart: Event
):
    world.merge()
    world.happens(cart, "bob")
    ref = ref_of(cart, "bob", desk="ada")
    assert enrolment(world, ref).status == "active"
    assert world.machines.started[ref.enrolment_id][1]["enrolment"] == ref._asdict()
    assert world.profile("ada")["enrols"]
    assert "enrols" not in world.profile("bob")


def test_an_entry_that_comes_again_after_a_merge_begins_nothing(world: World, cart: Event):
    world.happens(cart, "bob")
    world.merge()
    world.unite()
    world.deliver(cart, strand="bob")
    assert world.tally() == {"started": 1}
    assert world.machines.started.keys() == {ref_of(cart, "bob").enrolment_id}


def test_nobody_enters_twice_by_another_strand(world: World, cart: Event, make_event: Make):
    world.happens(cart, "bob")
    world.merge()
    world.happens(make_event("cart", at=later(hours=1)), "ada")
    assert world.tally() == {"started": 1}


def test_somebody_who_is_gone_enters_nothing(world: World, cart: Event):
    before = world.rows()
    world.deliver(cart, strand="nobody")
    assert world.rows() == before


@pytest.mark.parametrize(("strand", "city"), [("ada", "上海"), ("bob", "上海")])
def test_a_branch_takes_the_latest_trait_of_any_strand(
    world: World, cart: Event, strand: str, city: str
):
    ref = wait(world, cart)
    world.know(strand, city=city)
    world.merge()
    run_step = world.functions()[1]
    run_step.run(ref, "watch", "time_out", "")
    assert run_step.run(ref, "known", "perform", "")["next"] == "thank"


def test_a_branch_adds_what_was_counted_in_all_strands(world: World, cart: Event):
    ref = wait(world, cart)
    world.merge()
    row = {"pk": keys.person("default", "ada"), "sk": keys.counter("browsed", "2026-11"), "d21": 1}
    instants = {"first_at": later(days=-1), "last_at": later(days=-1), "position": "0"}
    world.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item({**row, **instants}))
    run_step = world.functions()[1]
    run_step.run(ref, "watch", "time_out", "")
    assert run_step.run(ref, "known", "perform", "")["next"] == "end"


def test_who_never_merged_costs_one_read_more_for_each_event(
    world: World, cart: Event, paid: Event, make_event: Make
):
    asks_who, listeners = "batch_get_item", "query"
    line = Line()
    world.deliver(paid, line)
    assert line.calls == [asks_who, listeners]

    def entry(event: Event) -> list[str]:
        line = Line()
        world.write(event)
        world.deliver(event, line)
        return line.calls

    guard, timeline, memberships, looks_again = "batch_get_item", "query", *["batch_get_item"] * 2
    enrols, starts = "transact_write_items", "start_execution"
    rest = [enrols, timeline, memberships, starts, looks_again]
    assert entry(cart) == [asks_who, listeners, guard, "update_item", *rest], "marks the desk once"
    inside = entry(make_event("cart", at=later(hours=1)))
    assert inside == [asks_who, listeners, guard, "get_item"], "neither this one, nor in the past"


@pytest.mark.parametrize("fault", ["after", "lost"])
def test_a_fault_at_any_call_of_a_merge_leaves_the_same_end(
    world: World, cart: Event, paid: Event, make_event: Make, fault: Fault
):
    second = make_event("cart", at=later(minutes=5))

    def story(line: Line) -> tuple[object, ...]:
        world.forget()
        wait(world, cart)
        world.happens(second, "ada")
        world.happens(paid, "ada")
        world.merge()
        try:
            world.unite(line)
        except (KilledError, Exception):  # a queue delivers again whatever it was
            world.unite()
        machines = world.machines
        return world.rows(), machines.started, machines.stopped, machines.redeemed

    clean = Line()
    expected = story(clean)
    assert len(clean.calls) > 8
    for call in range(1, len(clean.calls) + 1):
        assert story(Line({call: fault})) == expected, f"{fault} {call} ({clean.calls[call - 1]})"
