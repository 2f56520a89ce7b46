"""Builds the domain events that update_tags publishes; the same fact always has the same id."""

from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from events.model import EventMatched, LifecycleChanged, MatchedEvent, SegmentEntered, SegmentExited
from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.segments.membership import Membership
from shared.domain.text import to_text

# EventBridge refuses an entry whose detail holds an integer beyond 64 bits with sign.
_INTEGERS: Final = range(-(2**63), 2**63)


def event_matched(event: Event, profile_id: str) -> EventMatched:
    """A profile did something that a journey refers to; one id for one `message_id`."""
    return EventMatched(
        event_id=_fact_id("event", event.workspace_id, profile_id, event.message_id),
        workspace_id=event.workspace_id,
        profile_id=profile_id,
        occurred_at=event.occurred_at,
        event=MatchedEvent(
            message_id=event.message_id,
            name=event.name,
            received_at=event.received_at,
            properties={name: _fit_for_bus(each) for name, each in event.properties.items()},
        ),
    )


def segment_flipped(
    workspace_id: str, profile_id: str, after: Membership
) -> SegmentEntered | SegmentExited:
    """A profile began or ceased to match a segment; one id for the n-th flip of a membership."""
    kind = SegmentEntered if after.member else SegmentExited
    return kind(
        event_id=_fact_id("segment", workspace_id, profile_id, after.segment_id, after.flips),
        workspace_id=workspace_id,
        profile_id=profile_id,
        occurred_at=after.since,
        segment_id=after.segment_id,
        segment_version=after.version,
    )


def lifecycle_changed(
    workspace_id: str, profile_id: str, before: str, after: str, since: datetime
) -> LifecycleChanged:
    """A profile moved to another stage; one id for a move at that instant."""
    parts = workspace_id, profile_id, before, after, format_instant(since)
    return LifecycleChanged(
        event_id=_fact_id("lifecycle", *parts),
        workspace_id=workspace_id,
        profile_id=profile_id,
        occurred_at=since,
        stage_before=before,
        stage_after=after,
    )


def _fact_id(*parts: str | int | None) -> str:
    return sha256(to_text(parts).encode()).hexdigest()


def _fit_for_bus(value: Any) -> Any:  # noqa: ANN401 - JSON in, JSON out
    match value:
        case bool():
            return value
        case int():
            return value if value in _INTEGERS else float(value)
        case list():
            return [_fit_for_bus(each) for each in value]
        case dict():
            return {name: _fit_for_bus(each) for name, each in value.items()}
        case _:
            return value
