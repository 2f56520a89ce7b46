"""The messages that an enrolment asks for, as dispatch wants to know them."""

from collections.abc import Iterable

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Effect, SendMessage
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.kinds import SendStep
from shared.domain.journeys.steps import send
from shared.domain.messages.model import MessageRequest


def requests(
    journey: Journey, enrolment: Enrolment, effects: Iterable[Effect]
) -> list[MessageRequest]:
    """The messages among the effects."""
    return [
        MessageRequest(
            workspace_id=enrolment.workspace_id,
            profile_id=enrolment.profile_id,
            message_id=effect.message_id,
            enrolment_id=enrolment.enrolment_id,
            journey_id=enrolment.journey_id,
            journey_version=enrolment.journey_version,
            step=effect.step,
            visit=effect.visit,
            template_id=effect.template_id,
            purpose=journey.purpose,
            topic=journey.topic,
            requested_at=effect.requested_at,
        )
        for effect in effects
        if isinstance(effect, SendMessage)
    ]


def asked_for(
    journey: Journey, enrolment: Enrolment, entries: Iterable[TraceEntry]
) -> list[MessageRequest]:
    """The messages that these decisions asked for, read off the trace."""
    effects = [
        send.request(step, enrolment.enrolment_id, entry.visit, entry.at)
        for entry in entries
        if entry.decision == "requested" and isinstance(step := journey.step(entry.step), SendStep)
    ]
    return requests(journey, enrolment, effects)
