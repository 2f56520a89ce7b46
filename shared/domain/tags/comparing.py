"""Conditions that stand for a comparison of a tag's value, where it is a figure about events."""

from math import ceil, floor
from typing import assert_never

from shared.domain.events.own import TAGGED
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import (
    AllCondition,
    AmountCondition,
    AnyCondition,
    EventCondition,
    FavouriteCondition,
    Node,
    NotCondition,
    RatioCondition,
    ValueCondition,
)
from shared.domain.segments.nodes.base import AmountComparison, ValueTest
from shared.domain.segments.nodes.events import PropertyFilter
from shared.domain.segments.standing_for import always, is_equal
from shared.domain.tags.kinds import (
    MAX_TIMES,
    FavouriteTag,
    FirstLastTag,
    ManualTag,
    RatioTag,
    StatisticTag,
)

FigureTag = StatisticTag | FavouriteTag | FirstLastTag | RatioTag | ManualTag


def compared(tag_id: str, kind: FigureTag, test: ValueTest) -> Node:
    """The condition that holds when the tag's value passes the test; raises ValueError.

    A value that is missing passes `not_exists` and nothing else, as everywhere.
    """
    match kind:
        case ManualTag():
            return _manual(tag_id, test)
        case FirstLastTag():
            return _value(kind, test)
        case FavouriteTag():
            return FavouriteCondition(
                event=kind.event,
                where=kind.where,
                test=_filter(kind.property, test),
                within_days=kind.within_days,
            )
        case StatisticTag() | RatioTag():
            return _number(kind, test)
        case _:
            assert_never(kind)


def figure(tag_id: str, kind: FigureTag) -> Node:
    """A leaf over the same facts as the tag; its own comparison means nothing."""
    match kind:
        case StatisticTag() | RatioTag():
            return _leaf(kind, "at_least", 0)
        case ManualTag():
            return _tagged(tag_id, ValueTest(operator="exists"))
        case FavouriteTag() | FirstLastTag():
            return compared(tag_id, kind, ValueTest(operator="exists"))
        case _:
            assert_never(kind)


def _filter(name: str, test: ValueTest) -> PropertyFilter:
    return PropertyFilter(property=name, operator=test.operator, value=test.value)


def _value(kind: FirstLastTag, test: ValueTest) -> Node:
    return ValueCondition(
        event=kind.event,
        where=kind.where,
        within_days=kind.within_days,
        window=kind.window,
        which=kind.which,
        test=_filter(kind.property, test),
    )


def _tagged(tag_id: str, test: ValueTest) -> ValueCondition:
    return ValueCondition(
        event=TAGGED,
        where=(is_equal("tag_id", tag_id),),
        which="last",
        test=_filter("value", test),
    )


def _manual(tag_id: str, test: ValueTest) -> Node:
    """Clearing is the value "", which must pass nothing but `not_exists`."""
    given = _tagged(tag_id, ValueTest(operator="not_equals", value=""))
    if test.operator == "exists":
        return given
    if test.operator == "not_exists":
        return NotCondition(condition=given)
    leaf = _tagged(tag_id, test)
    return AllCondition(conditions=(given, leaf)) if value_holds(test, "") else leaf


def _number(kind: StatisticTag | RatioTag, test: ValueTest) -> Node:
    """A comparison of a number, which is always there for counts, sums and numbers of values."""
    sure = isinstance(kind, StatisticTag) and kind.aggregate in ("count", "sum", "distinct")
    wanted = test.value
    match test.operator:
        case "exists" | "not_exists":
            there = always(holds=True) if sure else _there(kind)
            return there if test.operator == "exists" else NotCondition(condition=there)
        case "equals" | "one_of":
            values = wanted if isinstance(wanted, tuple) else (wanted,)
            parts = tuple(_leaf(kind, "exactly", _as_number(value)) for value in values)
            return parts[0] if len(parts) == 1 else AnyCondition(conditions=parts)
        case "not_equals":
            other = NotCondition(condition=_leaf(kind, "exactly", _as_number(wanted)))
            return other if sure else AllCondition(conditions=(_there(kind), other))
        case "greater":
            return _leaf(kind, "more_than", _as_number(wanted))
        case "greater_or_equal":
            return _leaf(kind, "at_least", _as_number(wanted))
        case "less":
            return _leaf(kind, "less_than", _as_number(wanted))
        case "less_or_equal":
            return _leaf(kind, "at_most", _as_number(wanted))
        case "contains" | "contains_any" | "contains_all" | "matches":
            raise ValueError(f"the value of this tag is a number, {test.operator} takes none")
        case _:
            assert_never(test.operator)


def _as_number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("the value of this tag is a number")  # noqa: TRY004
    return value


def _there(kind: StatisticTag | RatioTag) -> Node:
    """The figure exists: a ratio is at least 0, any other number at least 0 or less."""
    at_least = _leaf(kind, "at_least", 0)
    if isinstance(kind, RatioTag):
        return at_least
    return AnyCondition(conditions=(at_least, _leaf(kind, "less_than", 0)))


def _leaf(kind: StatisticTag | RatioTag, comparison: AmountComparison, value: float) -> Node:
    if isinstance(kind, RatioTag):
        if value < 0:
            raise ValueError("a ratio is never less than 0")
        return RatioCondition(
            part=kind.part,
            whole=kind.whole,
            within_days=kind.within_days,
            comparison=comparison,
            value=value,
        )
    if kind.aggregate == "count":
        return _times(kind, comparison, value)
    return AmountCondition(
        event=kind.event,
        where=kind.where,
        within_days=kind.within_days,
        window=kind.window,
        aggregate=kind.aggregate,
        property=kind.property or "",
        comparison=comparison,
        value=value,
    )


def _times(kind: StatisticTag, comparison: AmountComparison, value: float) -> Node:
    """A count compared with any number, by what EventCondition can say of whole numbers."""
    match comparison:
        case "at_least":
            return _count(kind, ceil(value))
        case "more_than":
            return _count(kind, floor(value) + 1)
        case "less_than":
            return NotCondition(condition=_count(kind, ceil(value)))
        case "at_most":
            return NotCondition(condition=_count(kind, floor(value) + 1))
        case "exactly":
            if value != floor(value) or value < 0:
                return always(holds=False)
            return _count(kind, int(value), exactly=True)
        case _:
            assert_never(comparison)


def _count(kind: StatisticTag, times: int, *, exactly: bool = False) -> Node:
    if times > MAX_TIMES:
        raise ValueError(f"a count is compared with at most {MAX_TIMES:,}")
    return EventCondition(
        event=kind.event,
        where=kind.where,
        within_days=kind.within_days,
        window=kind.window,
        comparison="exactly" if exactly else "at_least",
        times=max(times, 0),
    )
