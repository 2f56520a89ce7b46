"""Triggers: the names under which events and segment moves find journeys and enrolments."""

from collections.abc import Iterator
from typing import Final, assert_never

from shared.domain.journeys.definition import (
    EventMatch,
    Journey,
    SegmentEntry,
    SegmentExit,
    WaitForStep,
)
from shared.domain.journeys.stimulus import Happened
from shared.domain.segments.condition import Scalar

_ABSENT: Final = object()


def segment_trigger(segment_id: str, edge: str) -> str:
    """The trigger of entering or exiting a segment."""
    return f"segment:{edge}:{segment_id}"


def segment_of(trigger: str) -> str | None:
    """The segment that a trigger is about; None for an event's name."""
    match trigger.split(":", 2):
        case ["segment", "entered" | "exited", segment_id]:
            return segment_id
        case _:
            return None


def trigger_of(rule: EventMatch | SegmentEntry | SegmentExit) -> str:
    """The trigger that an entry, an exit rule or a wait goes by."""
    match rule:
        case EventMatch():
            return rule.event
        case SegmentEntry() | SegmentExit():
            return segment_trigger(rule.segment_id, rule.edge)
        case _:
            assert_never(rule)


def matches(rule: EventMatch | SegmentEntry | SegmentExit, happened: Happened) -> bool:
    """Say whether something that happened is what the rule names, properties included."""
    if trigger_of(rule) != happened.trigger:
        return False
    if not isinstance(rule, EventMatch):
        return happened.about == "segment"
    return happened.about == "event" and all(
        _equal(value, happened.properties.get(name, _ABSENT)) for name, value in rule.where.items()
    )


def _equal(asked: Scalar, found: object) -> bool:
    """Equality as JSON has it: true is not 1, and 1 is 1.0."""
    if isinstance(asked, bool) or isinstance(found, bool):
        return asked is found
    return asked == found


def exit_triggers(journey: Journey) -> tuple[str, ...]:
    """The triggers of all exit rules, each once."""
    return tuple(dict.fromkeys(trigger_of(rule) for rule in journey.exit_on))


def triggers_of_wait(step: WaitForStep) -> tuple[str, ...]:
    """The triggers of a wait, each once."""
    return tuple(dict.fromkeys(trigger_of(rule) for rule in step.events))


def triggers_of(journey: Journey) -> frozenset[str]:
    """Every trigger that an entry, an exit rule or a wait of the journey refers to."""
    return frozenset(_all_triggers(journey))


def _all_triggers(journey: Journey) -> Iterator[str]:
    yield trigger_of(journey.entry)
    yield from exit_triggers(journey)
    for step in journey.steps:
        if isinstance(step, WaitForStep):
            yield from triggers_of_wait(step)
