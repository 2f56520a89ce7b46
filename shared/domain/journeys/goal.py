"""The goal of a journey, and the people who are held out to see what it does."""

from datetime import datetime

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.hashing import ALL, draw
from shared.domain.journeys.steps.outcome import because_of
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import matches


def held_out(journey: Journey, profile_id: str) -> bool:
    """Say whether a profile belongs to the share that is held out; always the same answer."""
    return draw(f"holdout:{journey.journey_id}", profile_id) < int(journey.holdout * ALL)


def reach(journey: Journey, enrolment: Enrolment, happened: Happened) -> Enrolment:
    """The enrolment after something that may be its goal; the same object when it is not.

    A goal that does not end the enrolment moves no clock and uses nothing up: a wait goes on, and
    the same event may end it.
    """
    goal = journey.goal
    if goal is None or enrolment.goal_at is not None or enrolment.has_used(happened.fact_id):
        return enrolment
    at, entered_at = happened.occurred_at, enrolment.entered_at
    if not entered_at <= at <= entered_at + goal.within:
        return enrolment
    if not matches(goal, happened, enrolment.entry):
        return enrolment
    if not goal.ends:
        due = enrolment.waiting.due if enrolment.waiting else enrolment.clock_at
        entry = _entry(enrolment, happened, min(max(enrolment.clock_at, at), due))
        return enrolment.beside(entry)
    entry = _entry(enrolment, happened, max(enrolment.clock_at, at))
    return enrolment.after(entry, at=enrolment.at, status="completed", reason="goal")


def _entry(enrolment: Enrolment, happened: Happened, at: datetime) -> TraceEntry:
    return TraceEntry(
        enrolment.at,
        enrolment.visits.get(enrolment.at, 0),
        at,
        "goal",
        enrolment.journey_version,
        fact=happened.fact_id,
        because=(because_of(happened),),
    )
