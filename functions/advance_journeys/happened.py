"""Domain events as journeys see them."""

from typing import assert_never

from events.model import (
    DomainEvent,
    EventMatched,
    LifecycleChanged,
    ProfileMerged,
    ProfileSplit,
    SegmentEntered,
    SegmentExited,
    TagChanged,
)
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import segment_trigger


def happened_of(fact: DomainEvent) -> Happened | None:
    """What happened to the profile; None for what no journey refers to.

    A behaviour event goes by its `message_id`, as it does in the timeline, so that it is the same
    fact wherever it is met.
    """
    match fact:
        case EventMatched():
            return Happened(
                fact_id=fact.event.message_id,
                trigger=fact.event.name,
                occurred_at=to_milliseconds(fact.occurred_at),
                arrived_at=to_milliseconds(fact.event.received_at),
                properties=fact.event.properties,
            )
        case SegmentEntered():
            return _moved(fact, "entered")
        case SegmentExited():
            return _moved(fact, "exited")
        case LifecycleChanged() | TagChanged() | ProfileMerged() | ProfileSplit():
            return None
        case _:
            assert_never(fact)


def _moved(fact: SegmentEntered | SegmentExited, edge: str) -> Happened:
    return Happened(
        fact_id=fact.event_id,
        trigger=segment_trigger(fact.segment_id, edge),
        occurred_at=to_milliseconds(fact.occurred_at),
        about="segment",
    )
