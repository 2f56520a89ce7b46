"""How people come to the steps of a journey: how soon, and what is known of them by then."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import (
    END,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
    RepeatStep,
    Step,
    WaitForStep,
    WaitStep,
)
from shared.domain.journeys.ways import Way, stay_of, ways_out
from shared.domain.segments.condition import Node, NotCondition

MOST_FACTS: Final = 50
_TIME_OUT: Final = frozenset({"on_timeout", "on_overdue"})

Facts = Mapping[str, Node]
"""Conditions that are known to hold, each under a name of its own."""

Barred = frozenset[tuple[str, str]]
"""Ways that nobody takes: the step and the field of each."""


def acts(step: Step) -> bool:
    """Say whether a step does something that somebody notices, and does not only steer."""
    steers = WaitStep | WaitForStep | BranchStep | ExperimentStep | RepeatStep | ExitStep
    return not isinstance(step, steers)


def holds_up(step: Step) -> bool:
    """Say whether time can pass at a step."""
    return isinstance(step, WaitStep | WaitForStep | AssignStep | FeedbackStep)


class Edge(NamedTuple):
    """A way from a step to another one."""

    step: Step
    way: Way
    target: str


def edges(journey: Journey, barred: Barred = frozenset()) -> Iterator[Edge]:
    """Every way between two steps, without those that nobody takes."""
    for step in journey.steps:
        for way in ways_out(step):
            target = journey.target(step.name, way.target)
            if target != END and (step.name, way.field) not in barred:
                yield Edge(step, way, target)


def reached(journey: Journey, start: str, barred: Barred = frozenset()) -> frozenset[str]:
    """Every step that somebody at `start` can come to, that one included."""
    found, waiting = {start}, [start]
    onward: dict[str, list[str]] = {}
    for edge in edges(journey, barred):
        onward.setdefault(edge.step.name, []).append(edge.target)
    while waiting:
        for target in onward.get(waiting.pop(), ()):
            if target not in found:
                found.add(target)
                waiting.append(target)
    return frozenset(found)


def earliest(journey: Journey) -> Mapping[str, timedelta]:
    """How long after the entry each step can be reached at the earliest."""
    found = {journey.first: timedelta(0)}
    ways = list(edges(journey))
    changed = True
    while changed:
        changed = False
        for edge in ways:
            if edge.step.name in found:
                at = found[edge.step.name] + _least(edge)
                if edge.target not in found or at < found[edge.target]:
                    found[edge.target] = at
                    changed = True
    return found


def _least(edge: Edge) -> timedelta:
    """The least that a visit takes which leaves by this way: an event can come at once."""
    match edge.step:
        case WaitStep(duration=duration) if duration is not None:
            return duration
        case WaitForStep() | AssignStep() | FeedbackStep() if edge.way.field in _TIME_OUT:
            return stay_of(edge.step)
        case _:
            return timedelta(0)


@dataclass(frozen=True, slots=True)
class Known:
    """What holds of everybody who comes to a step: for certain `now`, and at some time before."""

    now: Facts
    once: Facts


Arms = Callable[[str], tuple[Node | None, ...]]
"""The expanded conditions of a branch by its name; None for one that cannot be expanded."""


def known_at(
    journey: Journey, entry: Facts, lasting: Facts, arms: Arms, barred: Barred
) -> Mapping[str, Known]:
    """What is known of everybody at each step that somebody can come to.

    `entry` holds when people enter, `lasting` for as long as they are inside. What several ways
    agree on is known; where time can pass only what is lasting still holds.
    """
    found = {journey.first: Known({**entry, **lasting}, {**entry, **lasting})}
    ways = list(edges(journey, barred))
    changed = True
    while changed:
        changed = False
        for edge in ways:
            here = found.get(edge.step.name)
            if here is None:
                continue
            brought = _brought(edge, here, lasting, arms)
            before = found.get(edge.target)
            after = brought if before is None else _common(before, brought)
            if before is None or _sizes(after) < _sizes(before):
                found[edge.target] = after
                changed = True
    return found


def _sizes(known: Known) -> int:
    """Facts are only ever taken away, so where none fewer are left nothing has changed."""
    return len(known.now) + len(known.once)


def _brought(edge: Edge, here: Known, lasting: Facts, arms: Arms) -> Known:
    new = dict(_decided(edge, arms)) if isinstance(edge.step, BranchStep) else {}
    now = lasting if holds_up(edge.step) else here.now
    return Known(_few(now, new, lasting), _few(here.once, new, lasting))


def _few(known: Facts, new: Facts, lasting: Facts) -> Facts:
    """What was known and what is new; without the former where that would be too much to look at.

    Knowing less proves less, and nothing wrong.
    """
    return {**(known if len(known) + len(new) <= MOST_FACTS else lasting), **new}


def _decided(edge: Edge, arms: Arms) -> Iterator[tuple[str, Node]]:
    """What a way out of a branch says: none of the arms before, and the one that leads here."""
    for place, condition in enumerate(arms(edge.step.name)):
        mine = edge.way.field == f"arms[{place}].next"
        if condition is not None:
            fact = condition if mine else NotCondition(condition=condition)
            yield f"{edge.step.name}: {'' if mine else 'not '}{place}", fact
        if mine:
            return


def _common(one: Known, other: Known) -> Known:
    return Known(
        {name: node for name, node in one.now.items() if name in other.now},
        {name: node for name, node in one.once.items() if name in other.once},
    )
