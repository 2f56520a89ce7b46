"""Domain events as journeys see them."""

from dataclasses import replace
from typing import assert_never

from events.model import (
    DomainEvent,
    EventMatched,
    JourneyPaused,
    LifecycleChanged,
    PersonErased,
    ProfileMerged,
    ProfileSplit,
    SegmentEntered,
    SegmentExited,
    TagChanged,
)
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import moved, segment_trigger, stage_moves


def happened_of(fact: DomainEvent) -> tuple[Happened, ...]:
    """What happened to the profile; nothing for what no journey refers to.

    A behaviour event goes by its `message_id`, as it does in the timeline, and a move by what it is
    and when it was, so that it is the same fact wherever it is met.
    """
    found = _happened_of(fact)
    return tuple(replace(each, correlation_id=fact.correlation_id) for each in found)


def _happened_of(fact: DomainEvent) -> tuple[Happened, ...]:
    at = to_milliseconds(fact.occurred_at)
    match fact:
        case EventMatched():
            event = Happened(
                fact_id=fact.event.message_id,
                trigger=fact.event.name,
                occurred_at=at,
                arrived_at=to_milliseconds(fact.event.received_at),
                properties=fact.event.properties,
            )
            return (event,)
        case SegmentEntered():
            return (moved("segment", segment_trigger(fact.segment_id, "entered"), at),)
        case SegmentExited():
            return (moved("segment", segment_trigger(fact.segment_id, "exited"), at),)
        case LifecycleChanged():
            return stage_moves(fact.stage_before, fact.stage_after, at)
        case TagChanged() | ProfileMerged() | ProfileSplit() | JourneyPaused() | PersonErased():
            return ()
        case _:
            assert_never(fact)
