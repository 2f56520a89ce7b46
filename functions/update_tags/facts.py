"""Builds the domain events that update_tags publishes; the same fact always has the same id."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from events.model import (
    DomainEvent,
    EventMatched,
    LifecycleChanged,
    MatchedEvent,
    ProfileMerged,
    ProfileSplit,
    SegmentEntered,
    SegmentExited,
    TagChanged,
)
from functions.update_tags.records import Join
from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.segments.membership import Membership
from shared.domain.tags.held import HeldTag
from shared.domain.text import to_text

# EventBridge refuses an entry whose detail holds an integer beyond 64 bits with sign.
_INTEGERS: Final = range(-(2**63), 2**63)


def event_matched(event: Event, strand_id: str, profile_id: str) -> EventMatched:
    """A profile did something that a journey refers to; one id for one `message_id`.

    The id comes from the strand, where the event lies for ever: it is the same when the event is
    told again after another profile has come to answer for the person.
    """
    return EventMatched(
        event_id=_fact_id("event", event.workspace_id, strand_id, event.message_id),
        workspace_id=event.workspace_id,
        profile_id=profile_id,
        occurred_at=event.occurred_at,
        correlation_id=event.correlation_id,
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


def tag_changed(workspace_id: str, profile_id: str, after: HeldTag) -> TagChanged:
    """A profile got another value of a tag; one id for the n-th change."""
    return TagChanged(
        event_id=_fact_id("tag", workspace_id, profile_id, after.tag_id, after.changes),
        workspace_id=workspace_id,
        profile_id=profile_id,
        occurred_at=after.since,
        tag_id=after.tag_id,
        tag_version=after.version,
        value_before=_fit_for_bus(after.value_before),
        value_after=_fit_for_bus(after.value),
    )


def joined(workspace_id: str, profile_id: str, join: Join) -> list[ProfileMerged | ProfileSplit]:
    """What a merge or split of the person is told as, by the profile that stayed."""
    told: list[ProfileMerged | ProfileSplit] = []
    if join.absorbed:
        told.append(
            ProfileMerged(
                event_id=_fact_id("merged", workspace_id, profile_id, join.number),
                workspace_id=workspace_id,
                profile_id=profile_id,
                occurred_at=join.at,
                absorbed_ids=list(join.absorbed),
            )
        )
    if join.parted:
        told.append(
            ProfileSplit(
                event_id=_fact_id("split", workspace_id, profile_id, join.number),
                workspace_id=workspace_id,
                profile_id=profile_id,
                occurred_at=join.at,
                parted_ids=list(join.parted),
            )
        )
    return told


def traced(facts: Iterable[DomainEvent], correlation_id: str) -> list[DomainEvent]:
    """The facts with the request that brought about those which say nothing of one."""
    told = {"correlation_id": correlation_id}
    return [each if each.correlation_id else each.model_copy(update=told) for each in facts]


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
