"""What a journey can listen to: events, moves in and out of segments, and lifecycle stages."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.journeys.local_time import zone_named
from shared.domain.journeys.parts import Duration, EventName, Part, Slug
from shared.domain.journeys.until import TimeOfDay
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

DayOfYear = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")]
"""Month and day; of a day that a year lacks the last one before it."""

Rate = Annotated[int, Field(ge=1, le=1_000_000)]
"""The most people a minute."""


def known_zone(name: str) -> str:
    """Give back the name of a time zone that there is; raises ValueError."""
    if zone_named(name) is None:
        raise ValueError("this is no time zone, such as Asia/Shanghai")
    return name


ZoneName = Annotated[str, AfterValidator(known_zone), Field(max_length=64)]


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


class ScheduleEntry(Part):
    """Entry of a whole segment whenever a clock says so: then a broadcast to it begins.

    The clock is `cron` (five fields), or every year a `date` (`12-25`) or a day of the Chinese
    lunar calendar (`lunar: 08-15`), both at the `time`; by `time_zone`, that of the workspace
    unless told. With `local_time` everybody enters when their own clock shows it next, and at most
    `rate` people a minute.
    """

    type: Literal["schedule"] = "schedule"
    segment_id: Slug
    cron: Annotated[str, Field(pattern=r"^\S+( \S+){4}$", max_length=100)] | None = None
    date: DayOfYear | None = None
    lunar: DayOfYear | None = None
    time: TimeOfDay = "09:00"
    time_zone: ZoneName | None = None
    local_time: TimeOfDay | None = None
    rate: Rate | None = None

    @model_validator(mode="after")
    def _goes_by_one_clock(self) -> Self:
        if sum(one is not None for one in (self.cron, self.date, self.lunar)) != 1:
            raise ValueError("a schedule needs one of `cron`, `date` and `lunar`")
        return self


AskedEntry = CallEntry | ScheduleEntry
"""Entry because somebody was asked for, by `$journey_asked`."""

Entry = Annotated[
    EventEntry | SegmentEntry | LifecycleEntry | CallEntry | ScheduleEntry,
    Field(discriminator="type"),
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
