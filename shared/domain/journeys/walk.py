"""The plain driver: walks an enrolment through its journey on a virtual clock."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from shared.domain.journeys.definition import BranchStep, Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.stimulus import Facts, Happened, Perform, Stimulus, TimeUp


def walk(
    journey: Journey,
    enrolment: Enrolment,
    happenings: Iterable[Happened],
    facts: Callable[[BranchStep, datetime], Facts],
) -> Iterator[Advance]:
    """Every advance until the enrolment is over; the last one holds how it ended.

    `happenings` are what the person did, in any order; what happens at the very instant at which
    a wait is due comes before the time-out. `facts` says what is known when a branch is decided.
    """
    coming = sorted(happenings, key=lambda happened: (happened.occurred_at, happened.fact_id))
    while enrolment.status == "active":
        made = advance(journey, enrolment, *_next(journey, enrolment, coming, facts))
        if made.enrolment is not enrolment:
            yield made
        enrolment = made.enrolment


def _next(
    journey: Journey,
    enrolment: Enrolment,
    coming: list[Happened],
    facts: Callable[[BranchStep, datetime], Facts],
) -> tuple[Stimulus, datetime]:
    """What comes next, and when."""
    until = enrolment.waiting.due if enrolment.waiting else enrolment.clock_at
    if coming and coming[0].occurred_at <= until:
        happened = coming.pop(0)
        return happened, happened.occurred_at
    if enrolment.waiting:
        return TimeUp(enrolment.at, enrolment.visits[enrolment.at]), until
    step = journey.step(enrolment.at)
    known = facts(step, until) if isinstance(step, BranchStep) else None
    return Perform(step.name, known), until
