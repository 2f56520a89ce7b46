"""`send`: asks for one message and goes on; whether it may go out is decided at dispatch."""

from datetime import datetime

from shared.domain.journeys.effects import SendMessage
from shared.domain.journeys.ids import message_id
from shared.domain.journeys.kinds import SendStep
from shared.domain.journeys.steps.outcome import Go, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Perform


def answer(step: SendStep, moment: Moment) -> Outcome | None:
    """Request the message when its turn has come; nothing else concerns it."""
    if not isinstance(moment.stimulus, Perform):
        return None
    enrolment = moment.enrolment
    return Go(
        "requested",
        step.next,
        because=(fact("template", step.template_id),),
        effects=(request(step, enrolment.enrolment_id, moment.visit, enrolment.clock_at),),
    )


def request(step: SendStep, enrolment_id: str, visit: int, at: datetime) -> SendMessage:
    """The message of one visit; asking again names the same message."""
    return SendMessage(
        message_id=message_id(enrolment_id, step.name, visit),
        step=step.name,
        visit=visit,
        template_id=step.template_id,
        requested_at=at,
    )
