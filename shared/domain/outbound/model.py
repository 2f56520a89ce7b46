"""Destinations: systems of the customer's that are told what happens, such as a CRM or a warehouse.

A definition names no secret: the credentials are those of the deployment. Buckets for this have
names of their own, so that functions may write into these and no others.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

BUCKET_PREFIX: Final = "rapport-out-"
MATCHED: Final = "EventMatched"  # the domain event in which an event of a person travels
ERASED: Final = "PersonErased"
FactName = Literal[
    "SegmentEntered",
    "SegmentExited",
    "LifecycleChanged",
    "TagChanged",
    "ProfileMerged",
    "ProfileSplit",
    "JourneyPaused",
    "PersonErased",
]
"""Domain events that can be asked for by their names."""

_Kind = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
_EventName = Annotated[str, Field(min_length=1, max_length=200)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class BusTarget(_Part):
    """An EventBridge bus; one of another account lets this account put events."""

    type: Literal["event_bus"] = "event_bus"
    arn: Annotated[
        str,
        Field(
            pattern=r"^arn:aws[a-z-]*:events:[a-z0-9-]{1,32}:[0-9]{12}:event-bus/[A-Za-z0-9._/-]{1,256}$"
        ),
    ]


class WebhookTarget(_Part):
    """A server, over https and on a public address; signed where the workspace has a secret."""

    type: Literal["webhook"] = "webhook"
    url: Annotated[str, Field(max_length=2_000, pattern=r"^https://[^\s@]+$")]


class BucketTarget(_Part):
    """A bucket of S3 in the same account, whose name begins with `rapport-out-`; lines of JSON."""

    type: Literal["s3"] = "s3"
    bucket: Annotated[str, Field(pattern=rf"^{BUCKET_PREFIX}[a-z0-9][a-z0-9.-]{{0,48}}[a-z0-9]$")]
    prefix: Annotated[str, Field(pattern=r"^([A-Za-z0-9_=-]+/)*$", max_length=200)] = ""


Target = Annotated[BusTarget | WebhookTarget | BucketTarget, Field(discriminator="type")]


class Destination(_Part):
    """Where events go, and which: `facts` are domain events, `events` those of people by name.

    An event of a person is one that a client sent or that Rapport wrote, such as `$message_sent`.
    `erased_by` are the kinds of identifiers, such as `user_id`, by which it knows whom to erase;
    `PersonErased` names those and no others.
    """

    destination_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(max_length=200)] = ""
    facts: Annotated[tuple[FactName, ...], Field(max_length=20)] = ()
    events: Annotated[tuple[_EventName, ...], Field(max_length=100)] = ()
    erased_by: Annotated[tuple[_Kind, ...], Field(max_length=20)] = ()
    to: Target

    @model_validator(mode="after")
    def _something_goes_there(self) -> Self:
        if not self.facts and not self.events:
            raise ValueError("name at least one of facts or events")
        if self.erased_by and ERASED not in self.facts:
            raise ValueError(f"erased_by says what {ERASED} names: add {ERASED} to facts")
        return self

    def wants(self, event: Mapping[str, Any]) -> bool:
        """Say whether a domain event, as it is on the bus, goes there."""
        if event["name"] == MATCHED:
            return event["event"]["name"] in self.events
        return event["name"] in self.facts


DESTINATION: Final[TypeAdapter[Destination]] = TypeAdapter(Destination)
