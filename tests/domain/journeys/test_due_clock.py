"""By the due index a journey goes as it is walked, whatever comes twice, late or from a crash."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.wakes import wake_of
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View
from tests.domain.journeys.actors import delivery, merge, sweep
from tests.domain.journeys.interleavings import Actor, Explorer, Led
from tests.domain.journeys.memory import (
    NOON,
    Bench,
    Gate,
    World,
    at_once,
    bench,
    happened,
    journey,
)
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interleavings import CART, LEFT, PAID
from tests.domain.journeys.test_interleavings import WATCHED as WATCHED_BY_MACHINE

pytestmark = pytest.mark.slow

NAME = enrolment_id("default", "test", "ada", CART.fact_id)


def by_due_index(definition: Journey) -> Journey:
    return definition.model_copy(update={"clock": "due_index"})


@dataclass
class Life:
    """A person's run over a world in memory, on a virtual clock; everything comes twice."""

    definition: Journey
    history: list[Happened]
    known: dict[str, str]
    behind: bool = False
    world: World = field(default_factory=World)

    def run(self) -> Enrolment:
        gate, known = at_once(self.world), self.known
        self.bench = Bench(self.definition, gate, traits=known, behind=self.behind)
        self.world.timeline = (("ada", CART),)
        self.twice(lambda: self.bench.take_in(CART))
        coming = sorted(self.history, key=lambda one: (one.occurred_at, one.fact_id))
        while coming or self.world.wakes:
            due = min(self.world.wakes.values(), default=datetime.max.replace(tzinfo=NOON.tzinfo))
            if coming and coming[0].occurred_at <= due:
                self.happen(coming.pop(0))
            else:
                self.wake(due)
        return self.world.enrolments[NAME].enrolment

    def happen(self, fact: Happened) -> None:
        self.bench.now = fact.occurred_at
        self.world.timeline = (*self.world.timeline, ("ada", fact))
        self.twice(lambda: self.bench.take_in(fact))

    def wake(self, due: datetime) -> None:
        self.bench.now = due
        for name in [name for name, at in self.world.wakes.items() if at == due]:
            self.twice(lambda name=name: self.bench.wake(name, at=due))
            self.world.wakes.pop(name, None)  # what was swept is never swept again

    def twice(self, deliver: Callable[[], None]) -> None:
        deliver()
        once = self.world.copy()
        deliver()
        assert (once.enrolments, once.requested) == (self.world.enrolments, self.world.requested)


@given(journeys(), histories(), traits(), st.booleans())
def test_being_woken_is_walking_the_journey(definition, history, known, behind):
    """Also where a glance is `behind`: whoever is not seen as the wake expects is looked at."""
    life = Life(by_due_index(definition), history, known, behind)
    ended = life.run()
    facts = Facts(View(known, {}), ZoneInfo("UTC"))
    begun = enrol(
        definition, 1, CART, workspace_id="default", profile_id="ada", enrolment_id=NAME
    ).enrolment
    *_, last = walk(definition, begun, history, lambda step, at: facts)
    assert ended == last.enrolment
    asked = asked_for(definition, ended, ended.trace)
    assert life.world.queued.keys() == {
        one.action_id if isinstance(one, ActionRequest) else one.message_id for one in asked
    }
    assert not life.world.listeners
    assert not life.world.started, "no execution is paid for"


def test_a_wake_that_was_never_stored_ends_no_other_wait():
    """A row too much, of an advance that lost its race, names a place where another wait stands."""
    steps = [
        {
            "type": "wait_for",
            "name": "watch",
            "events": [{"event": "paid"}],
            "timeout": "P1D",
            "on_event": "long",
            "on_timeout": "short",
        },
        {"type": "wait", "name": "short", "duration": "PT1H", "next": "end"},
        {"type": "wait", "name": "long", "duration": "P30D"},
    ]
    world = World(timeline=(("ada", CART),))
    bench = Bench(by_due_index(journey(*steps)), at_once(world), now=NOON)
    bench.take_in(CART)
    [first] = world.wakes
    bench.now = NOON + timedelta(hours=23)
    bench.take_in(happened("paid", bench.now))
    [second] = world.wakes
    assert first != second
    too_early = NOON + timedelta(days=1, hours=1)  # when `short`, in the same place, would be over
    bench.now = too_early
    bench.wake(second, at=too_early)
    assert world.enrolments[NAME].enrolment.at == "long"
    assert world.enrolments[NAME].enrolment.phase == "waiting"


def test_in_a_rehearsal_the_wake_comes_sooner_and_the_trace_is_the_same():
    definition = by_due_index(journey({"type": "wait", "name": "day", "duration": "P1D"}))
    world = World(timeline=(("ada", CART),))
    bench = Bench(definition, at_once(world))
    bench.scale(1_440)
    bench.take_in(CART)
    [(name, at)] = world.wakes.items()
    assert at == NOON + timedelta(minutes=1)
    bench.now = at
    bench.wake(name, at=at)
    assert world.enrolments[NAME].enrolment.clock_at == NOON + timedelta(days=1)


# --- every interleaving -----------------------------------------------------------------------

WATCHED = by_due_index(WATCHED_BY_MACHINE)
DUE = NOON + timedelta(days=1)

ACTORS = {
    actor.name: actor
    for actor in (
        delivery(WATCHED, CART, "cart"),
        delivery(WATCHED, CART, "cart again", again=True),
        sweep(WATCHED, DUE),
        sweep(WATCHED, DUE, "sweep again", again=True),
        delivery(WATCHED, PAID, "paid"),
        delivery(WATCHED, PAID, "paid again", again=True),
        delivery(WATCHED, LEFT, "left"),
        merge(WATCHED, "bob", "ada"),
    )
}


def _no_check(world: World, actors: Sequence[Actor]) -> None:
    """States on the way may be anything."""


def _one_outcome(world: World, actors: Sequence[Actor]) -> None:
    enrolment = world.enrolments[NAME].enrolment
    decisions = [entry.decision for entry in enrolment.trace]
    ends = [one for one in decisions if one in ("happened", "timed_out", "exit_rule")]
    asked = {request.step for request in world.requested.values()}
    assert enrolment.status != "active", "nobody sleeps through"
    assert world.counted.total() == 2, "started once, ended once"
    assert not world.listeners or _are_harmless(world)
    wanted = {("happened",): {"thank"}, ("timed_out",): {"remind"}, ("exit_rule",): set()}
    assert asked == wanted[tuple(ends)]
    assert world.queued.keys() == world.requested.keys(), "asked for and handed over"


def _are_harmless(world: World) -> bool:
    later = world.copy()
    for fact in (PAID, LEFT):
        Bench(WATCHED, at_once(later)).take_in(replace(fact, fact_id="later"))
    return not later.listeners and later.enrolments == world.enrolments


@pytest.mark.parametrize(
    ("names", "crashes", "inside"),
    [
        (("sweep", "paid"), 2, True),
        (("sweep", "left"), 2, True),
        (("sweep", "sweep again", "paid"), 0, True),
        (("sweep", "paid", "paid again"), 0, True),
        (("sweep", "paid", "left"), 0, True),
        (("sweep", "merge", "paid"), 0, True),
        (("cart", "sweep"), 2, False),
        (("cart", "cart again", "sweep"), 0, False),
        (("cart", "paid", "sweep"), 0, False),
    ],
)
def test_a_wait_ends_exactly_once_in_every_interleaving(
    names: tuple[str, ...], crashes: int, inside: bool, say: Callable[[str], None]
) -> None:
    world = World(timeline=(("ada", CART),) if inside else ())
    if inside:
        Bench(WATCHED, at_once(world)).take_in(CART)
    explorer = Explorer(_no_check, _one_outcome)
    found = explorer.explore(world, [ACTORS[name] for name in names], crashes)
    say(
        f"{' | '.join(names)}, up to {crashes} crashes: {found:,} interleavings"
        f" through {explorer.states:,} states"
    )
    assert found > 100


BOB = enrolment_id("default", "test", "bob", CART.fact_id)


def together(definition: Journey, strands: Sequence[str]) -> Actor:
    """The same event of several people, one batch of the queue, until all is taken in."""

    def deliver(gate: Gate, given: object) -> Led:
        bench(definition, gate).take_in_all(*((strand, CART) for strand in strands))
        return None

    return Actor("together", {"deliver": deliver}, "deliver")


def _each_ends_once(world: World, actors: Sequence[Actor]) -> None:
    for name in (NAME, BOB):
        decisions = [entry.decision for entry in world.enrolments[name].enrolment.trace]
        assert decisions.count("timed_out") + decisions.count("happened") == 1
        if name == BOB or "paid" not in {actor.name for actor in actors}:
            assert "timed_out" in decisions, "what happens to ada is nothing to bob"
        assert world.enrolments[name].enrolment.status != "active", "nobody sleeps through"
    assert world.counted.total() == 4, "two started once, and ended once"
    assert world.queued.keys() == world.requested.keys()
    assert not world.listeners


@pytest.mark.parametrize("crashes", [0, 2])
def test_who_is_woken_together_ends_each_once_in_every_interleaving(
    crashes: int, say: Callable[[str], None]
) -> None:
    world = World(timeline=(("ada", CART), ("bob", CART)))
    Bench(WATCHED, at_once(world)).take_in_all(("ada", CART), ("bob", CART))
    assert len({stored.wake_fold for stored in world.enrolments.values()} - {""}) == 1
    actors = [sweep(WATCHED, DUE)]
    others = delivery(WATCHED, PAID, "paid"), sweep(WATCHED, DUE, "sweep again", again=True)
    actors += [others[0] if crashes else others[1]]
    explorer = Explorer(_no_check, _each_ends_once)
    found = explorer.explore(world, actors, crashes)
    names = " | ".join(actor.name for actor in actors)
    say(f"{names}, up to {crashes} crashes: {found:,} interleavings, {explorer.states:,} states")
    assert found > 100


def _all_are_in(world: World, actors: Sequence[Actor]) -> None:
    assert world.enrolments.keys() == {NAME, BOB}
    assert world.counted["started"] == 2
    for stored in world.enrolments.values():
        wake = wake_of(stored.enrolment)
        if stored.enrolment.status == "active":
            assert wake
            assert world.wakes[wake.name] == stored.wake_at, "nobody waits for ever"
    assert world.queued.keys() == world.requested.keys()


@pytest.mark.parametrize(
    ("strands", "others"),
    [
        (("ada", "bob"), ("cart again",)),
        (("ada", "ada", "bob"), ()),
        (("ada", "bob"), ("paid",)),
    ],
    ids=["met by another delivery", "the same fact twice in a batch", "met by what ends its wait"],
)
def test_who_enters_together_is_in_once_in_every_interleaving(
    strands: tuple[str, ...], others: tuple[str, ...], say: Callable[[str], None]
) -> None:
    world = World(timeline=(("ada", CART), ("bob", CART)))
    actors = [together(WATCHED, strands), *(ACTORS[name] for name in others)]
    explorer = Explorer(_no_check, _all_are_in)
    crashes = 2 if len(actors) == 1 else 1
    found = explorer.explore(world, actors, crashes)
    say(f"{strands} with {others}: {found:,} interleavings through {explorer.states:,} states")
    assert found > 20


FIRST = {"type": "wait_for", "name": "first", "events": [{"event": "a"}], "timeout": "P1D"}
SECOND = {"type": "wait_for", "name": "second", "events": [{"event": "b"}], "timeout": "P1D"}
HOUR = {"type": "wait", "name": "an hour", "duration": "PT1H"}
THANK = {"type": "send", "name": "thank", "template_id": "thanks"}
REST = {"type": "wait", "name": "rest", "duration": "P9D"}
A = happened("a", NOON + timedelta(hours=2))
B = happened("b", NOON + timedelta(hours=3))


def _everything_is_handed_over(world: World, actors: Sequence[Actor]) -> None:
    enrolment = world.enrolments[NAME].enrolment
    decisions = [entry.decision for entry in enrolment.trace]
    assert "timed_out" not in decisions, "both events came in time"
    assert [request.step for request in world.requested.values()] == ["thank"]
    assert world.queued.keys() == world.requested.keys()


@pytest.mark.parametrize(
    ("steps", "swept", "facts"),
    [
        ((FIRST, SECOND, THANK, REST), False, (A, B)),
        ((HOUR, SECOND, THANK, REST), True, (B,)),
    ],
    ids=["two waits in a row", "a wait behind one that is over"],
)
def test_what_looking_back_leads_to_is_handed_over_in_every_interleaving(
    steps: tuple[dict[str, object], ...],
    swept: bool,
    facts: tuple[Happened, ...],
    say: Callable[[str], None],
) -> None:
    definition = by_due_index(journey(*steps))
    world = World(timeline=(("ada", CART),))
    Bench(definition, at_once(world)).take_in(CART)
    actors = [delivery(definition, fact, fact.trigger) for fact in facts]
    if swept:
        actors.append(sweep(definition, NOON + timedelta(hours=1)))
    explorer = Explorer(_no_check, _everything_is_handed_over)
    found = explorer.explore(world, actors, 2)
    names = " | ".join(actor.name for actor in actors)
    say(f"{names}, up to 2 crashes: {found:,} interleavings through {explorer.states:,} states")
    assert found > 100


def test_a_goal_that_the_first_wait_listens_to_as_well_has_one_listener():
    definition = by_due_index(
        journey(THANK, {**FIRST, "events": [{"event": "paid"}]}, exit_on=[{"event": "paid"}])
    )
    world = World(timeline=(("ada", CART),))
    bench = Bench(definition, at_once(world))
    bench.take_in(CART)
    [listener] = world.listeners.values()
    assert (listener.exits, listener.step) == (True, "first")
    bench.take_in(happened("paid", NOON + timedelta(hours=1)))
    assert world.enrolments[NAME].enrolment.reason == "paid"


def test_a_merge_that_died_after_it_told_hands_over_what_that_led_to():
    definition = by_due_index(journey({**SECOND, "name": "watch"}, THANK, REST))
    world = World(timeline=(("ada", CART),))
    Bench(definition, at_once(world)).take_in(CART)
    world.timeline = (*world.timeline, ("bob", B))
    world.join("bob", "ada", world.marks("bob", "ada"))

    def dying(name, step):
        if name == "send":
            raise ConnectionError
        return step(world)

    with pytest.raises(ConnectionError):
        Bench(definition, dying).unite("ada")
    assert world.requested
    assert not world.queued
    Bench(definition, at_once(world)).unite("ada")
    assert world.queued.keys() == world.requested.keys()
