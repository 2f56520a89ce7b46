"""The condition tree: a closed union that segments, branches and tags are written in.

A window of N days means the last N natural days in the workspace's time zone, today included.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_DEPTH: Final = 10
MAX_NODES: Final = 200

Scalar = bool | int | float | str


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TraitCondition(_Node):
    """Compares one trait; a profile without the trait matches only `exists: false` forms."""

    type: Literal["trait"] = "trait"
    trait: Annotated[str, Field(min_length=1, max_length=200)]
    operator: Literal[
        "equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal",
        "contains", "one_of", "exists", "not_exists",
    ]  # fmt: skip
    value: Scalar | tuple[Scalar, ...] | None = None


class EventCondition(_Node):
    """Did the event at least / at most / exactly N times in a window; `at_most 0` is did not."""

    type: Literal["event"] = "event"
    event: Annotated[str, Field(min_length=1, max_length=200)]
    comparison: Literal["at_least", "at_most", "exactly"] = "at_least"
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    within_days: Annotated[int, Field(ge=1, le=730)] | None = None


class AllCondition(_Node):
    """Every part matches."""

    type: Literal["all"] = "all"
    conditions: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=50)]


class AnyCondition(_Node):
    """At least one part matches."""

    type: Literal["any"] = "any"
    conditions: Annotated[tuple["Condition", ...], Field(min_length=1, max_length=50)]


class NotCondition(_Node):
    """The part does not match."""

    type: Literal["not"] = "not"
    condition: "Condition"


Condition = Annotated[
    TraitCondition | EventCondition | AllCondition | AnyCondition | NotCondition,
    Field(discriminator="type"),
]


class Segment(_Node):
    """A saved condition with a name; operators see `title`, code and tables see `segment_id`."""

    segment_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    condition: Condition


for _model in (AllCondition, AnyCondition, NotCondition, Segment):
    _model.model_rebuild()
