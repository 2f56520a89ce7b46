"""How somebody is asked into a journey by a broadcast: an event in the timeline."""

from datetime import datetime
from typing import Any

from shared.domain.broadcasts.model import Broadcast, Group
from shared.domain.broadcasts.naming import call_id as call_id
from shared.domain.events.model import Event
from shared.domain.events.own import JOURNEY_ASKED, own_event
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.kinds import winner_of
from shared.domain.journeys.stimulus import Happened


def call_of(
    workspace_id: str,
    one: Broadcast,
    group: Group,
    profile_id: str,
    at: datetime,
    now: datetime,
) -> Event:
    """The event by which somebody is asked at an instant."""
    properties: dict[str, Any] = {
        "journey_id": one.journey_id,
        "broadcast_id": one.broadcast_id,
    }
    if group == "rest" and one.sample and one.verdict:
        properties[winner_of(one.sample.step)] = one.verdict.winner
    return own_event(
        workspace_id,
        JOURNEY_ASKED,
        call_id(one.broadcast_id, profile_id),
        at=at,
        now=now,
        properties=properties,
    )


def broadcast_of(happened: Happened) -> str | None:
    """The broadcast by which somebody was asked; None where it was none."""
    found = happened.properties.get("broadcast_id")
    return found if isinstance(found, str) else None


def enrolment_by(workspace_id: str, one: Broadcast, profile_id: str) -> str:
    """The id of the enrolment that follows from being asked."""
    fact = call_id(one.broadcast_id, profile_id)
    return enrolment_id(workspace_id, one.journey_id, profile_id, fact)
