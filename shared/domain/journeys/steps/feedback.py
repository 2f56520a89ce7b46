"""`feedback`: asks a question by a message, and goes the way of the answer."""

from shared.domain.journeys.kinds import FeedbackStep
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Happened, Perform, TimeUp


def answer(step: FeedbackStep, moment: Moment) -> Outcome | None:
    """Begin to wait; the first answer to this question that is one of those asked for counts."""
    waiting = moment.enrolment.waiting
    match moment.stimulus:
        case Perform():
            since, due = moment.waits_for(step.timeout)
            return Hold(since, due, (step.event,), (fact("template", step.template_id),))
        case TimeUp() if waiting:
            because = (fact("event", step.event, holds=False),)
            return Go("timed_out", step.on_timeout, because, clock_at=waiting.due)
        case Happened() as happened if waiting and waiting.counts(happened.occurred_at):
            given = _given(step, happened)
            way = next((one for one in step.answers if one.answer == given), None)
            return moment.heard(happened, way.next, fact("answer", way.answer)) if way else None
        case TimeUp() | Happened():
            return None


def _given(step: FeedbackStep, happened: Happened) -> object:
    """The answer to this very question; None for another event or question."""
    asked = happened.properties.get("question")
    mine = happened.trigger == step.event and asked == (step.question or step.name)
    return happened.properties.get("answer") if mine else None
