"""What the admin API is sent besides definitions."""

from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.domain.events.limits import MAX_BATCH_EVENTS, MAX_EVENT_BYTES
from shared.domain.events.own import not_own_source
from shared.domain.identity.review import Purpose as ReviewPurpose
from shared.domain.identity.rules import IdentityRules
from shared.domain.segments.condition import Scalar
from shared.domain.workspace.keys import WriteKeyKind


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


EventsPerMinute = Annotated[int, Field(ge=MAX_BATCH_EVENTS, le=100_000_000)]
MaxEventBytes = Annotated[int, Field(ge=1_000, le=MAX_EVENT_BYTES)]


class NewWriteKey(_Body):
    """Which source a new write key is for; events sent with it carry the source's id.

    A key of kind `server` must never leave your servers: what is sent with it may join two people.
    `events_per_minute` limits the source, over all its keys that have a limit; a request beyond it
    is answered 429 as a whole and may be repeated. `max_event_bytes` is the size of one event.
    """

    source_id: Annotated[
        str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$"), AfterValidator(not_own_source)
    ]
    kind: WriteKeyKind = "public"
    events_per_minute: EventsPerMinute | None = None
    max_event_bytes: MaxEventBytes | None = None


class KeyLimits(_Body):
    """The limits of a key in use, as a new one may have them; null takes a limit away."""

    events_per_minute: EventsPerMinute | None
    max_event_bytes: MaxEventBytes | None


class Rotation(_Body):
    """How long the old key goes on working beside the new one; 0 ends it at once."""

    old_key_hours: Annotated[int, Field(ge=0, le=24 * 90)] = 24 * 7


class NewReview(_Body):
    """A `trial` of other rules, or the `adoption` of those in force by people known already."""

    purpose: ReviewPurpose = "trial"
    rules: IdentityRules | None = None


class NamedIdentifier(_Body):
    """An identifier in any spelling; it is brought into the one that people are known by."""

    kind: Annotated[str, Field(min_length=1, max_length=40)]
    value: Annotated[str, Field(min_length=1, max_length=256)]


class Cut(_Body):
    """What to take out of a person: one identifier, or the link between two."""

    identifier: NamedIdentifier | None = None
    link: tuple[NamedIdentifier, NamedIdentifier] | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.identifier is None) == (self.link is None):
            raise ValueError("either identifier or link")
        return self


class Mending(_Body):
    """The cut links that are to count again."""

    links: Annotated[
        tuple[tuple[NamedIdentifier, NamedIdentifier], ...], Field(min_length=1, max_length=100)
    ]


MAX_SAID: Final = 1_000  # people in one call


class NewCall(_Body):
    """Who is asked into a journey, and the properties that its rules and steps may refer to."""

    people: Annotated[tuple[NamedIdentifier, ...], Field(min_length=1, max_length=MAX_SAID)]
    properties: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], Scalar], Field(max_length=50)
    ] = Field(default_factory=dict)


class ListChange(_Body):
    """Who is put on a list and who is taken off it."""

    add: tuple[NamedIdentifier, ...] = ()
    remove: tuple[NamedIdentifier, ...] = ()

    @model_validator(mode="after")
    def _some_and_not_too_many(self) -> Self:
        if not 0 < len(self.add) + len(self.remove) <= MAX_SAID:
            raise ValueError(f"add and remove: 1 to {MAX_SAID:,} people in one call")
        if twice := {*self.add} & {*self.remove}:
            one = min(twice, key=lambda each: (each.kind, each.value))
            raise ValueError(f"{one.kind} {one.value} is in both add and remove")
        return self


class TagOfPerson(NamedIdentifier):
    """The value that a manual tag has for somebody; the empty text takes its value away."""

    tag: Annotated[str, Field(max_length=200)]


class TagValues(_Body):
    """Values of one manual tag for several people."""

    values: Annotated[tuple[TagOfPerson, ...], Field(min_length=1, max_length=MAX_SAID)]
