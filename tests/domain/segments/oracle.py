"""A second, naive reading of conditions: one event at a time, one day at a time, no cleverness."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Past:
    """One person's past: traits, and every event as (name, natural day)."""

    traits: Mapping[str, Any]
    events: tuple[tuple[str, date], ...]


def oracle(condition: Mapping[str, Any], past: Past, now: datetime, zone: ZoneInfo) -> bool:
    """Does the person match the condition, given as plain JSON data?"""
    kind = condition["type"]
    if kind == "all":
        return False not in [oracle(part, past, now, zone) for part in condition["conditions"]]
    if kind == "any":
        return True in [oracle(part, past, now, zone) for part in condition["conditions"]]
    if kind == "not":
        return not oracle(condition["condition"], past, now, zone)
    if kind == "event":
        return _event(condition, past, now, zone)
    return _trait(condition, past.traits)


def _event(condition: Mapping[str, Any], past: Past, now: datetime, zone: ZoneInfo) -> bool:
    window = condition.get("within_days")
    today = now.astimezone(zone).date()
    window_days = [today - timedelta(days=back) for back in range(window or 0)]
    times = 0
    for name, day in past.events:
        if name == condition["event"] and (window is None or day in window_days):
            times += 1
    wanted = condition.get("times", 1)
    comparison = condition.get("comparison", "at_least")
    if comparison == "at_least":
        return times > wanted - 1
    if comparison == "at_most":
        return times < wanted + 1
    return times == wanted


def _trait(condition: Mapping[str, Any], traits: Mapping[str, Any]) -> bool:
    operator, wanted = condition["operator"], condition.get("value")
    known = traits.get(condition["trait"]) is not None
    if operator in ("exists", "not_exists"):
        return known == (operator == "exists")
    if not known:
        return False
    value = traits[condition["trait"]]
    if operator == "equals":
        return _alike(value, wanted) and value == wanted
    if operator == "not_equals":
        return not (_alike(value, wanted) and value == wanted)
    if operator == "one_of":
        return any(_alike(value, each) and value == each for each in wanted)
    if operator == "contains":
        if type(value) is list:
            return any(_alike(each, wanted) and each == wanted for each in value)
        return type(value) is str and type(wanted) is str and value.find(wanted) >= 0
    if not _alike(value, wanted) or type(value) is bool:
        return False
    first = sorted([value, wanted])[0]
    return {
        "greater": value != wanted and first == wanted,
        "greater_or_equal": first == wanted,
        "less": value != wanted and first == value,
        "less_or_equal": first == value,
    }[operator]


def _alike(left: object, right: object) -> bool:
    groups = ({bool}, {int, float}, {str})
    return any(type(left) in group and type(right) in group for group in groups)
