"""What the admin API answers about tags and the lifecycle."""

from typing import Annotated, Any, Literal

from typing_extensions import TypedDict

from shared.domain.lifecycle.model import Lifecycle
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
