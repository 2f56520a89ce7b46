"""Exactly one of {event, time-out, exit} ends a wait, in every order and with every crash."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref
from tests.domain.journeys.actors import delivery, machine
from tests.domain.journeys.interleavings import Actor, Explorer
from tests.domain.journeys.memory import NOON, OPEN, SLOT, Bench, World, at_once, happened, journey

pytestmark = pytest.mark.slow

WATCHED = journey(
    {
        "type": "wait_for",
        "name": "watch",
        "events": [{"event": "paid"}],
        "timeout": "P1D",
        "on_event": "thank",
        "on_timeout": "remind",
    },
    {"type": "send", "name": "thank", "template_id": "thanks", "next": "end"},
    {"type": "send", "name": "remind", "template_id": "reminder"},
    exit_on=[{"event": "left"}],
)
CART = happened("cart")
PAID = happened("paid", NOON + timedelta(hours=1))
LEFT = happened("left", NOON + timedelta(hours=2))
REF = Ref("default", "ada", enrolment_id("default", "test", "ada", CART.fact_id))

ACTORS = {
    actor.name: actor
    for actor in (
        machine(WATCHED, REF, "watch"),
        delivery(WATCHED, PAID, "paid"),
        delivery(WATCHED, PAID, "paid again", again=True),
        delivery(WATCHED, LEFT, "left"),
        delivery(WATCHED, LEFT, "left again", again=True),
    )
}


def _entered() -> World:
    world = World(timeline=(("ada", CART),))
    Bench(WATCHED, at_once(world)).take_in(CART)
    return world


def _nobody_sleeps_through(world: World, actors: Sequence[Actor]) -> None:
    """When everything has been delivered, nobody waits any more who should have been woken."""
    if all(actor.done or actor.at == "await" for actor in actors):
        waiting = world.enrolments[REF.enrolment_id].enrolment.phase == "waiting"
        told = world.stopped or OPEN not in world.tokens.values()
        others = any(actor.done for actor in actors if actor.name in ("paid", "left"))
        assert not others or (told and not waiting), world


def _one_outcome(world: World, actors: Sequence[Actor]) -> None:
    enrolment = world.enrolments[REF.enrolment_id].enrolment
    decisions = [entry.decision for entry in enrolment.trace]
    ends = [one for one in decisions if one in ("happened", "timed_out", "exit_rule")]
    sent = {request.step for request in world.requested.values()}
    assert enrolment.status != "active"
    assert world.counted.total() == 2, "started once, ended once"
    _nothing_is_left_behind(world)
    assert not world.runs["ada", SLOT].active
    match ends:
        case ["happened"] | ["happened", "exit_rule"]:
            assert sent <= {"thank"}
        case ["timed_out"] | ["timed_out", "exit_rule"]:
            assert sent <= {"remind"}
        case ["exit_rule"]:
            assert not sent
        case _:
            pytest.fail(f"{ends}")
    if enrolment.status == "completed":
        assert len(sent) == 1
        assert world.queued.keys() == world.requested.keys()
    else:
        assert world.stopped


def _nothing_is_left_behind(world: World) -> None:
    """What a crash left registered is taken away by whoever finds it, and changes nothing."""
    later = world.copy()
    for fact in (PAID, LEFT):
        Bench(WATCHED, at_once(later)).take_in(replace(fact, fact_id="later"))
    assert not later.listeners
    assert (later.enrolments, later.requested, later.runs) == (
        world.enrolments,
        world.requested,
        world.runs,
    )


@pytest.mark.parametrize(
    ("names", "crashes"),
    [
        (("machine", "paid"), 2),
        (("machine", "left"), 1),
        (("machine", "paid", "paid again"), 0),
        (("machine", "paid", "left"), 0),
    ],
)
def test_a_wait_ends_exactly_once_in_every_interleaving(
    names: tuple[str, ...], crashes: int, say: Callable[[str], None]
) -> None:
    explorer = Explorer(_nobody_sleeps_through, _one_outcome)
    found = explorer.explore(_entered(), [ACTORS[name] for name in names], crashes)
    say(
        f"{' | '.join(names)}, up to {crashes} crashes: {found:,} interleavings"
        f" through {explorer.states:,} states"
    )
    assert found > 1_000
