"""Triggers: the names under which events and moves of a profile find journeys and enrolments."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, assert_never

from shared.domain.events.own import JOURNEY_ASKED, TASK_DONE
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import (
    AssignStep,
    ExperimentStep,
    FeedbackStep,
    Step,
    WaitForStep,
)
from shared.domain.journeys.rules import (
    AskedEntry,
    CallEntry,
    Entry,
    EventEntry,
    EventMatch,
    FromEntry,
    LifecycleMove,
    Rule,
    ScheduleEntry,
    SegmentMove,
)
from shared.domain.journeys.stimulus import Happened
from shared.domain.segments.condition import Scalar
from shared.domain.text import to_text

_ABSENT: Final = object()
MOST_LIST_CHARACTERS: Final = 4_000  # of a list kept for messages, as JSON


def segment_trigger(segment_id: str, edge: str) -> str:
    """The trigger of entering or exiting a segment."""
    return f"segment:{edge}:{segment_id}"


def stage_trigger(stage: str, edge: str) -> str:
    """The trigger of entering or leaving a lifecycle stage."""
    return f"lifecycle:{edge}:{stage}"


def segment_of(trigger: str) -> str | None:
    """The segment that a trigger is about; None for anything else."""
    match trigger.split(":", 2):
        case ["segment", "entered" | "exited", segment_id]:
            return segment_id
        case _:
            return None


def stage_of(trigger: str) -> str | None:
    """The lifecycle stage that a trigger is about; None for anything else."""
    match trigger.split(":", 2):
        case ["lifecycle", "entered" | "left", stage]:
            return stage
        case _:
            return None


def moved(about: Literal["segment", "lifecycle"], trigger: str, at: datetime) -> Happened:
    """A move of the profile: the same fact, whether it is told or looked up afterwards."""
    fact_id = f"{trigger} {format_instant(at)}"
    return Happened(fact_id=fact_id, trigger=trigger, occurred_at=at, about=about)


def stage_moves(before: str, after: str, at: datetime) -> tuple[Happened, Happened]:
    """Both sides of a move from one lifecycle stage to another: one is left, one is entered."""
    return (
        moved("lifecycle", stage_trigger(before, "left"), at),
        moved("lifecycle", stage_trigger(after, "entered"), at),
    )


def trigger_of(rule: Rule | Entry) -> str:
    """The trigger that an entry, an exit rule, a goal or a wait goes by."""
    match rule:
        case EventMatch() | EventEntry():
            return rule.event
        case SegmentMove():
            return segment_trigger(rule.segment_id, rule.edge)
        case LifecycleMove():
            return stage_trigger(rule.stage, rule.edge)
        case CallEntry() | ScheduleEntry():
            return JOURNEY_ASKED
        case _:
            assert_never(rule)


def about(rule: Rule | Entry) -> Literal["event", "segment", "lifecycle"]:
    """What kind of thing a rule is about."""
    match rule:
        case EventMatch() | EventEntry() | CallEntry() | ScheduleEntry():
            return "event"
        case SegmentMove():
            return "segment"
        case LifecycleMove():
            return "lifecycle"
        case _:
            assert_never(rule)


def matches(rule: Rule | Entry, happened: Happened, entry: Mapping[str, Any] | None = None) -> bool:
    """Say whether something that happened is what the rule names, properties included.

    `entry` are the properties that the enrolment keeps of the event that began it.
    """
    if trigger_of(rule) != happened.trigger or about(rule) != happened.about:
        return False
    if not isinstance(rule, EventMatch | EventEntry):
        return True
    return all(
        _equal(_asked(value, entry or {}), happened.properties.get(name, _ABSENT))
        for name, value in rule.where.items()
    )


def _asked(value: Scalar | FromEntry, entry: Mapping[str, Any]) -> object:
    """What a property must be; what the entry did not have equals nothing."""
    return entry.get(value.entry) if isinstance(value, FromEntry) else value


def _equal(asked: object, found: object) -> bool:
    """Equality as JSON has it: true is not 1, and 1 is 1.0."""
    if asked is None:
        return False
    if isinstance(asked, bool) or isinstance(found, bool):
        return asked is found
    return asked == found


def kept_of_entry(journey: Journey, happened: Happened) -> dict[str, Any]:
    """The properties of the event that begins an enrolment which its rules and steps refer to.

    Lists are kept for messages alone, and only short ones.
    """
    if not isinstance(journey.entry, EventEntry | AskedEntry):
        return {}
    named: tuple[str, ...] = ()
    if isinstance(journey.entry, AskedEntry):
        named = tuple(one.winner for one in journey.steps if isinstance(one, ExperimentStep))
    return {
        name: value
        for name in (*journey.asked_of_entry, *named)
        if isinstance(value := happened.properties.get(name), bool | int | float | str)
        or (name in journey.shown_of_entry and _is_small(value))
    }


def _is_small(value: object) -> bool:
    """Whether a list, such as the items of a cart, can be kept with an enrolment."""
    return isinstance(value, list) and len(to_text(value)) <= MOST_LIST_CHARACTERS


def standing_triggers(journey: Journey) -> tuple[str, ...]:
    """The triggers that count wherever one stands: of exit rules and the goal, each once."""
    return tuple(dict.fromkeys(trigger_of(rule) for rule in _standing(journey)))


def new_standing_triggers(old: Journey, new: Journey) -> tuple[str, ...]:
    """The same, of those rules of a newer version that the older one has not."""
    known = _standing(old)
    fresh = (rule for rule in _standing(new) if rule not in known)
    return tuple(dict.fromkeys(trigger_of(rule) for rule in fresh))


def _standing(journey: Journey) -> tuple[Rule, ...]:
    goal = () if journey.goal is None else (journey.goal,)
    return (*journey.exit_on, *goal)


def triggers_of_wait(step: Step) -> tuple[str, ...]:
    """The triggers that may end a wait at the step, each once; none of most steps."""
    match step:
        case WaitForStep():
            return tuple(dict.fromkeys(trigger_of(rule) for rule in step.events))
        case AssignStep():
            return (TASK_DONE,)
        case FeedbackStep():
            return (step.event,)
        case _:
            return ()


def triggers_of(journey: Journey) -> frozenset[str]:
    """Every trigger that an entry, an exit rule, the goal or a wait of the journey refers to."""
    return frozenset({trigger_of(journey.entry)}) | triggers_inside(journey)


def triggers_inside(journey: Journey) -> frozenset[str]:
    """The same without the entry: what those inside can hear of a journey that nobody enters."""
    return frozenset(_triggers_inside(journey))


def _triggers_inside(journey: Journey) -> Iterator[str]:
    yield from standing_triggers(journey)
    for step in journey.steps:
        yield from triggers_of_wait(step)
