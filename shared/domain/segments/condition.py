"""The condition tree: a closed union that segments, branches, tags and stages are written in."""

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from shared.domain.segments.nodes.base import (
    MAX_PARTS,
    OPERATORS,
    Comparison,
    DefinitionId,
    Operator,
    Scalar,
    StrictModel,
)
from shared.domain.segments.nodes.events import (
    AmountCondition,
    EventCondition,
    FavouriteCondition,
    RatioCondition,
    SequenceCondition,
    TrendCondition,
    ValueCondition,
)
from shared.domain.segments.nodes.person import (
    ActivityCondition,
    ConsentCondition,
    DateCondition,
    JourneyCondition,
    LifecycleCondition,
    ListCondition,
    MessageCondition,
    ReachableCondition,
    SegmentCondition,
    TagCondition,
    TraitCondition,
)

MAX_DEPTH: Final = 10
MAX_NODES: Final = 200


class AllCondition(StrictModel):
    """Every part matches."""

    type: Literal["all"] = "all"
    conditions: Annotated[tuple["Node", ...], Field(min_length=1, max_length=MAX_PARTS)]


class AnyCondition(StrictModel):
    """At least one part matches."""

    type: Literal["any"] = "any"
    conditions: Annotated[tuple["Node", ...], Field(min_length=1, max_length=MAX_PARTS)]


class AtLeastCondition(StrictModel):
    """At least `count` of the parts match."""

    type: Literal["at_least"] = "at_least"
    count: Annotated[int, Field(ge=1, le=MAX_PARTS)]
    conditions: Annotated[tuple["Node", ...], Field(min_length=1, max_length=MAX_PARTS)]

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.count > len(self.conditions):
            raise ValueError("count is greater than the number of conditions")
        return self


class NotCondition(StrictModel):
    """The part does not match."""

    type: Literal["not"] = "not"
    condition: "Node"


Fact = (
    TraitCondition
    | EventCondition
    | AmountCondition
    | ValueCondition
    | FavouriteCondition
    | RatioCondition
    | TrendCondition
    | SequenceCondition
    | ActivityCondition
    | DateCondition
)
"""A leaf about facts: both back-ends judge it by itself."""

Reference = (
    TagCondition
    | LifecycleCondition
    | SegmentCondition
    | ListCondition
    | MessageCondition
    | JourneyCondition
    | ConsentCondition
    | ReachableCondition
)
"""A leaf that stands for something else: `expand` puts a tree of facts in its place."""

Group = AllCondition | AnyCondition | AtLeastCondition | NotCondition

Node = Annotated[Fact | Reference | Group, Field(discriminator="type")]


def parts_of(node: Node) -> tuple[tuple[str, Node], ...]:
    """The parts of a group, each with its path from there; nothing for a leaf."""
    if isinstance(node, NotCondition):
        return (("condition", node.condition),)
    if isinstance(node, AllCondition | AnyCondition | AtLeastCondition):
        return tuple((f"conditions[{n}]", part) for n, part in enumerate(node.conditions))
    return ()


def nodes(root: Node) -> Iterator[tuple[str, int, Node]]:
    """Every node of a tree with its path and depth, parents before their parts.

    A path reads `conditions[1].condition`; the root has an empty one, and depth 1.
    """
    waiting: list[tuple[str, int, Node]] = [("", 1, root)]
    while waiting:
        path, depth, node = waiting.pop()
        yield path, depth, node
        here = f"{path}." if path else ""
        waiting.extend((here + step, depth + 1, part) for step, part in reversed(parts_of(node)))


def _within_limits(root: Node) -> Node:
    for count, (path, depth, _) in enumerate(nodes(root), start=1):
        if depth > MAX_DEPTH:
            raise ValueError(f"{path}: nested deeper than {MAX_DEPTH} levels")
        if count > MAX_NODES:
            raise ValueError(f"{path}: more than {MAX_NODES} conditions in one tree")
    return root


Condition = Annotated[Node, AfterValidator(_within_limits)]
"""A whole tree, checked against the limits once, at its root."""


class Segment(StrictModel):
    """A saved condition with a name; operators see `title`, code and tables see `segment_id`."""

    segment_id: DefinitionId
    title: Annotated[str, Field(min_length=1, max_length=200)]
    condition: Condition


for _model in (AllCondition, AnyCondition, AtLeastCondition, NotCondition, Segment):
    _model.model_rebuild()

__all__ = [
    "MAX_DEPTH", "MAX_NODES", "MAX_PARTS", "OPERATORS", "ActivityCondition", "AllCondition",
    "AmountCondition", "AnyCondition", "AtLeastCondition", "Comparison", "Condition",
    "ConsentCondition", "DateCondition", "EventCondition", "Fact", "FavouriteCondition", "Group",
    "JourneyCondition", "LifecycleCondition", "ListCondition", "MessageCondition", "Node",
    "NotCondition", "Operator", "RatioCondition", "ReachableCondition", "Reference", "Scalar",
    "Segment", "SegmentCondition", "SequenceCondition", "TagCondition", "TraitCondition",
    "TrendCondition", "ValueCondition", "nodes", "parts_of",
]  # fmt: skip
