"""What the admin API answers about tags and the lifecycle."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.tags.kinds import ComputedThresholds
from shared.domain.tags.model import Tag
from shared.domain.workspace.answers import EstimateState, Outcome, Shaped
from shared.domain.workspace.stories import Bilingual, Instant


class TagState(TypedDict):
    """A tag and what it says.

    `build` is the catalog version at which its meaning last changed, also by what it refers to;
    `announce` says whether the changes that building finds are told. Of people, `holders` counts
    those who have any value of it.
    """

    tag: Annotated[dict[str, Any], Shaped(Tag)]
    version: int
    build: int
    announce: bool
    updated_at: Instant
    description: Bilingual
    estimate: EstimateState | None
    holders: int


class ValueState(TypedDict):
    """A value of a tag, and how many people hold it."""

    value: bool | int | float | str
    holders: int


class TagAnswer(TagState):
    """One tag, with the values that it is known to have."""

    success: Literal[True]
    values: list[ValueState]


class TagChanged(TagAnswer):
    """One tag after a change."""

    outcome: Outcome


class TagList(TypedDict):
    """All tags."""

    success: Literal[True]
    tags: list[TagState]


class Deleted(TypedDict):
    """A definition is gone from the catalog."""

    success: Literal[True]
    outcome: Literal["deleted"]


class PastTagValue(TypedDict):
    """A value that a tag had for somebody from an instant on until before another one.

    `value` is null where it had none, `until` where it is the present one. `version` is the tag's
    when the value was given; `thresholds` are those that were computed then, for shares of buyers.
    """

    value: bool | int | float | str | None
    since: Instant
    until: Instant | None
    version: int
    because: list[dict[str, Any]]
    thresholds: Annotated[dict[str, Any], Shaped(ComputedThresholds)] | None


class TagHistory(TypedDict):
    """The newest values of a tag for one person, the newest first, as many as fit."""

    success: Literal[True]
    profile_id: str
    tag_id: str
    values: list[PastTagValue]


class ValueAt(PastTagValue):
    """A value that a tag had at the instant asked for; its thresholds are in its history."""

    tag_id: str


class TagValuesAt(TypedDict):
    """What the tags said of one person at an instant; those without a value are left out."""

    success: Literal[True]
    profile_id: str
    at: Instant
    values: list[ValueAt]


class HoldersAnswer(TypedDict):
    """A page of who holds, or held, a value of a tag; `people` is the number of all of them."""

    success: Literal[True]
    tag_id: str
    at: Instant
    people: int
    profile_ids: list[str]
    cursor: str | None


class Recomputing(TypedDict):
    """The thresholds of a tag are being computed by a build; `GET /builds/{build}` tells how far.

    The thresholds come into force with a build of their own, which then does the work of this one.
    """

    success: Literal[True]
    build: int


class Said(TypedDict):
    """Events were accepted, one for each person; what they say holds within seconds."""

    success: Literal[True]
    accepted: int


class StageState(TypedDict):
    """A stage and when somebody stands in it; `otherwise` has no condition of its own."""

    stage: str
    title: Bilingual
    description: Bilingual


class LifecycleAnswer(TypedDict):
    """The lifecycle; version 0 is the default that holds until somebody sets one."""

    success: Literal[True]
    lifecycle: Annotated[dict[str, Any], Shaped(Lifecycle)]
    version: int
    build: int
    announce: bool
    updated_at: Instant | None
    estimate: EstimateState | None
    stages: list[StageState]


class LifecycleChanged(LifecycleAnswer):
    """The lifecycle after a change."""

    outcome: Outcome
