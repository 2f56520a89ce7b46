"""How a trait's value is compared: within its kind, and never converted."""

from collections.abc import Mapping
from typing import Any, Literal, assert_never

from shared.domain.segments.condition import TraitCondition

Kind = Literal["truth", "number", "text", "other"]
OrderOperator = Literal["greater", "greater_or_equal", "less", "less_or_equal"]


def kind_of(value: object) -> Kind:
    """The kind of a JSON value; only values of one kind are ever equal, greater or less."""
    match value:
        case bool():
            return "truth"
        case int() | float():
            return "number"
        case str():
            return "text"
        case _:
            return "other"


def same(left: object, right: object) -> bool:
    """Equal and of one kind, so `True` is not `1`, and `"1"` is not `1`; `1.0` is `1`."""
    return kind_of(left) == kind_of(right) and left == right


def trait_holds(condition: TraitCondition, traits: Mapping[str, Any]) -> bool:
    """Whether a trait is as the condition says; the rule is in `TraitCondition`'s own words."""
    value = traits.get(condition.trait)
    wanted = condition.value
    if value is None:
        return condition.operator == "not_exists"
    match condition.operator:
        case "exists" | "not_exists":
            return condition.operator == "exists"
        case "equals":
            return same(value, wanted)
        case "not_equals":
            return not same(value, wanted)
        case "one_of":
            return isinstance(wanted, tuple) and any(same(value, each) for each in wanted)
        case "contains":
            return _contains(value, wanted)
        case "greater" | "greater_or_equal" | "less" | "less_or_equal":
            return _ordered(condition.operator, value, wanted)
        case _:
            assert_never(condition.operator)


def _contains(value: object, wanted: object) -> bool:
    if isinstance(value, list | tuple):
        return any(same(element, wanted) for element in value)
    return isinstance(value, str) and isinstance(wanted, str) and wanted in value


def _ordered(operator: OrderOperator, left: Any, right: Any) -> bool:  # noqa: ANN401 - JSON values
    """Numbers by size, texts by code point; anything else has no order."""
    if kind_of(left) != kind_of(right) or kind_of(left) not in ("number", "text"):
        return False
    match operator:
        case "greater":
            return bool(left > right)
        case "greater_or_equal":
            return bool(left >= right)
        case "less":
            return bool(left < right)
        case "less_or_equal":
            return bool(left <= right)
        case _:
            assert_never(operator)
