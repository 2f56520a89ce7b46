"""What a journey did beside sending, as events of the person: queued like any event of theirs.

Each has an id and a timestamp that follow from the request, so that a repetition meets the row of
the first time. Logical time can be ahead of the wall clock in a rehearsal; then the event happens
when it is written, as all events of ours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, assert_never
from urllib.parse import urlsplit

from shared.domain.events.model import Event
from shared.domain.events.own import (
    JOURNEY_ASKED,
    LISTED,
    REWARDED,
    TAGGED,
    TASK_ASSIGNED,
    UPDATED,
    WEBHOOK_CALLED,
    own_event,
)
from shared.domain.journeys.actions import (
    ActionRequest,
    Reward,
    StartJourney,
    Task,
    Update,
    Values,
    Webhook,
)
from shared.domain.lists.said import Named, addressed

# A journey is begun by what led to its start and does not hear of it: an order that ends a wait and
# so starts the next journey is no order made in that one. What it writes of the person comes after
# what led to it said of them, and of several updates the last one holds.
_AFTER: Final = timedelta(milliseconds=1)


class _Content(NamedTuple):
    """What one event says: its name, its properties, and the traits that it claims."""

    name: str
    properties: Mapping[str, Any]
    traits: dict[str, Any] | None = None


def told(request: ActionRequest, person: Named, now: datetime, **more: str) -> list[Event]:
    """The events of an action that was carried out; `more` are properties of how it went."""
    return [
        addressed(_event(request, f"{request.action_id}-{place}", content, more, now), person)
        for place, content in enumerate(_contents(request))
    ]


def _event(
    request: ActionRequest, message_id: str, content: _Content, more: Values, now: datetime
) -> Event:
    name, properties, traits = content
    event = own_event(
        request.workspace_id,
        name,
        message_id,
        at=request.asked_at,
        now=now,
        properties={**properties, **more},
    )
    if traits:
        event = replace(event, type="identify", traits=traits)
    if isinstance(request.action, StartJourney | Update):
        later = event.occurred_at + _AFTER * (request.turn + 1)
        event = replace(event, occurred_at=later, received_at=max(event.received_at, later))
    return replace(event, timestamp=request.asked_at)


def _contents(request: ActionRequest) -> Iterator[_Content]:
    by = {
        "journey_id": request.journey_id,
        "enrolment_id": request.enrolment_id,
        "step": request.step,
    }
    match request.action:
        case Update() as update:
            if known := _without_nothing(update.traits):
                yield _Content(UPDATED, by, known)
            for tag_id, value in update.tags.items():
                yield _Content(TAGGED, {"tag_id": tag_id, "value": value})
            for list_id, on in update.lists.items():
                yield _Content(LISTED, {"list_id": list_id, "on": on})
        case Reward() as reward:
            given = {"points": reward.points, "coupon": reward.coupon}
            yield _Content(REWARDED, {**_without_nothing(given), **by})
        case Webhook() as webhook:
            yield _Content(WEBHOOK_CALLED, {"url": _without_query(webhook.url), **by})
        case StartJourney() as start:
            asked = {"journey_id": start.journey_id, "by_journey_id": request.journey_id}
            yield _Content(JOURNEY_ASKED, {**_without_nothing(start.properties), **asked})
        case Task() as task:
            more = {"escalated": True} if task.escalated else {}
            whom = {"task_id": request.action_id, "title": task.title, "to": task.to}
            yield _Content(TASK_ASSIGNED, {**whom, **more, **by})
        case _:
            assert_never(request.action)


def _without_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _without_query(url: str) -> str:
    """Scheme, host and path: a query may hold a token, which is nothing for a timeline."""
    return urlsplit(url)._replace(query="", fragment="").geturl()
