"""What is wrong with a journey definition, each problem with its place."""

from collections.abc import Collection, Iterator
from typing import Final

from shared.domain.events.own import (
    ACTS_OF_JOURNEYS,
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    JOURNEY_GOAL,
)
from shared.domain.journeys.bounds import bound_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import END, SendStep, ways_out
from shared.domain.journeys.problem import Problem as Problem
from shared.domain.journeys.rules import (
    EventEntry,
    EventMatch,
    FromEntry,
    LifecycleMove,
    Rule,
    SegmentMove,
)

_RUNS: Final = frozenset({JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED, JOURNEY_GOAL})


def validate(
    journey: Journey,
    *,
    segment_ids: Collection[str],
    template_ids: Collection[str],
    stages: Collection[str],
) -> tuple[Problem, ...]:
    """Everything that is wrong with a journey, given the ids that it may name; empty when valid."""
    if wrong := tuple(_names(journey)):  # without good names nothing else can be told reliably
        return wrong
    return (
        *_unknown_targets(journey),
        *_unreachable(journey),
        *_unknown_segments(journey, segment_ids),
        *_unknown_stages(journey, stages),
        *_no_properties(journey),
        *_unknown_templates(journey, template_ids),
        *_own_events(journey),
        *bound_problems(journey),
    )


def _names(journey: Journey) -> Iterator[Problem]:
    places: dict[str, int] = {}
    for place, step in enumerate(journey.steps):
        path = f"steps[{place}].name"
        if step.name.lower() == END:
            yield Problem(path, f'"{step.name}" is reserved: it completes the journey')
        if step.name in places:
            yield Problem(path, f'the name "{step.name}" is taken by steps[{places[step.name]}]')
        places.setdefault(step.name, place)


def _unknown_targets(journey: Journey) -> Iterator[Problem]:
    known = {END, *(step.name for step in journey.steps)}
    for place, step in enumerate(journey.steps):
        for way in ways_out(step):
            if way.target is not None and way.target not in known:
                yield Problem(f"steps[{place}].{way.field}", f'there is no step "{way.target}"')


def _unreachable(journey: Journey) -> Iterator[Problem]:
    reached = {journey.first, *journey.graph.reached(journey.first)}
    for place, step in enumerate(journey.steps):
        if step.name not in reached:
            message = f'no way leads to "{step.name}": name it as a next step, or take it out'
            yield Problem(f"steps[{place}]", message)


def _unknown_segments(journey: Journey, segment_ids: Collection[str]) -> Iterator[Problem]:
    for path, rule in _rules(journey):
        if isinstance(rule, SegmentMove) and rule.segment_id not in segment_ids:
            yield Problem(f"{path}.segment_id", f'there is no segment "{rule.segment_id}"')


def _unknown_stages(journey: Journey, stages: Collection[str]) -> Iterator[Problem]:
    for path, rule in _rules(journey):
        if isinstance(rule, LifecycleMove) and rule.stage not in stages:
            yield Problem(f"{path}.stage", f'the lifecycle has no stage "{rule.stage}"')


def _rules(journey: Journey) -> Iterator[tuple[str, Rule | EventEntry]]:
    yield "entry", journey.entry
    yield from journey.rules()


def _no_properties(journey: Journey) -> Iterator[Problem]:
    """What rules ask of the entry, where that is no event."""
    if isinstance(journey.entry, EventEntry):
        return
    for path, rule in journey.rules():
        for name, value in rule.where.items() if isinstance(rule, EventMatch) else ():
            if isinstance(value, FromEntry):
                yield Problem(
                    f"{path}.where.{name}",
                    f'people enter by no event, so there is no property "{value.entry}" to compare',
                )


def _unknown_templates(journey: Journey, template_ids: Collection[str]) -> Iterator[Problem]:
    for place, step in enumerate(journey.steps):
        if isinstance(step, SendStep) and step.template_id not in template_ids:
            path = f"steps[{place}].template_id"
            yield Problem(path, f'there is no template "{step.template_id}"')


def _own_events(journey: Journey) -> Iterator[Problem]:
    """Journeys that journeys would begin, and those that their own run would end or move on.

    What people and operators do may begin a journey, also where Rapport writes the event. What
    journeys do may not: two of them could go round without end and without anybody's doing.
    """
    if isinstance(journey.entry, EventEntry) and journey.entry.event in ACTS_OF_JOURNEYS:
        yield Problem(
            "entry.event",
            f'"{journey.entry.event}" is what journeys do by themselves, so they could go round'
            " without end: enter by a segment that asks for it",
        )
    for path, rule in journey.rules():
        if not isinstance(rule, EventMatch) or rule.event not in _RUNS:
            continue
        if rule.where.get("journey_id", journey.journey_id) == journey.journey_id:
            yield Problem(
                f"{path}.where",
                f'"{rule.event}" must be of another journey: name it, `where: {{journey_id: …}}`',
            )
