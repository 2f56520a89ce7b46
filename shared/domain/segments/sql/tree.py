"""Whole conditions in SQL: groups over leaves, as a test of a person's row."""

from typing import Final, assert_never

from shared.domain.segments.condition import (
    ActivityCondition,
    AllCondition,
    AmountCondition,
    AnyCondition,
    AtLeastCondition,
    ConsentCondition,
    DateCondition,
    EventCondition,
    FavouriteCondition,
    JourneyCondition,
    LifecycleCondition,
    ListCondition,
    MessageCondition,
    Node,
    NotCondition,
    RatioCondition,
    ReachableCondition,
    SegmentCondition,
    SequenceCondition,
    TagCondition,
    TraitCondition,
    TrendCondition,
    ValueCondition,
    parts_of,
)
from shared.domain.segments.sql import leaves
from shared.domain.segments.sql.dates import dated
from shared.domain.segments.sql.literals import both, either
from shared.domain.segments.sql.plan import Plan
from shared.domain.segments.sql.sequences import sequence

# Engines and parsers go down into brackets by recursion. What lies deeper is a column by itself.
_MAX_DEPTH: Final = 6


def holds(node: Node, plan: Plan) -> str:
    """A test of a person's row that says TRUE or FALSE."""
    return _holds(node, plan)[0]


def _holds(node: Node, plan: Plan) -> tuple[str, int, int]:
    """(the test, how deep its brackets are, on which level of judged columns it stands)."""
    if not (parts := [_holds(part, plan) for _, part in parts_of(node)]):
        return _leaf(node, plan), 0, 0
    level = max(level for _, _, level in parts)
    depth = 1 + max(depth for _, depth, at in parts if at == level)
    tests = [test for test, _, _ in parts]
    match node:
        case AllCondition():
            test = both(tests)
        case AnyCondition():
            test = either(tests)
        case AtLeastCondition():
            marks = " + ".join(f"CASE WHEN {test} THEN 1 ELSE 0 END" for test in tests)
            test = f"{marks} >= {node.count}"
        case NotCondition():
            test = f"NOT ({tests[0]})"
        case _:
            raise ValueError(f"a {node.type} condition has no parts")
    if depth < _MAX_DEPTH:
        return test, depth, level
    return plan.judged(test, level), 0, level + 1


def _leaf(node: Node, plan: Plan) -> str:  # noqa: C901 - one line for each kind
    match node:
        case TraitCondition():
            return leaves.trait(node, plan)
        case EventCondition():
            return leaves.event(node, plan)
        case AmountCondition():
            return leaves.amount(node, plan)
        case ValueCondition():
            return leaves.value(node, plan)
        case FavouriteCondition():
            return leaves.favourite(node, plan)
        case RatioCondition():
            return leaves.ratio(node, plan)
        case TrendCondition():
            return leaves.trend(node, plan)
        case SequenceCondition():
            return sequence(node, plan)
        case ActivityCondition():
            return leaves.activity(node, plan)
        case DateCondition():
            return dated(node, plan)
        case AllCondition() | AnyCondition() | AtLeastCondition() | NotCondition():
            raise ValueError(f"a {node.type} condition has parts")
        case (
            TagCondition()
            | LifecycleCondition()
            | SegmentCondition()
            | ListCondition()
            | MessageCondition()
            | JourneyCondition()
            | ConsentCondition()
            | ReachableCondition()
        ):
            raise ValueError(f"a {node.type} condition has to be expanded first")
        case _:
            assert_never(node)
