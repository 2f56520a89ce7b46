"""The plain driver: walks an enrolment through its journey on a virtual clock."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, Waiting
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.kinds import AskingStep
from shared.domain.journeys.stimulus import Facts, Happened, Perform, TimeUp
from shared.domain.journeys.ways import needs_facts


def walk(
    journey: Journey,
    enrolment: Enrolment,
    happenings: Iterable[Happened],
    facts: Callable[[AskingStep, datetime], Facts],
) -> Iterator[Advance]:
    """Every advance until the enrolment is over; the last one holds how it ended.

    `happenings` are what the person did, in any order. What is ready is carried out before what
    happens at the same instant, and what happens at the instant of a time-out comes before it.
    `facts` says what is known when a step looks at the person.
    """
    history = sorted(happenings, key=lambda happened: (happened.occurred_at, happened.fact_id))
    while enrolment.status == "active":
        if enrolment.waiting:
            made = _wait(journey, enrolment, enrolment.waiting, history)
        else:
            step, at = journey.step(enrolment.at), enrolment.clock_at
            known = facts(step, at) if needs_facts(step) else None
            made = advance(journey, enrolment, Perform(step.name, known), at)
        yield made
        enrolment = made.enrolment


def _wait(
    journey: Journey, enrolment: Enrolment, waiting: Waiting, history: list[Happened]
) -> Advance:
    """What ends a wait: the first thing to happen in it that counts, or the time."""
    for happened in history:
        if waiting.since <= happened.occurred_at <= waiting.due:
            made = advance(journey, enrolment, happened, happened.occurred_at)
            if made.enrolment is not enrolment:
                return made
    due = TimeUp(enrolment.at, enrolment.visits[enrolment.at])
    return advance(journey, enrolment, due, waiting.due)
