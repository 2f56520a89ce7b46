"""From a decision in a trace back to what brought it about."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from shared.domain.events.own import TASK_DONE
from shared.domain.instants import parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.kinds import AssignStep, FeedbackStep, WaitForStep
from shared.domain.journeys.past import By
from shared.domain.journeys.rules import EventMatch, FromEntry, Rule
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import moved, trigger_of


class Found(NamedTuple):
    """What happened, and how it is known."""

    happened: Happened
    by: By


def happened_of(
    entry: TraceEntry,
    journey: Journey,
    enrolment: Enrolment,
    timeline: Mapping[str, Happened],
    *,
    whole: bool,
) -> Found | None:
    """What a decision used up: the event of the timeline, or made up from the trace.

    A move says itself which fact it is. An event that is gone has the properties that it must have
    had. None when it cannot have been: in a `whole` timeline, no event is gone.
    """
    fact_id, cause = entry.fact or "", entry.because[0] if entry.because else {}
    if fact_id in timeline:
        return Found(timeline[fact_id], "timeline")
    about, trigger, at = _about(cause.get("about")), str(cause.get("name")), cause.get("at")
    if not fact_id or about is None or not isinstance(at, str):
        return None
    if about != "event":
        made = moved(about, trigger, parse_instant(at))
        return Found(made, "facts") if made.fact_id == fact_id else None
    if whole:
        return None
    properties = _properties(entry, trigger, journey, enrolment)
    made = Happened(
        fact_id=fact_id, trigger=trigger, occurred_at=parse_instant(at), properties=properties
    )
    return Found(made, "trace")


def _about(text: object) -> Literal["event", "segment", "lifecycle"] | None:
    match text:
        case "event" | "segment" | "lifecycle":
            return text
        case _:
            return None


def _properties(
    entry: TraceEntry, trigger: str, journey: Journey, enrolment: Enrolment
) -> Mapping[str, Any]:
    """Those that a rule asked for which the event met."""
    if entry.decision == "entered":
        return enrolment.entry
    step = journey.step(entry.step)
    if isinstance(step, AssignStep) and trigger == TASK_DONE and entry.decision == "happened":
        return {"task_id": task_id(enrolment.enrolment_id, step.name, entry.visit)}
    if isinstance(step, FeedbackStep) and entry.decision == "happened":
        answer = next((one["name"] for one in entry.because if one.get("about") == "answer"), None)
        return {"question": step.question or step.name, "answer": answer}
    rule = next((one for one in _rules(entry, journey) if trigger_of(one) == trigger), None)
    if not isinstance(rule, EventMatch):
        return {}
    return {
        name: enrolment.entry.get(value.entry) if isinstance(value, FromEntry) else value
        for name, value in rule.where.items()
    }


def _rules(entry: TraceEntry, journey: Journey) -> Iterator[Rule]:
    match entry.decision:
        case "exit_rule":
            yield from journey.exit_on
        case "goal" if journey.goal is not None:
            yield journey.goal
        case _:
            step = journey.step(entry.step)
            yield from step.events if isinstance(step, WaitForStep) else ()


def since_of(enrolment: Enrolment, place: int) -> datetime:
    """The wall clock when a wait began, as far as it mattered: it may be behind the logical one."""
    entry = enrolment.trace[place]
    end = enrolment.end_of_wait(place)
    if end is None:
        return enrolment.waiting.since if enrolment.waiting else entry.at
    ended = enrolment.trace[end]
    at = ended.because[0].get("at") if ended.because else None
    if ended.decision != "happened" or not isinstance(at, str):
        return entry.at
    return min(entry.at, parse_instant(at))
