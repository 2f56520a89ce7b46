"""Domain events: what our system did, as data; their JSON Schemas are committed and diffed.

The name of the class is the `detail-type` on the bus; `event_id` is the same on every repetition
of the same fact, so a consumer can drop repetitions. `correlation_id` names the HTTP request that
brought what it came of, and is empty where time alone brought it about.
"""

from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter

SOURCE: Final = "rapport"

TagValue = bool | int | float | str


class _Told(BaseModel):
    # A published fact always says its version and name, and its schema says so too.
    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    schema_version: Literal[1] = 1
    event_id: str
    workspace_id: str
    occurred_at: AwareDatetime
    correlation_id: str = ""


class _Fact(_Told):
    profile_id: str


class MatchedEvent(BaseModel):
    """The part of a behaviour event that journeys look at."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", json_schema_serialization_defaults_required=True
    )

    message_id: str
    name: str
    received_at: AwareDatetime
    properties: dict[str, Any] = Field(default_factory=dict)


class EventMatched(_Fact):
    """A profile did something that a published journey refers to, or that a destination wants."""

    name: Literal["EventMatched"] = "EventMatched"
    event: MatchedEvent


class SegmentEntered(_Fact):
    """A profile began to match a segment."""

    name: Literal["SegmentEntered"] = "SegmentEntered"
    segment_id: str
    segment_version: int


class SegmentExited(_Fact):
    """A profile ceased to match a segment."""

    name: Literal["SegmentExited"] = "SegmentExited"
    segment_id: str
    segment_version: int


class LifecycleChanged(_Fact):
    """A profile moved from one lifecycle stage to another."""

    name: Literal["LifecycleChanged"] = "LifecycleChanged"
    stage_before: str
    stage_after: str


class TagChanged(_Fact):
    """The value of a tag changed for a profile; null is no value."""

    name: Literal["TagChanged"] = "TagChanged"
    tag_id: str
    tag_version: int
    value_before: TagValue | None
    value_after: TagValue | None


class ProfileMerged(_Fact):
    """Two people turned out to be one; `profile_id` is the survivor, the absorbed ids redirect."""

    name: Literal["ProfileMerged"] = "ProfileMerged"
    absorbed_ids: list[str]


class ProfileSplit(_Fact):
    """One person turned out to be several; `profile_id` stayed, the parted ids are people again."""

    name: Literal["ProfileSplit"] = "ProfileSplit"
    parted_ids: list[str]


class JourneyPaused(_Told):
    """A journey was paused by itself: too many of its messages bounced or were complained of.

    `counts` are those of the last day: `delivered`, `bounced` and `complained`. It is also paused
    when its money is used up; `counts` are `spent_micros` and `budget_micros` then, in millionths
    of a dollar.
    """

    name: Literal["JourneyPaused"] = "JourneyPaused"
    journey_id: str
    reason: Literal["too_many_bounces", "too_many_complaints", "budget_used_up"]
    counts: dict[str, int]


class ErasedIdentifier(BaseModel):
    """An identifier of somebody who was erased, of a kind that the destination asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    value: str


class PersonErased(_Told):
    """Somebody was erased here and has to be erased there.

    `profile_ids` are all ids under which facts told of the person, the latest first; `identifiers`
    those of the kinds that the destination names in `erased_by`. It goes to destinations alone.
    """

    name: Literal["PersonErased"] = "PersonErased"
    profile_ids: list[str]
    identifiers: list[ErasedIdentifier]


DomainEvent = Annotated[
    EventMatched
    | SegmentEntered
    | SegmentExited
    | LifecycleChanged
    | TagChanged
    | ProfileMerged
    | ProfileSplit
    | JourneyPaused
    | PersonErased,
    Field(discriminator="name"),
]

DOMAIN_EVENT: Final[TypeAdapter[DomainEvent]] = TypeAdapter(DomainEvent)
