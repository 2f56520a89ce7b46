"""An event ends, wakes and begins enrolments; whatever call fails, delivering again mends it."""

from collections.abc import Callable

import pytest

from shared.aws import keys
from shared.domain.events.model import Event
from shared.domain.journeys.definition import Reentry
from tests.crash.faults import FAULTS, Fault, KilledError, Line
from tests.functions.advance_journeys.world import MACHINE, WATCHED, World, later, ref_of
from tests.functions.run_step.answers import led

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


def enter(world: World, cart: Event) -> None:
    world.write(cart)
    world.deliver(cart)


def wait(world: World, cart: Event) -> None:
    """Bring the enrolment to its wait_for."""
    enter(world, cart)
    world.run(cart, "hello", "perform")
    world.run(cart, "watch", "listen", "the token")


def test_an_entry_begins_an_enrolment_and_starts_its_execution(world: World, cart: Event):
    enter(world, cart)
    name = ref_of(cart).enrolment_id
    machine, data = world.machines.started[name]
    assert machine == MACHINE
    assert data["enrolment"] == ref_of(cart)._asdict()
    assert led(data["answer"]) == {"next": "hello", "wake_at": None}
    assert world.tally() == {"started": 1}
    assert world.row(keys.enrolment(name))["enrolment_id"] == name
    assert world.listeners() == {
        "left": [{"kind": "exit"}],
        "segment:entered:lost": [{"kind": "exit"}],
    }


def test_who_is_in_a_journey_is_not_taken_in_again(world: World, cart: Event, make_event: Make):
    enter(world, cart)
    enter(world, make_event("cart", at=later(hours=1)))
    assert world.tally() == {"started": 1}


def test_each_cart_has_a_run_of_its_own_where_the_key_says_so(world: World, make_event: Make):
    by_cart = Reentry(policy="never", key="cart_id")
    world.publish(WATCHED.model_copy(update={"reentry": by_cart}))
    carts = [
        make_event("cart", at=later(hours=hours), properties={"cart_id": cart})
        for hours, cart in enumerate(["c1", "c2", "c1", "c2", 2, "2"])
    ]
    for cart in carts:
        enter(world, cart)
    assert world.tally() == {"started": 4}
    begun = world.begun().values()
    assert {repr(one.entry["cart_id"]) for one in begun} == {"'c1'", "'c2'", "2", "'2'"}
    enter(world, make_event("left", at=later(hours=9)))
    assert world.tally() == {"started": 4, "exited:left": 4}
    enter(world, make_event("cart", at=later(hours=10), properties={"cart_id": "c1"}))
    assert world.tally()["started"] == 4


def test_an_event_that_is_waited_for_redeems_the_token(world: World, cart: Event, make_event: Make):
    wait(world, cart)
    assert world.listeners()["paid"] == [{"kind": "wait", "step": "watch", "visit": 1}]
    paid = make_event("paid", at=later(hours=2), properties={"ok": True})
    world.now = later(hours=2)
    world.write(paid)
    world.deliver(paid)
    day_later = "2026-11-23T14:00:00.000Z"
    assert list(world.machines.redeemed) == ["the token"]
    answer = led(world.machines.redeemed["the token"])
    assert answer == {"next": "a day", "wake_at": day_later}
    assert world.enrolment(cart).phase == "waiting", "the wait that follows is begun at once"
    assert "paid" not in world.listeners()


def test_an_event_with_other_properties_wakes_nobody(world: World, cart: Event, make_event: Make):
    wait(world, cart)
    paid = make_event("paid", at=later(hours=2), properties={"ok": False})
    before = world.rows()
    world.deliver(paid)
    assert world.rows() == before
    assert not world.machines.redeemed


def test_an_exit_event_ends_the_enrolment_at_once(world: World, cart: Event, make_event: Make):
    wait(world, cart)
    left = make_event("left", at=later(hours=2))
    world.write(left)
    world.deliver(left)
    enrolment = world.enrolment(cart)
    assert (enrolment.status, enrolment.reason) == ("exited", "left")
    assert world.machines.stopped == {ref_of(cart).enrolment_id}
    assert world.listeners() == {}
    assert world.row(keys.enrolment(ref_of(cart).enrolment_id))["status"] == "exited"
    assert world.tally() == {"started": 1, "exited:left": 1}


def test_an_exit_that_was_handled_before_the_entry_still_ends_it(
    world: World, cart: Event, make_event: Make
):
    left = make_event("left", at=later(seconds=1))
    world.write(left)
    world.deliver(left)
    enter(world, cart)
    assert world.enrolment(cart).reason == "left"
    assert not world.machines.started


def test_a_membership_that_began_before_the_listener_ends_the_enrolment(world: World, cart: Event):
    row = {
        "pk": {"S": "default#P#ada"},
        "sk": {"S": "SEG#lost"},
        "member": {"BOOL": True},
        "since": {"S": "2026-11-22T12:00:01.000Z"},
        "version": {"N": "1"},
        "flips": {"N": "1"},
        "because": {"S": "[]"},
    }
    world.dynamodb.put_item(TableName="profiles", Item=row)
    enter(world, cart)
    assert world.enrolment(cart).reason == "segment:entered:lost"


def test_one_journey_that_cannot_be_entered_keeps_nobody_out_of_the_others(
    world: World, cart: Event
):
    other = WATCHED.model_copy(update={"journey_id": "aaa"})
    world.publish(other)
    start = world.machines.start_execution

    def refuse_the_first(**request: str) -> None:
        if request["name"] == ref_of(cart, "aaa").enrolment_id:
            raise RuntimeError("no such machine")
        start(**request)

    world.machines.start_execution = refuse_the_first  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="no such machine"):
        enter(world, cart)
    assert world.machines.started.keys() == {ref_of(cart).enrolment_id}


def deliver_until_taken_in(world: World, event: Event, line: Line) -> None:
    try:
        world.deliver(event, line)
    except (KilledError, Exception):  # a queue delivers again whatever it was
        world.deliver(event)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["cart", "paid", "left"])
def test_a_fault_at_any_call_leaves_the_same_end(
    world: World, cart: Event, make_event: Make, name: str, fault: Fault
):
    event = cart if name == "cart" else make_event(name, at=later(hours=2), properties={"ok": True})

    def story(line: Line) -> tuple[object, ...]:
        world.forget()
        if name != "cart":
            wait(world, cart)
        world.now = later(hours=2)
        world.write(event)
        deliver_until_taken_in(world, event, line)
        machines = world.machines
        return world.rows(), machines.started, machines.stopped, machines.redeemed, world.queued

    clean = Line()
    expected = story(clean)
    assert len(clean.calls) > 3
    for call in range(1, len(clean.calls) + 1):
        assert story(Line({call: fault})) == expected, f"{fault} {call} ({clean.calls[call - 1]})"
