"""The event that a person gets in the timeline when a message has gone out to them."""

from datetime import datetime

from shared.domain.events.model import Event
from shared.domain.events.own import MESSAGE_SENT, own_event
from shared.domain.messages.channels import Channel
from shared.domain.messages.model import MessageRequest


def message_sent(request: MessageRequest, channel: Channel | None, now: datetime) -> Event:
    """The same message makes the same event at most once, by its id; it happens at `now`.

    It says what was sent in which journey, never to which address.
    """
    return own_event(
        request.workspace_id,
        MESSAGE_SENT,
        f"sent:{request.message_id}",
        at=now,
        now=now,
        properties={
            "journey_id": request.journey_id,
            "template_id": request.template_id,
            "step": request.step,
            "channel": channel,
            "message_id": request.message_id,
            "purpose": request.purpose,
            "topic": request.topic,
        },
    )
