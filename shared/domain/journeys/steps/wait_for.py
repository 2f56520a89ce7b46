"""`wait_for`: stays until one of several events happens or the time is up."""

from shared.domain.journeys.kinds import WaitForStep
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Happened, Perform, TimeUp
from shared.domain.journeys.triggers import about, matches, trigger_of, triggers_of_wait


def answer(step: WaitForStep, moment: Moment) -> Outcome | None:
    """Begin to wait; go one way with the first event that counts, the other when time is up."""
    enrolment = moment.enrolment
    match moment.stimulus:
        case Perform():
            since, due = moment.waits_for(step.timeout)
            return Hold(since, due, triggers_of_wait(step))
        case TimeUp() if enrolment.waiting:
            because = tuple(
                fact(about(rule), trigger_of(rule), holds=False) for rule in step.events
            )
            return Go("timed_out", step.on_timeout, because, clock_at=enrolment.waiting.due)
        case Happened() as happened if _counts(step, moment, happened):
            return moment.heard(happened, step.on_event)
        case TimeUp() | Happened():
            return None


def _counts(step: WaitForStep, moment: Moment, happened: Happened) -> bool:
    waiting = moment.enrolment.waiting
    return (
        waiting is not None
        and waiting.counts(happened.occurred_at)
        and any(matches(rule, happened, moment.enrolment.entry) for rule in step.events)
    )
