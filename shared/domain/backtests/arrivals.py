"""Events as a replay takes them: told apart, in their orders, and as journeys see them."""

from datetime import datetime

from shared.domain.events.model import Event
from shared.domain.journeys.stimulus import Happened


def key_of_event(event: Event) -> tuple[str, datetime]:
    """What an event is told from others by."""
    return event.message_id, event.timestamp or event.occurred_at


def arrival(event: Event) -> tuple[datetime, datetime, str]:
    """The order in which events came."""
    return event.received_at, event.occurred_at, event.message_id


def happened_by(event: Event) -> Happened:
    """A behaviour event as journeys see it."""
    return Happened(
        fact_id=event.message_id,
        trigger=event.name,
        occurred_at=event.occurred_at,
        arrived_at=event.received_at,
        properties=event.properties,
    )


def when(happened: Happened) -> tuple[datetime, str]:
    """The order in which things happened."""
    return happened.occurred_at, happened.fact_id
