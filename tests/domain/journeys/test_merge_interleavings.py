"""People become one while they enter, wait and leave: one enrolment stays and none is lost."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref
from tests.domain.journeys.actors import delivery, machine, merge
from tests.domain.journeys.interleavings import Actor, Explorer
from tests.domain.journeys.memory import NOON, OPEN, SLOT, Bench, World, at_once, happened
from tests.domain.journeys.test_entry_interleavings import REMINDED
from tests.domain.journeys.test_interleavings import WATCHED

pytestmark = pytest.mark.slow

CART = happened("cart", fact_id="ada's cart")
CART_LATER = happened("cart", NOON + timedelta(minutes=1), fact_id="bob's cart")
PAID = happened("paid", NOON + timedelta(hours=1))
ENTRIES = (("ada", CART), ("bob", CART_LATER))
WAYS = [("bob", "ada"), ("ada", "bob")]
"""Who is absorbed, and by whom."""


def _id(strand: str) -> str:
    return enrolment_id("default", "test", strand, dict(ENTRIES)[strand].fact_id)


def _entry(strand: str) -> Actor:
    """An entry whose event is written already."""
    actor = delivery(REMINDED, dict(ENTRIES)[strand], f"{strand} enters", strand=strand)
    return replace(actor, stage="deliver")


def _nothing(world: World, actors: Sequence[Actor]) -> None:
    """Only the ends are judged."""


def _one_stays(world: World, actors: Sequence[Actor]) -> None:
    begun = [stored.enrolment for stored in world.enrolments.values()]
    first, *others = sorted(begun, key=lambda enrolment: enrolment.entered_at)
    assert first.status == "active"
    assert [(other.status, other.reason) for other in others] == [("exited", "merged")] * len(
        others
    )
    assert first.enrolment_id in world.started.keys() - world.stopped, "its execution runs"
    assert world.started.keys() - {first.enrolment_id} <= world.stopped, "and no other one"
    assert {name for _, _, name in world.listeners} == {first.enrolment_id}
    assert world.counted["started"] == len(begun)
    for strand in ("ada", "bob"):
        later = world.copy()
        later.timeline = (*later.timeline, (strand, PAID))
        Bench(REMINDED, at_once(later)).take_in(PAID, strand)
        assert later.enrolments[first.enrolment_id].enrolment.reason == "paid"
        assert not later.listeners


@pytest.mark.parametrize(("absorbed", "root"), WAYS)
@pytest.mark.parametrize(("inside", "enters"), [("ada", "bob"), ("bob", "ada")])
def test_of_two_enrolments_that_meet_in_a_merge_the_earlier_entered_stays(
    inside: str, enters: str, absorbed: str, root: str, say: Callable[[str], None]
) -> None:
    world = World(timeline=ENTRIES)
    Bench(REMINDED, at_once(world)).take_in(dict(ENTRIES)[inside], inside)
    explorer = Explorer(_nothing, _one_stays)
    found = explorer.explore(world, [_entry(enters), merge(REMINDED, absorbed, root)], crashes=1)
    say(
        f"{inside} is inside: {enters} enters | {absorbed} becomes {root}, up to 1 crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )


def test_of_two_entries_at_once_in_the_middle_of_a_merge_one_stays(
    say: Callable[[str], None],
) -> None:
    world = World(timeline=ENTRIES, marked=frozenset({"ada", "bob"}))
    explorer = Explorer(_nothing, _one_stays)
    actors = [_entry("ada"), _entry("bob"), merge(REMINDED, "ada", "bob")]
    found = explorer.explore(world, actors, crashes=0)
    say(
        f"ada enters | bob enters | ada becomes bob, up to 0 crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )


def _paid(world: World, actors: Sequence[Actor]) -> None:
    stored = world.enrolments[_id("ada")].enrolment
    assert (stored.status, stored.reason) == ("exited", "paid")
    assert world.started.keys() <= world.stopped
    assert not world.listeners


@pytest.mark.parametrize(("absorbed", "root"), WAYS)
def test_an_exit_counts_whichever_strand_it_came_in_by(
    absorbed: str, root: str, say: Callable[[str], None]
) -> None:
    world = World(timeline=ENTRIES[:1])
    Bench(REMINDED, at_once(world)).take_in(CART)
    explorer = Explorer(_nothing, _paid)
    paid = delivery(REMINDED, PAID, "paid", strand="bob")
    found = explorer.explore(world, [paid, merge(REMINDED, absorbed, root)], crashes=2)
    say(
        f"ada is inside: bob pays | {absorbed} becomes {root}, up to 2 crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )


def test_an_exit_counts_whenever_they_entered_and_became_one(say: Callable[[str], None]) -> None:
    explorer = Explorer(_nothing, _paid)
    world = World(timeline=(("ada", CART), ("bob", PAID)), marked=frozenset({"ada"}))
    paid = replace(delivery(REMINDED, PAID, "paid", strand="bob"), stage="deliver")
    actors = [_entry("ada"), paid, merge(REMINDED, "ada", "bob")]
    found = explorer.explore(world, actors, crashes=0)
    say(
        f"ada enters | bob pays | ada becomes bob, up to 0 crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )


def test_a_wait_wakes_by_any_strand_in_every_interleaving(say: Callable[[str], None]) -> None:
    ref = Ref("default", "ada", _id("ada"))

    def watch(world: World, actors: Sequence[Actor]) -> None:
        if all(actor.done or actor.at == "await" for actor in actors):
            assert world.enrolments[ref.enrolment_id].enrolment.phase != "waiting"
            assert OPEN not in world.tokens.values()

    def judge(world: World, actors: Sequence[Actor]) -> None:
        enrolment = world.enrolments[ref.enrolment_id].enrolment
        [end] = [entry for entry in enrolment.trace if entry.step == "watch" and entry.next]
        way = {"happened": "thank", "timed_out": "remind"}[end.decision]
        assert {request.step for request in world.requested.values()} == {way}
        assert (enrolment.status, world.stopped) == ("completed", frozenset())
        assert not world.listeners

    world = World(timeline=(("ada", CART), ("bob", PAID)))
    Bench(WATCHED, at_once(world)).take_in(CART)
    explorer = Explorer(watch, judge)
    paid = replace(delivery(WATCHED, PAID, "paid", strand="bob"), stage="deliver")
    actors = [machine(WATCHED, ref, "watch"), paid, merge(WATCHED, "ada", "bob")]
    found = explorer.explore(world, actors, crashes=0)
    say(
        f"ada waits | bob pays | ada becomes bob, up to 0 crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )


def test_an_entry_that_comes_again_after_a_merge_is_the_same_entry() -> None:
    world = World(timeline=ENTRIES)
    bench = Bench(REMINDED, at_once(world))
    bench.take_in(CART_LATER, "bob")
    world.join("bob", "ada", world.marks("bob", "ada"))
    bench.unite("ada")
    bench.take_in(CART_LATER, "bob")
    assert world.counted == {"started": 1}
    assert world.started.keys() == {_id("bob")}
    assert world.runs.keys() == {("bob", SLOT)}


def test_a_pause_before_reentry_counts_over_all_desks() -> None:
    rested = REMINDED.model_validate(
        {**REMINDED.model_dump(mode="json"), "reentry": {"policy": "after", "after": "P7D"}}
    )
    world = World(timeline=ENTRIES[1:])
    bench = Bench(rested, at_once(world))
    bench.take_in(CART_LATER, "bob")
    bench.take_in(PAID, "bob")
    world.join("bob", "ada", world.marks("bob", "ada"))
    soon = happened("cart", CART_LATER.occurred_at + timedelta(days=6))
    bench.take_in(soon, "ada")
    assert world.counted == {"started": 1, "exited:paid": 1}
    bench.take_in(happened("cart", CART_LATER.occurred_at + timedelta(days=7)), "bob")
    assert world.counted["started"] == 2
    assert world.runs["ada", SLOT].active, "it begins at the root of today"
