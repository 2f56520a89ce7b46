"""A move meets everything else that can move an enrolment, in every order, with crashes.

However they interleave, the enrolment ends in exactly one way, by one version after the other and
never by both, no message is asked for twice, and all that were asked for are handed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.moving import Choices, Moving
from tests.domain.journeys.actors import delivery, machine, merge, moved_machine, mover, sweeping
from tests.domain.journeys.interleavings import Actor, Check, Explorer
from tests.domain.journeys.memory import NOON, OPEN, World, at_once, bench, journey
from tests.domain.journeys.test_interleavings import CART, LEFT, PAID, REF, WATCHED

pytestmark = pytest.mark.slow

NEW = journey(
    {
        "type": "wait_for",
        "name": "watch",
        "events": [{"event": "paid"}],
        "timeout": "P2D",
        "on_event": "thank warmly",
        "on_timeout": "remind",
    },
    {"type": "send", "name": "thank warmly", "template_id": "thanks", "next": "end"},
    {"type": "send", "name": "remind", "template_id": "reminder"},
    exit_on=[{"event": "left"}],
)
TO_NEW = Choices(to={"thank": "thank warmly"})
LATER = NOON + timedelta(days=3)


def versions(before: ClockName, after: ClockName) -> tuple[Journey, Journey]:
    return tuple(
        each.model_copy(update={"clock": clock})
        for each, clock in ((WATCHED, before), (NEW, after))
    )


def entered(known: tuple[Journey, Journey], *, inside: bool) -> World:
    """The enrolment has begun; `inside` it waits already, however its time is kept."""
    world = World(timeline=(("ada", CART),))
    bench(known, at_once(world)).take_in(CART)
    if inside and known[0].clock == "step_functions":
        world.tokens = {"token 0": OPEN}
        bench(known, at_once(world)).run_step.run(REF, "watch", "listen", "token 0")
    return world


def actors(
    known: tuple[Journey, Journey], names: Sequence[str], choices: Choices, *, inside: bool
) -> list[Actor]:
    moving = Moving(7, 2, known[1], choices)
    made = [
        mover(known, REF, moving),
        mover(known, REF, moving, "move again"),
        delivery(known, PAID, "paid"),
        delivery(known, PAID, "paid again", again=True),
        delivery(known, LEFT, "left"),
        merge(known, "bob", "ada"),
    ]
    by_name = {actor.name: actor for actor in made}
    # What keeps the time of both versions is always there; time can be up at any moment.
    drivers = [sweeping(known, LATER)] if "due_index" in {one.clock for one in known} else []
    if known[0].clock == "step_functions":
        old = machine(known, REF, "watch")
        drivers.append(replace(old, stage="await", given="token 0") if inside else old)
    if known[1].clock == "step_functions":
        drivers.append(moved_machine(known, REF, "watch"))
    return [*drivers, *(by_name[name] for name in names)]


def _no_check(world: World, actors: Sequence[Actor]) -> None:
    """States on the way may be anything."""


def _judge(known: tuple[Journey, Journey]) -> Callable[[World, Sequence[Actor]], None]:
    def judge(world: World, actors: Sequence[Actor]) -> None:
        enrolment = world.enrolments[REF.enrolment_id].enrolment
        decisions = [entry.decision for entry in enrolment.trace]
        ends = [
            one
            for one in decisions
            if one in ("happened", "timed_out", "exit_rule", "taken_out", "merged")
        ]
        asked = sorted(request.step for request in world.requested.values())
        assert enrolment.status != "active", "nobody is lost"
        assert world.counted.total() == 2, "started once, ended once"
        assert not any(run.active for run in world.runs.values())
        assert decisions.count("moved") <= 1
        _nothing_is_left_behind(known, world)
        match ends:
            case ["happened"]:
                assert asked in (["thank"], ["thank warmly"])
            case ["timed_out"]:
                assert asked == ["remind"]
            case ["happened", "exit_rule" | "taken_out"]:
                assert asked in ([], ["thank"], ["thank warmly"])
            case ["timed_out", "exit_rule" | "taken_out"]:
                assert asked in ([], ["remind"])
            case ["exit_rule"] | ["taken_out"]:
                assert not asked
            case _:
                pytest.fail(f"{ends}")
        if enrolment.status == "completed":
            assert world.queued.keys() == world.requested.keys(), "asked for and handed over"
        assert _executions_are_over(world, actors)

    return judge


def _executions_are_over(world: World, actors: Sequence[Actor]) -> bool:
    """Each execution came to its end, or was stopped."""
    return all(actor.done for actor in actors)


def _nothing_is_left_behind(known: tuple[Journey, Journey], world: World) -> None:
    """What a crash left registered is taken away by whoever finds it, and changes nothing."""
    later = world.copy()
    for fact in (PAID, LEFT):
        bench(known, at_once(later)).take_in(replace(fact, fact_id="later"))
    assert not later.listeners
    assert (later.enrolments, later.requested) == (world.enrolments, world.requested)


MACHINE, DUE = "step_functions", "due_index"
CLOCKS = ((MACHINE, MACHINE), (DUE, DUE), (MACHINE, DUE), (DUE, MACHINE))


@pytest.mark.parametrize(
    ("names", "crashes", "clocks"),
    [
        *((("move",), 1, clocks) for clocks in CLOCKS),
        (("move", "left"), 1, (DUE, DUE)),
        (("move", "left"), 0, (MACHINE, DUE)),
        (("move", "merge"), 0, (DUE, MACHINE)),
        (("move", "paid"), 0, (DUE, DUE)),
        (("move", "move again"), 0, (DUE, DUE)),
        (("move", "merge"), 1, (DUE, DUE)),
    ],
    ids=str,
)
def test_everybody_comes_to_one_end_in_every_interleaving(
    names: tuple[str, ...],
    crashes: int,
    clocks: tuple[ClockName, ClockName],
    say: Callable[[str], None],
) -> None:
    _explore(clocks, names, crashes, TO_NEW, say)


@pytest.mark.parametrize("clocks", [(MACHINE, MACHINE), (DUE, DUE)], ids=" to ".join)
def test_who_is_taken_out_is_out_in_every_interleaving(
    clocks: tuple[ClockName, ClockName], say: Callable[[str], None]
) -> None:
    _explore(clocks, ("move",), 1, Choices(all_out=True), say)


@pytest.mark.parametrize(
    ("clocks", "crashes"),
    [((MACHINE, MACHINE), 0), ((DUE, DUE), 1), ((MACHINE, DUE), 0)],
    ids=str,
)
def test_an_exit_rule_that_comes_with_the_move_overlooks_nothing(
    clocks: tuple[ClockName, ClockName], crashes: int, say: Callable[[str], None]
) -> None:
    old, new = versions(*clocks)
    known = (old.model_copy(update={"exit_on": ()}), new)
    _explore(clocks, ("move", "left"), crashes, TO_NEW, say, known, _out_who_left)


def _out_who_left(world: World, actors: Sequence[Actor]) -> None:
    """Once the event was delivered and the move was carried out, however they met."""
    enrolment = world.enrolments[REF.enrolment_id].enrolment
    if all(actor.done for actor in actors if actor.name in ("move", "left")):
        moved = any(entry.decision == "moved" for entry in enrolment.trace)
        assert not moved or enrolment.status != "active"


def _explore(
    clocks: tuple[ClockName, ClockName],
    names: tuple[str, ...],
    crashes: int,
    choices: Choices,
    say: Callable[[str], None],
    known: tuple[Journey, Journey] | None = None,
    watch: Check = _no_check,
) -> None:
    known, inside = known or versions(*clocks), len(names) > 1
    explorer = Explorer(watch, _judge(known))
    cast = actors(known, names, choices, inside=inside)
    found = explorer.explore(entered(known, inside=inside), cast, crashes)
    say(
        f"{' to '.join(clocks)}: {' | '.join(names)}, up to {crashes} crashes:"
        f" {found:,} interleavings through {explorer.states:,} states"
    )
    assert found > 10
