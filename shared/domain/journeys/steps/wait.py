"""`wait`: stays for a duration of logical time."""

from shared.domain.journeys.definition import WaitStep
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome
from shared.domain.journeys.stimulus import Happened, Perform, TimeUp


def answer(step: WaitStep, moment: Moment) -> Outcome | None:
    """Begin to wait, or go on when the time is up; no event ends a plain wait."""
    enrolment = moment.enrolment
    match moment.stimulus:
        case Perform():
            return Hold(enrolment.clock_at, enrolment.clock_at + step.duration)
        case TimeUp() if enrolment.waiting:
            return Go("elapsed", step.next, clock_at=enrolment.waiting.due)
        case TimeUp() | Happened():
            return None
