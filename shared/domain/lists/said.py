"""What operators say of people, as events: lists, values of manual tags, journeys and tasks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from shared.domain.events.model import Event
from shared.domain.events.own import JOURNEY_ASKED, LISTED, TAGGED, TASK_DONE, own_event
from shared.domain.text import to_text

Named = tuple[str, str]  # (kind, value) of an identifier


def listed(workspace_id: str, person: Named, list_id: str, now: datetime, *, on: bool) -> Event:
    """Somebody is on a list from now on, or no longer."""
    return _said(workspace_id, LISTED, person, now, {"list_id": list_id, "on": on})


def tagged(workspace_id: str, person: Named, tag_id: str, now: datetime, value: str) -> Event:
    """A tag has this value for somebody from now on; the empty text takes its value away."""
    return _said(workspace_id, TAGGED, person, now, {"tag_id": tag_id, "value": value})


def asked(
    workspace_id: str,
    person: Named,
    journey_id: str,
    now: datetime,
    properties: Mapping[str, Any],
) -> Event:
    """A journey that is entered by call is asked to take somebody in."""
    content = {**properties, "journey_id": journey_id}
    return _said(workspace_id, JOURNEY_ASKED, person, now, content)


def done(workspace_id: str, person: Named, task_id: str, now: datetime) -> Event:
    """A task with somebody is done."""
    return _said(workspace_id, TASK_DONE, person, now, {"task_id": task_id})


def _said(
    workspace_id: str, name: str, person: Named, now: datetime, properties: Mapping[str, Any]
) -> Event:
    """The same words about the same person at the same instant are one event."""
    made = own_event(workspace_id, name, "", at=now, now=now, properties=properties)
    content = to_text([name, person, properties, made.occurred_at.isoformat()])
    named = replace(made, message_id=f"said-{sha256(content.encode()).hexdigest()[:32]}")
    return addressed(named, person)


def addressed(event: Event, person: Named) -> Event:
    """The event as one of the person with this identifier."""
    kind, value = person
    if kind == "user_id":
        return replace(event, user_id=value)
    if kind == "anonymous_id":
        return replace(event, anonymous_id=value)
    return replace(event, context={"externalIds": [{"id": value, "type": kind}]})
