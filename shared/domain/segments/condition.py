"""The condition tree: a closed union that segments, branches and tags are written in.

A window of N days means the last N natural days in the workspace's time zone, today included.
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self, assert_never, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

MAX_DEPTH: Final = 10
MAX_NODES: Final = 200
MAX_PARTS: Final = 50  # of one group, and of one list of values

# Text has its own bound, so that one condition cannot fill a catalog row of 400 KB.
Scalar = bool | int | float | Annotated[str, Field(max_length=1_000)]
Operator = Literal[
    "equals", "not_equals", "greater", "greater_or_equal", "less", "less_or_equal",
    "contains", "one_of", "exists", "not_exists",
]  # fmt: skip
OPERATORS: Final[tuple[Operator, ...]] = get_args(Operator)
Comparison = Literal["at_least", "at_most", "exactly"]


class _Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class TraitCondition(_Node):
    """Compares one trait.

    A trait that is missing or null matches `not_exists` and nothing else, so `not_equals` asks for
    another value, not for none; `not` around `equals` takes both. Values are compared within
    their kind (number, text, true/false) and never converted: `"1"` is not `1`, and `true` is not
    `1`. A value of another kind is not equal, and is neither greater nor less. `contains` finds a
    text within a text, or an element in a list.
    """

    type: Literal["trait"] = "trait"
    trait: Annotated[str, Field(min_length=1, max_length=200)]
    operator: Operator
    value: Scalar | Annotated[tuple[Scalar, ...], Field(max_length=MAX_PARTS)] | None = None

    @model_validator(mode="after")
    def _value_fits_operator(self) -> Self:
        match self.operator:
            case "exists" | "not_exists":
                if self.value is not None:
                    raise ValueError(f"{self.operator} takes no value")
            case "one_of":
                if not isinstance(self.value, tuple) or not self.value:
                    raise ValueError("one_of takes a list of values")
            case "equals" | "not_equals" | "contains":
                if self.value is None or isinstance(self.value, tuple):
                    raise ValueError(f"{self.operator} takes one value")
            case "greater" | "greater_or_equal" | "less" | "less_or_equal":
                if self.value is None or isinstance(self.value, bool | tuple):
                    raise ValueError(f"{self.operator} takes one number or one text")
            case _:
                assert_never(self.operator)
        return self


class EventCondition(_Node):
    """Did the event at least / at most / exactly N times in a window; `at_most 0` is did not.

    Without a window every time counts that is known.
    """

    type: Literal["event"] = "event"
    event: Annotated[str, Field(min_length=1, max_length=200)]
    comparison: Comparison = "at_least"
    times: Annotated[int, Field(ge=0, le=1_000_000)] = 1
    within_days: Annotated[int, Field(ge=1, le=730)] | None = None


class AllCondition(_Node):
    """Every part matches."""

    type: Literal["all"] = "all"
    conditions: Annotated[tuple["Node", ...], Field(min_length=1, max_length=MAX_PARTS)]


class AnyCondition(_Node):
    """At least one part matches."""

    type: Literal["any"] = "any"
    conditions: Annotated[tuple["Node", ...], Field(min_length=1, max_length=MAX_PARTS)]


class NotCondition(_Node):
    """The part does not match."""

    type: Literal["not"] = "not"
    condition: "Node"


Node = Annotated[
    TraitCondition | EventCondition | AllCondition | AnyCondition | NotCondition,
    Field(discriminator="type"),
]


def nodes(root: Node) -> Iterator[tuple[str, int, Node]]:
    """Every node of a tree with its path and depth, parents before their parts.

    A path reads `conditions[1].condition`; the root has an empty one, and depth 1.
    """
    waiting: list[tuple[str, int, Node]] = [("", 1, root)]
    while waiting:
        path, depth, node = waiting.pop()
        yield path, depth, node
        here = f"{path}." if path else ""
        match node:
            case TraitCondition() | EventCondition():
                pass
            case NotCondition():
                waiting.append((f"{here}condition", depth + 1, node.condition))
            case AllCondition() | AnyCondition():
                waiting.extend(
                    (f"{here}conditions[{index}]", depth + 1, part)
                    for index, part in reversed(list(enumerate(node.conditions)))
                )
            case _:
                assert_never(node)


def _within_limits(root: Node) -> Node:
    for count, (path, depth, _) in enumerate(nodes(root), start=1):
        if depth > MAX_DEPTH:
            raise ValueError(f"{path}: nested deeper than {MAX_DEPTH} levels")
        if count > MAX_NODES:
            raise ValueError(f"{path}: more than {MAX_NODES} conditions in one tree")
    return root


Condition = Annotated[Node, AfterValidator(_within_limits)]
"""A whole tree, checked against the limits once, at its root."""


class Segment(_Node):
    """A saved condition with a name; operators see `title`, code and tables see `segment_id`."""

    segment_id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    condition: Condition


for _model in (AllCondition, AnyCondition, NotCondition, Segment):
    _model.model_rebuild()
