"""What the admin API is asked and answers about audiences and builds."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator
from typing_extensions import TypedDict

from shared.domain.audiences.model import Fields, Format, Status, WithoutConsent
from shared.domain.builds.model import Subject
from shared.domain.segments.condition import Condition, ListCondition, Node, SegmentCondition
from shared.domain.segments.nodes.base import DefinitionId
from shared.domain.workspace.answers import EstimateState
from shared.domain.workspace.stories import Instant

MOST_PARTS = 6

BuildStatus = Literal["waiting", "judging", "latecomers", "done", "superseded", "failed"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class _OfAudience(_Body):
    """A segment, a list, or a condition that has no name."""

    segment_id: DefinitionId | None = None
    list_id: DefinitionId | None = None
    condition: Condition | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if sum(each is not None for each in (self.segment_id, self.list_id, self.condition)) != 1:
            raise ValueError("one of segment_id, list_id and condition")
        return self

    @property
    def node(self) -> Node:
        """The condition that everybody in it matches."""
        if self.segment_id is not None:
            return SegmentCondition(segment_id=self.segment_id)
        if self.list_id is not None:
            return ListCondition(list_id=self.list_id)
        if self.condition is None:
            raise ValueError("one of segment_id, list_id and condition")
        return self.condition


class AudienceNamed(_OfAudience):
    """A segment, a list, or a condition; `all`, `any` and `not` over these make every set."""


class Estimate(_Body):
    """A condition to be counted before anything is saved."""

    condition: Condition


class Overlap(_Body):
    """Audiences to be laid over one another, as of an instant: now unless told otherwise."""

    audiences: Annotated[tuple[AudienceNamed, ...], Field(min_length=2, max_length=MOST_PARTS)]
    at: AwareDatetime | None = None


class AudienceExport(_OfAudience):
    """A file of everybody in an audience.

    `fields` are kinds of identifiers and names of traits, for `csv` and `jsonl` only. The formats
    of advertising platforms hold hashed addresses and numbers and nothing else, and leave out who
    did not agree to marketing, unless `without_consent` says to include them.
    """

    format: Format = "csv"
    fields: Fields = ()
    without_consent: WithoutConsent = "exclude"

    @model_validator(mode="after")
    def _fields_fit(self) -> Self:
        if self.fields and self.format not in ("csv", "jsonl"):
            raise ValueError(f"{self.format} has no fields of your choice")
        return self


# --- builds -----------------------------------------------------------------------------------


class CountState(TypedDict):
    """How many have a value: by SQL when it was counted, and by the running tally, if any."""

    subject: Subject
    definition_id: str
    name: str
    by_sql: int
    by_tally: int | None
    difference: int | None


class BuildState(TypedDict):
    """A build: everybody is judged by what got its meaning with this version of the catalog.

    `people` are those whom the lake knew at first, `late_people` those of whom something arrived
    since. `judged_batches` and `failed_batches` are as of now, while it runs; null once it is over.
    A build that `failed` can be begun again; `attempt` counts how often it was.
    """

    build: int
    subject: Subject
    definition_id: str
    announced: bool
    attempt: int
    status: BuildStatus
    reason: str
    requested_at: Instant
    finished_at: Instant | None
    superseded_by: int | None
    people: int
    batches: int
    late_people: int
    late_batches: int
    judged_batches: int | None
    failed_batches: int | None
    counted_at: Instant | None
    counts: list[CountState]


class BuildBegun(TypedDict):
    """The build that judges everybody anew."""

    success: Literal[True]
    build: int


class BuildAnswer(TypedDict):
    """One build."""

    success: Literal[True]
    build: BuildState


class BuildList(TypedDict):
    """The latest builds, the newest first."""

    success: Literal[True]
    builds: list[BuildState]


# --- audiences --------------------------------------------------------------------------------


class EstimateAnswer(TypedDict):
    """How many match as the lake knows them, which is some minutes behind, and the `cost`."""

    success: Literal[True]
    people: int
    at: Instant
    cost: EstimateState


class MembersAnswer(TypedDict):
    """Who matched at an instant, by what is known of it today."""

    success: Literal[True]
    segment_id: str
    at: Instant
    people: int
    profile_ids: list[str]
    cursor: str | None


class PartSize(TypedDict):
    """One of the audiences; `only` are in no other one."""

    people: int
    only: int


class PairSize(TypedDict):
    """What two of the audiences have in common; `first` and `second` are their places, from 0."""

    first: int
    second: int
    people: int


class OverlapAnswer(TypedDict):
    """Audiences laid over one another: each, each two, all together."""

    success: Literal[True]
    at: Instant
    audiences: list[PartSize]
    pairs: list[PairSize]
    union: int
    intersection: int


class AudienceState(TypedDict):
    """An audience that is written down; `url` gives its file for a quarter of an hour."""

    audience_id: str
    status: Status
    reason: str
    at: Instant
    expires_at: Instant
    list_id: str | None
    format: Format | None
    people: int
    written: int
    left_without_consent: int
    left_without_address: int
    size: int | None
    url: str | None


class AudienceAnswer(TypedDict):
    """One audience."""

    success: Literal[True]
    audience: AudienceState
