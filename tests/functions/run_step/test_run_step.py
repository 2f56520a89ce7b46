"""A state machine's call does its step once; whatever call fails, calling again mends it."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.journeys.ids import message_id
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.sent import message_sent
from shared.errors import EnrolmentEndedError, PermanentError
from tests.crash.faults import FAULTS, Fault, KilledError, Line
from tests.functions.advance_journeys.world import WATCHED, World, later, ref_of
from tests.functions.run_step.answers import led

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

Make = Callable[..., Event]
DAY_LATER = "2026-11-23T12:00:00.000Z"


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


def listen(world: World, cart: Event) -> None:
    enter(world, cart)
    world.run(cart, "hello", "perform")
    world.run(cart, "watch", "listen", "the token")


def test_a_send_asks_for_its_message_once_and_hands_it_over_each_time(world: World, cart: Event):
    enter(world, cart)
    first = world.run(cart, "hello", "perform")
    assert led(first) == {"next": "watch", "wake_at": None}
    [request] = world.queued
    rows = world.rows()
    assert world.run(cart, "hello", "perform") == first
    assert world.queued == {request: 2}, "dispatch drops the second by its claim"
    assert world.rows() == rows
    assert world.messages() == {"hello": "requested"}


def test_an_event_that_came_before_the_wait_was_registered_ends_it_at_once(
    world: World, cart: Event, make_event: Make
):
    enter(world, cart)
    world.run(cart, "hello", "perform")
    paid = make_event("paid", at=later(minutes=1), properties={"ok": True})
    world.write(paid)
    world.deliver(paid)
    assert not world.machines.redeemed
    world.run(cart, "watch", "listen", "the token")
    assert world.machines.redeemed["the token"]["next"] == "a day"
    assert "paid" not in world.listeners()


def test_a_wait_for_a_message_to_be_out_ends_also_when_it_was_out_before(
    world: World, cart: Event, make_event: Make
):
    mail = {"type": "send", "name": "hello", "template_id": "hello"}
    out = {
        "type": "wait_for",
        "name": "watch",
        "events": [{"event": "$message_sent", "where": {"step": "hello"}}],
        "timeout": "P1D",
        "on_timeout": "end",
    }
    thank = {"type": "send", "name": "thank", "template_id": "thanks"}
    world.publish(WATCHED.model_validate({**WATCHED.model_dump(), "steps": [mail, out, thank]}))
    enter(world, cart)
    world.run(cart, "hello", "perform")
    asked = world.enrolment(cart)
    hello = MessageRequest(
        **ref_of(cart)._asdict(),
        message_id=message_id(asked.enrolment_id, "hello", 1),
        journey_id="watched",
        journey_version=1,
        step="hello",
        visit=1,
        template_id="hello",
        purpose="marketing",
        requested_at=asked.clock_at,
    )
    world.write(message_sent(hello, "email", later(seconds=2)))
    world.run(cart, "watch", "listen", "the token")
    assert led(world.machines.redeemed["the token"]) == {"next": "thank", "wake_at": None}


def test_what_a_run_tells_of_itself_moves_no_run(world: World, cart: Event):
    listen(world, cart)
    world.tell()
    told = {row["name"] for row in world.rows() if row["sk"].startswith("EVT#")}
    assert told == {"cart", "$journey_entered"}
    assert world.enrolment(cart).phase == "waiting"
    assert not world.machines.redeemed


def test_a_run_that_is_ahead_of_the_wall_clock_is_told_at_the_wall_clock(world: World, cart: Event):
    listen(world, cart)
    world.run(cart, "watch", "time_out")
    world.run(cart, "known", "perform")
    assert world.enrolment(cart).clock_at == later(days=1)
    world.tell()
    [over] = [row for row in world.rows() if row.get("name") == "$journey_exited"]
    assert over["occurred_at"] == over["received_at"] == format_instant(world.now)


def test_a_retried_task_that_listens_has_a_new_token(world: World, cart: Event, make_event: Make):
    listen(world, cart)
    world.run(cart, "watch", "listen", "another token")
    paid = make_event("paid", at=later(minutes=1), properties={"ok": True})
    world.write(paid)
    world.deliver(paid)
    assert world.machines.redeemed.keys() == {"another token"}
    world.run(cart, "watch", "listen", "a third token")
    assert world.machines.redeemed.keys() == {"another token", "a third token"}


def test_a_time_out_goes_its_own_way(world: World, cart: Event):
    listen(world, cart)
    assert led(world.run(cart, "watch", "time_out")) == {"next": "known", "wake_at": None}
    assert world.enrolment(cart).clock_at == later(days=1)
    assert "paid" not in world.listeners()


def test_a_time_out_that_comes_too_late_learns_that_the_event_was_first(
    world: World, cart: Event, make_event: Make
):
    listen(world, cart)
    paid = make_event("paid", at=later(hours=12), properties={"ok": True})
    world.deliver(paid)
    answer = world.run(cart, "watch", "time_out")
    assert led(answer) == {"next": "a day", "wake_at": "2026-11-24T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("traits", "way", "status"), [({"city": "上海"}, "thank", "active"), ({}, "out", "exited")]
)
def test_a_branch_looks_at_what_is_known_now(
    world: World, cart: Event, traits: dict[str, str], way: str, status: str
):
    listen(world, cart)
    world.run(cart, "watch", "time_out")
    world.know(**traits)
    assert led(world.run(cart, "known", "perform")) == {"next": way, "wake_at": None}
    assert world.enrolment(cart).status == status, "an exit belongs to the same call"


def test_the_step_after_a_wait_ends_the_wait_and_the_last_step_the_enrolment(
    world: World, cart: Event, make_event: Make
):
    listen(world, cart)
    world.deliver(make_event("paid", at=later(hours=1), properties={"ok": True}))
    assert led(world.run(cart, "thank", "perform")) == {"next": "end", "wake_at": None}
    enrolment = world.enrolment(cart)
    assert (enrolment.status, enrolment.clock_at) == ("completed", later(hours=25))
    assert world.messages() == {"hello": "requested", "thank": "requested"}
    assert world.listeners() == {}
    assert world.tally() == {"started": 1, "completed": 1}


def test_a_call_for_an_enrolment_that_was_ended_says_so(
    world: World, cart: Event, make_event: Make
):
    listen(world, cart)
    world.deliver(make_event("left", at=later(hours=1)))
    for step, action in [("watch", "listen"), ("watch", "time_out"), ("known", "perform")]:
        with pytest.raises(EnrolmentEndedError):
            world.run(cart, step, action, "t")
    assert world.run(cart, "hello", "perform")["next"] == "watch", "what was done is told again"


def test_a_call_for_nobody_ends_quietly(world: World, cart: Event):
    with pytest.raises(EnrolmentEndedError, match="no such enrolment"):
        world.run(cart, "hello", "perform")


def test_a_call_for_a_step_whose_turn_has_not_come_is_a_mistake(world: World, cart: Event):
    enter(world, cart)
    with pytest.raises(PermanentError, match='stands at "hello", not at "thank"'):
        world.run(cart, "thank", "perform")


STORIES: dict[str, list[tuple[str, str]]] = {
    "a send": [("hello", "perform")],
    "a wait that is registered": [("hello", "perform"), ("watch", "listen")],
    "a time-out": [("hello", "perform"), ("watch", "listen"), ("watch", "time_out")],
    "a branch and an exit": [
        ("hello", "perform"),
        ("watch", "listen"),
        ("watch", "time_out"),
        ("known", "perform"),
    ],
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("story", "paid"),
    [*((story, False) for story in STORIES), ("a wait that is registered", True)],
)
def test_a_fault_at_any_call_leaves_the_same_end(
    world: World, cart: Event, make_event: Make, story: str, paid: bool, fault: Fault
):
    *before, (step, action) = STORIES[story]
    event = make_event("paid", at=later(minutes=1), properties={"ok": True})

    def play(line: Line) -> tuple[Any, ...]:
        world.forget()
        enter(world, cart)
        for earlier, call in before:
            world.run(cart, earlier, call, "the token")
        if paid:
            world.write(event)
        try:
            answer = world.run(cart, step, action, "the token", line=line)
        except (KilledError, Exception):  # a Task is retried whatever it was
            answer = world.run(cart, step, action, "the token")
        return answer, _settled(world.rows()), world.machines, world.queued.keys()

    clean = Line()
    expected = play(clean)
    for call in range(1, len(clean.calls) + 1):
        assert play(Line({call: fault})) == expected, f"{fault} {call} ({clean.calls[call - 1]})"


def _settled(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A repeated call may count one more change of the enrolment, and nothing else."""
    return [
        {key: value for key, value in row.items() if key not in ("version", "told", "decided_at")}
        if row["sk"].startswith("ENR#")
        else row
        for row in rows
    ]
