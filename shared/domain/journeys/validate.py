"""What is wrong with a journey definition, each problem with its place."""

from collections.abc import Collection, Iterator
from typing import Final

from shared.domain.events.own import (
    ACTS_OF_JOURNEYS,
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
)
from shared.domain.journeys.bounds import bound_problems
from shared.domain.journeys.definition import (
    END,
    EventMatch,
    Journey,
    SegmentEntry,
    SegmentExit,
    SendStep,
    WaitForStep,
    ways_out,
)
from shared.domain.journeys.problem import Problem as Problem

_RUNS: Final = frozenset({JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED})


def validate(
    journey: Journey, *, segment_ids: Collection[str], template_ids: Collection[str]
) -> tuple[Problem, ...]:
    """Everything that is wrong with a journey, given the ids that it may name; empty when valid."""
    if wrong := tuple(_names(journey)):  # without good names nothing else can be told reliably
        return wrong
    return (
        *_unknown_targets(journey),
        *_unreachable(journey),
        *_unknown_segments(journey, segment_ids),
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
    named = [
        (f"{path}.segment_id", rule.segment_id)
        for path, rule in [
            ("entry", journey.entry),
            *((f"exit_on[{place}]", rule) for place, rule in enumerate(journey.exit_on)),
        ]
        if isinstance(rule, SegmentEntry | SegmentExit)
    ]
    for path, segment_id in named:
        if segment_id not in segment_ids:
            yield Problem(path, f'there is no segment "{segment_id}"')


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
    if isinstance(journey.entry, EventMatch) and journey.entry.event in ACTS_OF_JOURNEYS:
        yield Problem(
            "entry.event",
            f'"{journey.entry.event}" is what journeys do by themselves, so they could go round'
            " without end: enter by a segment that asks for it",
        )
    for path, rule in _awaited(journey):
        own = rule.where.get("journey_id", journey.journey_id) == journey.journey_id
        if rule.event in _RUNS and own:
            yield Problem(
                f"{path}.where",
                f'"{rule.event}" must be of another journey: name it, `where: {{journey_id: …}}`',
            )


def _awaited(journey: Journey) -> Iterator[tuple[str, EventMatch]]:
    """Every event that can end the journey or a wait in it, with its path."""
    for place, rule in enumerate(journey.exit_on):
        if isinstance(rule, EventMatch):
            yield f"exit_on[{place}]", rule
    for place, step in enumerate(journey.steps):
        if isinstance(step, WaitForStep):
            yield from (
                (f"steps[{place}].events[{index}]", rule) for index, rule in enumerate(step.events)
            )
