"""`send`: asks for one message and goes on; whether it may go out is decided at dispatch."""

from shared.domain.journeys.kinds import SendStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Perform


def answer(step: SendStep, moment: Moment) -> Outcome | None:
    """Request the message when its turn has come; nothing else concerns it."""
    if not isinstance(moment.stimulus, Perform):
        return None
    return Go("requested", step.next, because=(fact("template", step.template_id),))
