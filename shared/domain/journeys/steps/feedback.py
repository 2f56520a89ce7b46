"""`feedback`: asks a question by a message, and goes the way of the answer."""

from shared.domain.journeys.kinds import FeedbackStep
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome, because_of, fact
from shared.domain.journeys.stimulus import Happened, Perform, TimeUp


def answer(step: FeedbackStep, moment: Moment) -> Outcome | None:
    """Begin to wait; the first answer to this question that is one of those asked for counts."""
    enrolment = moment.enrolment
    waiting = enrolment.waiting
    match moment.stimulus:
        case Perform():
            since, due = moment.waits_for(step.timeout)
            return Hold(since, due, (step.event,), (fact("template", step.template_id),))
        case TimeUp() if waiting:
            unanswered = (fact("event", step.event, holds=False),)
            return Go("timed_out", step.on_timeout, unanswered, clock_at=waiting.due)
        case Happened() as happened if waiting and waiting.counts(happened.occurred_at):
            given = _given(step, happened)
            way = next((one for one in step.answers if one.answer == given), None)
            if way is None:
                return None
            at = max(enrolment.clock_at, happened.occurred_at)
            because = (because_of(happened), fact("answer", way.answer))
            return Go("happened", way.next, because, clock_at=at, fact=happened.fact_id)
        case TimeUp() | Happened():
            return None


def _given(step: FeedbackStep, happened: Happened) -> object:
    """The answer to this very question; None for another event or question."""
    asked = happened.properties.get("question")
    mine = happened.trigger == step.event and asked == (step.question or step.name)
    return happened.properties.get("answer") if mine else None
