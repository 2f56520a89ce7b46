"""What a journey can listen to: events, moves in and out of segments, and lifecycle stages."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from shared.domain.journeys.parts import Duration, EventName, Part, Slug
from shared.domain.segments.condition import Scalar
from shared.domain.segments.nodes.person import Stage


class FromEntry(Part):
    """The value that a property of the event had which began the enrolment."""

    entry: Annotated[str, Field(min_length=1, max_length=200)]


class EventMatch(Part):
    """An event by name, with property values that must be equal to these, or to the entry's."""

    event: EventName
    where: dict[str, Scalar | FromEntry] = Field(default_factory=dict)


class SegmentMove(Part):
    """A profile enters (or exits) a segment."""

    segment_id: Slug
    edge: Literal["entered", "exited"] = "entered"


class LifecycleMove(Part):
    """A profile comes to stand in a lifecycle stage, or stands in it no more."""

    stage: Stage
    edge: Literal["entered", "left"] = "entered"


Rule = EventMatch | SegmentMove | LifecycleMove


class EventEntry(Part):
    """Entry when an event happens; one older than `max_age` on arrival does not start anything."""

    type: Literal["event"] = "event"
    event: EventName
    where: dict[str, Scalar] = Field(default_factory=dict)
    max_age: Duration = timedelta(days=1)


class SegmentEntry(SegmentMove):
    """Entry when a profile enters (or exits) a segment."""

    type: Literal["segment"] = "segment"


class LifecycleEntry(LifecycleMove):
    """Entry when a profile enters (or leaves) a lifecycle stage."""

    type: Literal["lifecycle"] = "lifecycle"


class CallEntry(Part):
    """Entry when somebody asks for it: a call of the API, a broadcast, or another journey."""

    type: Literal["call"] = "call"


Entry = Annotated[
    EventEntry | SegmentEntry | LifecycleEntry | CallEntry, Field(discriminator="type")
]


class EventGoal(EventMatch):
    """The journey has done what it is for when this event happens soon enough after the entry."""

    within: Duration
    ends: bool = False


class SegmentGoal(SegmentMove):
    """The journey has done what it is for when somebody enters (or exits) a segment soon enough."""

    within: Duration
    ends: bool = False


class LifecycleGoal(LifecycleMove):
    """The journey has done what it is for when somebody changes stage soon enough."""

    within: Duration
    ends: bool = False


Goal = EventGoal | SegmentGoal | LifecycleGoal
