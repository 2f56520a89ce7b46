"""The event that takes back an address that nothing will ever reach."""

from dataclasses import replace
from datetime import datetime

from shared.domain.events.model import Event
from shared.domain.events.own import UPDATED, own_event
from shared.domain.messages.channels import Channel
from shared.domain.messages.handover import Handover


def address_gone(handover: Handover, channel: Channel, trait: str, now: datetime) -> Event:
    """One event for a message: the trait that held the address has no value any more."""
    event = own_event(
        handover.workspace_id,
        UPDATED,
        f"gone:{handover.message_id}",
        at=now,
        now=now,
        properties={"channel": channel, "message_id": handover.message_id, "why": "address_gone"},
    )
    return replace(event, type="identify", traits={trait: None})
