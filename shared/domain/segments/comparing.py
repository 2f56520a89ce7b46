"""How a JSON value is compared: within its kind, and never converted."""

from collections.abc import Callable, Iterable
from typing import Any, Literal, assert_never

from shared.domain.patterns import bounded
from shared.domain.segments.nodes.base import ValueTest

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


def value_holds(test: ValueTest, value: Any) -> bool:  # noqa: ANN401 - a JSON value
    """Whether a value passes a test; the rule is in `ValueTest`'s own words."""
    wanted = test.value
    if value is None:
        return test.operator == "not_exists"
    match test.operator:
        case "exists" | "not_exists":
            return test.operator == "exists"
        case "equals":
            return same(value, wanted)
        case "not_equals":
            return not same(value, wanted)
        case "one_of":
            return isinstance(wanted, tuple) and any(same(value, each) for each in wanted)
        case "contains":
            return _contains(value, wanted)
        case "contains_any" | "contains_all":
            quantifier = any if test.operator == "contains_any" else all
            return _has(quantifier, value, wanted)
        case "matches":
            return isinstance(value, str) and bounded(str(wanted)).search(value) is not None
        case "greater" | "greater_or_equal" | "less" | "less_or_equal":
            return _ordered(test.operator, value, wanted)
        case _:
            assert_never(test.operator)


def _contains(value: object, wanted: object) -> bool:
    if isinstance(value, list | tuple):
        return any(same(element, wanted) for element in value)
    return isinstance(value, str) and isinstance(wanted, str) and wanted in value


def _has(quantifier: Callable[[Iterable[bool]], bool], value: object, wanted: object) -> bool:
    """Whether a list has any or all of some elements; nothing but a list has elements."""
    if not isinstance(value, list | tuple) or not isinstance(wanted, tuple):
        return False
    return quantifier(any(same(element, each) for element in value) for each in wanted)


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
