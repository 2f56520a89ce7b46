"""Events that only Rapport writes: what it did with a person, kept where the person's own are.

They lie in the timeline and the lake and count like any event, so conditions can ask for them. They
are no sign of life: neither first and last seen nor the number of events takes them in.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from shared.domain.events.model import Event

TAGGED: Final = "$tagged"
LISTED: Final = "$listed"
MESSAGE_SENT: Final = "$message_sent"
MESSAGE_OPENED: Final = "$message_opened"
MESSAGE_CLICKED: Final = "$message_clicked"
MESSAGE_DELIVERED: Final = "$message_delivered"
MESSAGE_DELAYED: Final = "$message_delayed"
MESSAGE_BOUNCED: Final = "$message_bounced"
MESSAGE_REJECTED: Final = "$message_rejected"
MESSAGE_COMPLAINED: Final = "$message_complained"
MESSAGE_SCANNED: Final = "$message_scanned"
MESSAGE_SHOWN: Final = "$message_shown"
MESSAGE_DISMISSED: Final = "$message_dismissed"
JOURNEY_ENTERED: Final = "$journey_entered"
JOURNEY_COMPLETED: Final = "$journey_completed"
JOURNEY_EXITED: Final = "$journey_exited"
JOURNEY_GOAL: Final = "$journey_goal"
CONSENT_CHANGED: Final = "$consent_changed"
JOURNEY_ASKED: Final = "$journey_asked"
UPDATED: Final = "$updated"
REWARDED: Final = "$rewarded"
WEBHOOK_CALLED: Final = "$webhook_called"
TASK_ASSIGNED: Final = "$task_assigned"
TASK_DONE: Final = "$task_done"

OWN_EVENTS: Final = frozenset(
    {
        TAGGED,
        LISTED,
        MESSAGE_SENT,
        MESSAGE_OPENED,
        MESSAGE_CLICKED,
        MESSAGE_DELIVERED,
        MESSAGE_DELAYED,
        MESSAGE_BOUNCED,
        MESSAGE_REJECTED,
        MESSAGE_COMPLAINED,
        MESSAGE_SCANNED,
        MESSAGE_SHOWN,
        MESSAGE_DISMISSED,
        JOURNEY_ENTERED,
        JOURNEY_COMPLETED,
        JOURNEY_EXITED,
        JOURNEY_GOAL,
        CONSENT_CHANGED,
        JOURNEY_ASKED,
        UPDATED,
        REWARDED,
        WEBHOOK_CALLED,
        TASK_ASSIGNED,
        TASK_DONE,
    }
)
LASTING: Final = frozenset({TAGGED, LISTED, CONSENT_CHANGED})
"""What holds until another word comes, however long ago it was said."""
ACTS_OF_JOURNEYS: Final = frozenset(
    {
        MESSAGE_SENT,
        MESSAGE_DELIVERED,
        MESSAGE_DELAYED,
        MESSAGE_BOUNCED,
        MESSAGE_REJECTED,
        MESSAGE_SCANNED,
        JOURNEY_ENTERED,
        JOURNEY_COMPLETED,
        JOURNEY_EXITED,
        JOURNEY_GOAL,
        JOURNEY_ASKED,
        UPDATED,
        REWARDED,
        WEBHOOK_CALLED,
        TASK_ASSIGNED,
    }
)
"""What journeys bring about by themselves, without anybody doing anything."""

OWN_SOURCE: Final = "rapport"
"""The `source_id` of these events; no write key may have it."""


def own_event(
    workspace_id: str,
    name: str,
    message_id: str,
    *,
    at: datetime,
    now: datetime,
    properties: Mapping[str, Any],
) -> Event:
    """An event that Rapport writes at `now` about what was at the instant `at`.

    It names nobody: the strand in which it is put says whose it is. Instants are cut to whole
    milliseconds, as rows keep them, and it never happens after it is written: logical time may be
    ahead of the wall clock in a rehearsal, and clocks of two machines differ.
    """
    now, at = _cut(now), _cut(min(at, now))
    return Event(
        workspace_id=workspace_id,
        source_id=OWN_SOURCE,
        message_id=message_id,
        type="track",
        name=name,
        occurred_at=at,
        timestamp=at,
        received_at=now,
        properties=dict(properties),
        server=True,
    )


def _cut(instant: datetime) -> datetime:
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def not_own_source(source_id: str) -> str:
    """Give back the id of a source that others may have; raises ValueError for our own."""
    if source_id == OWN_SOURCE:
        raise ValueError(f'"{OWN_SOURCE}" is the source of what Rapport itself writes')
    return source_id
