"""By the due index in mocked tables: whatever call fails, delivering again mends it."""

from collections.abc import Callable

import pytest

from functions.wake_enrolments.usecase import WakeEnrolments
from shared.domain.due.batches import Batch
from shared.domain.events.model import Event
from shared.domain.journeys.wakes import wake_named
from shared.errors import InvalidInputError
from shared.runtime.observability import logger
from tests.crash.faults import FAULTS, Fault, KilledError, Line
from tests.functions.advance_journeys.world import WATCHED, World, later

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

Make = Callable[..., Event]

BY_DUE_INDEX = WATCHED.model_copy(update={"clock": "due_index"})


@pytest.fixture
def world(dynamodb) -> World:
    made = World(dynamodb)
    made.publish(BY_DUE_INDEX, machine="")
    return made


@pytest.fixture
def cart(make_event: Make) -> Event:
    return make_event("cart")


def steps(world: World, cart: Event) -> list[tuple[str, str]]:
    return [(entry.step, entry.decision) for entry in world.enrolment(cart).trace]


def test_one_go_leads_from_the_entry_to_the_first_wait(world: World, cart: Event):
    world.happens(cart)
    assert steps(world, cart) == [
        ("", "entered"),
        ("hello", "requested"),
        ("watch", "waiting"),
    ]
    assert list(world.queued.values()) == [1]
    assert list(world.wakes().values()) == [later(days=1)]
    assert not world.machines.started


def test_an_event_moves_it_on_and_takes_its_wake_along(world: World, cart: Event, make_event: Make):
    world.happens(cart)
    world.now = later(hours=2)
    world.happens(make_event("paid", at=later(hours=2), properties={"ok": True}))
    assert steps(world, cart)[3:] == [("watch", "happened"), ("a day", "waiting")]
    assert list(world.wakes().values()) == [later(hours=26)]
    world.now = later(hours=26)
    world.wake()
    assert world.enrolment(cart).reason == "completed"
    assert sorted(world.queued.values()) == [1, 1]
    assert world.listeners() == {}


def test_a_branch_by_the_due_index_sees_the_person(world: World, cart: Event, make_event: Make):
    world.happens(cart)
    world.now = later(days=1)
    world.wake()
    assert steps(world, cart)[3:] == [
        ("watch", "timed_out"),
        ("known", "took"),
        ("out", "exit_step"),
    ]
    assert world.tally() == {"started": 1, "exited:unknown": 1}


def test_what_happened_before_the_wait_was_stored_ends_it_at_once(
    world: World, cart: Event, make_event: Make
):
    paid = make_event("paid", at=later(seconds=1), properties={"ok": True})
    world.now = later(seconds=2)
    world.write(paid)
    world.deliver(paid)
    world.happens(cart)
    assert ("watch", "happened") in steps(world, cart)


def test_an_exit_takes_the_wake_along(world: World, cart: Event, make_event: Make):
    world.happens(cart)
    world.happens(make_event("left", at=later(hours=2)))
    assert world.enrolment(cart).reason == "left"
    assert world.wakes() == {}


def test_one_enrolment_that_fails_keeps_no_other_asleep(world: World, cart: Event):
    world.happens(cart)
    [name] = world.wakes()
    progress, _, _, outbox = world.parts()
    flushed: list[str] = []
    outbox.flush = lambda: flushed.append("all")  # type: ignore[attr-defined]
    world.now = later(days=1)
    batch = Batch("default", ("no name", name), later(days=1))
    with pytest.raises(InvalidInputError, match="names no wake"):
        WakeEnrolments(progress, outbox, logger("test")).wake(batch)  # type: ignore[arg-type]
    assert world.enrolment(cart).reason == "unknown"
    assert flushed == ["all"]


def people(world: World) -> list[dict[str, object]]:
    return [row for row in world.rows() if "#P#" in row["pk"]]


def again_until_done(work: Callable[[Line | None], None], line: Line) -> None:
    try:
        work(line)
    except (KilledError, Exception):  # a queue delivers again whatever it was
        work(None)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["cart", "paid", "left", "wake", "second wake"])
def test_a_fault_at_any_call_leaves_the_same_end(
    world: World, cart: Event, make_event: Make, name: str, fault: Fault
):
    paid = make_event("paid", at=later(hours=2), properties={"ok": True})
    left = make_event("left", at=later(hours=2))
    event = {"cart": cart, "left": left}.get(name, paid)

    def story(line: Line) -> tuple[object, ...]:
        world.forget()
        world.near.sent.clear()
        if name != "cart":
            world.happens(cart)
        world.now = later(hours=2)
        if name == "second wake":
            world.happens(paid)
        match name:
            case "wake" | "second wake":
                world.now = later(days=3)
                again_until_done(world.wake, line)
            case _:
                world.write(event)
                again_until_done(lambda one: world.deliver(event, one), line)
        return people(world), world.machines.started, set(world.queued)

    clean = Line()
    expected, planned = story(clean), world.wakes()
    assert len(clean.calls) > 2
    for call in range(1, len(clean.calls) + 1):
        assert story(Line({call: fault})) == expected, f"{fault} {call} ({clean.calls[call - 1]})"
        assert planned.keys() <= world.wakes().keys(), "a row too much, and never one too few"
        for name in world.wakes().keys() - planned.keys():
            world.parts()[0].wake(wake_named("default", name), later(days=300))
        assert people(world) == expected[0], "and it wakes nobody"


@pytest.mark.parametrize("fault", ["before", "lost"])
@pytest.mark.parametrize("name", ["enter", "wake"])
def test_a_fault_at_any_call_leaves_all_who_go_together_at_the_same_end(
    world: World, cart: Event, make_event: Make, name: str, fault: Fault
):
    """Two share a row; one of them is moved on by an event before the first wake."""
    carts = {"ada": cart, "bob": cart}
    paid = make_event("paid", at=later(hours=2), properties={"ok": True})

    def enter(line: Line | None) -> None:
        world.deliver_all(carts, line)

    def story(line: Line) -> tuple[object, ...]:
        world.forget()
        world.near.sent.clear()
        for strand, event in carts.items():
            world.write(event, strand)
        if name == "enter":
            again_until_done(enter, line)
            return people(world), set(world.queued)
        enter(None)
        world.now = later(hours=2)
        world.happens(paid)
        world.know("bob", city="Bern")
        world.now = later(days=3)
        again_until_done(world.wake, line)
        return people(world), set(world.queued)

    clean = Line()
    expected, planned = story(clean), world.wakes()
    folds = [row for row in world.rows() if "fold" in row]
    assert len(folds) == 1, "they share a row"
    assert len(clean.calls) > 2
    for call in range(1, len(clean.calls) + 1):
        got = story(Line({call: fault}))
        assert without_places(got) == without_places(expected), f"{fault} {call}"
        assert planned.keys() <= world.wakes().keys(), "a row too much, and never one too few"


def without_places(story: tuple[object, ...]) -> tuple[object, ...]:
    """Who comes again by oneself has a row of one's own; that is the only difference."""
    rows, *rest = story
    kept = [{k: v for k, v in row.items() if k != "wake_fold"} for row in rows]  # type: ignore[attr-defined]
    return (kept, *rest)
