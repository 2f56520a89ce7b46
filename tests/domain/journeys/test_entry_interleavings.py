"""An entry begins once and an exit is never lost, in every order and with every crash."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from shared.domain.journeys.definition import EventMatch
from shared.domain.journeys.ids import enrolment_id
from tests.domain.journeys.actors import delivery
from tests.domain.journeys.interleavings import Actor, Explorer
from tests.domain.journeys.memory import NOON, SLOT, Bench, World, at_once, happened, journey

REMINDED = journey(
    {"type": "wait", "name": "a day", "duration": "P1D"},
    {"type": "send", "name": "remind", "template_id": "reminder"},
    exit_on=[{"event": "paid"}],
    reentry={"policy": "always"},
)
CART = happened("cart")
PAID = happened("paid", NOON + timedelta(seconds=1))
CART_LATER = happened("cart", NOON + timedelta(hours=1))


def _id(fact_id: str) -> str:
    return enrolment_id("default", "test", "ada", fact_id)


ACTORS = {
    actor.name: actor
    for actor in (
        delivery(REMINDED, CART, "cart"),
        delivery(REMINDED, CART, "cart again", again=True),
        delivery(REMINDED, CART_LATER, "cart later"),
        delivery(REMINDED, PAID, "paid"),
        delivery(REMINDED, PAID, "paid again", again=True),
    )
}


def _nothing(world: World, actors: Sequence[Actor]) -> None:
    """Only the ends are judged."""


def _begun_once_and_ended(world: World, actors: Sequence[Actor]) -> None:
    names = {actor.name for actor in actors}
    stored = world.enrolments[_id(CART.fact_id)].enrolment
    assert world.counted["started"] == len(world.enrolments) == 1
    if "paid" in names:
        assert (stored.status, stored.reason) == ("exited", "paid")
        assert world.started.keys() <= world.stopped
        assert not world.listeners
    else:
        assert stored.status == "active"
        assert world.started.keys() == {stored.enrolment_id}
        assert {trigger for _, trigger, _ in world.listeners} == {"paid"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("names", "crashes"),
    [
        (("cart", "cart again"), 2),
        (("cart", "paid"), 2),
    ],
)
def test_an_entry_begins_once_and_meets_its_exit_in_every_interleaving(
    names: tuple[str, ...], crashes: int, say: Callable[[str], None]
) -> None:
    explorer = Explorer(_nothing, _begun_once_and_ended)
    found = explorer.explore(World(), [ACTORS[name] for name in names], crashes)
    say(
        f"{' | '.join(names)}, up to {crashes} crashes: {found:,} interleavings"
        f" through {explorer.states:,} states"
    )


def test_two_entries_at_once_begin_one_enrolment() -> None:
    def judge(world: World, actors: Sequence[Actor]) -> None:
        assert world.counted == {"started": 1}
        (stored,) = world.enrolments.values()
        assert world.started.keys() == {stored.enrolment.enrolment_id}
        assert world.runs["ada", SLOT].enrolment_id == stored.enrolment.enrolment_id

    actors = [ACTORS["cart"], ACTORS["cart later"]]
    assert Explorer(_nothing, judge).explore(World(), actors, crashes=1) > 100


def test_an_event_ends_one_run_and_begins_the_next_however_often_it_is_delivered() -> None:
    restarted = REMINDED.model_copy(update={"exit_on": (EventMatch(event="cart"),)})
    world = World()
    bench = Bench(restarted, at_once(world))
    for fact in (CART, CART_LATER, CART_LATER, CART):
        world.timeline = (*world.timeline, ("ada", fact))
        bench.take_in(fact)
    first, second = (world.enrolments[_id(fact.fact_id)] for fact in (CART, CART_LATER))
    assert (first.enrolment.status, first.enrolment.reason) == ("exited", "cart")
    assert second.enrolment.status == "active"
    assert world.counted == {"started": 2, "exited:cart": 1}
    assert world.stopped == {first.enrolment.enrolment_id}


def test_nobody_enters_a_paused_journey() -> None:
    world = World(timeline=(("ada", CART),))
    Bench(REMINDED, at_once(world), status="paused").take_in(CART)
    assert not world.enrolments
