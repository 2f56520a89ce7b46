"""The evaluator: does a person match a condition now, why, and until when."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any, Final, Literal, assert_never
from zoneinfo import ZoneInfo

from shared.domain.days import day_start, natural_day
from shared.domain.profiles.model import View
from shared.domain.segments.comparing import kind_of, trait_holds
from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    Comparison,
    EventCondition,
    Node,
    NotCondition,
    TraitCondition,
)
from shared.domain.segments.courses import Course, combined, windowed

MAX_FACTS: Final = 20
_MAX_TEXT: Final = 100


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that decided a verdict: a trait and its value, or an event and its count.

    `value` is the trait's value (long texts are cut, lists and objects are left out) or the number
    of times; `holds` is the answer of that one comparison.
    """

    about: Literal["trait", "event"]
    name: str
    value: bool | int | float | str | None
    holds: bool
    within_days: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data without what is absent."""
        data = {
            "about": self.about,
            "name": self.name,
            "value": self.value,
            "holds": self.holds,
            "within_days": self.within_days,
        }
        return {key: value for key, value in data.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person matches, and the facts that decided it.

    `changes_at` is the next instant at which the answer changes although nothing new happens:
    exactly then and not earlier; None when it never does.
    """

    matches: bool
    changes_at: datetime | None
    because: tuple[Fact, ...]


_Finding = tuple[Course, tuple[Fact, ...]]


def evaluate(condition: Node, view: View, now: datetime, zone: ZoneInfo) -> Verdict:
    """Judge one person at `now`; `zone` is where natural days begin.

    `view` must hold the traits and the counters of the events that the condition refers to
    (`references`); what is not in it counts as absent and as zero.
    """
    course, facts = _find(condition, view, natural_day(now, zone))
    changes_at = day_start(date.fromordinal(course.turns[0]), zone) if course.turns else None
    return Verdict(course.holds, changes_at, facts[:MAX_FACTS])


def _find(node: Node, view: View, today: date) -> _Finding:
    match node:
        case TraitCondition():
            return _find_trait(node, view)
        case EventCondition():
            return _find_event(node, view, today)
        case NotCondition():
            course, facts = _find(node.condition, view, today)
            return course.inverted(), facts
        case AllCondition():
            return _decided_by(all, [_find(part, view, today) for part in node.conditions])
        case AnyCondition():
            return _decided_by(any, [_find(part, view, today) for part in node.conditions])
        case _:
            assert_never(node)


def _decided_by(holds: Callable[..., bool], parts: list[_Finding]) -> _Finding:
    """Parts that agree with the whole decide it: all that hold, or those that fail it."""
    course = combined(holds, [part for part, _ in parts])
    deciding = (facts for part, facts in parts if part.holds == course.holds)
    return course, tuple(fact for facts in deciding for fact in facts)


def _find_trait(node: TraitCondition, view: View) -> _Finding:
    holds = trait_holds(node, view.traits)
    value = view.traits.get(node.trait)
    shown = None if kind_of(value) == "other" else value
    if isinstance(shown, str):
        shown = shown[:_MAX_TEXT]
    return Course(holds), (Fact("trait", node.trait, shown, holds),)


def _find_event(node: EventCondition, view: View, today: date) -> _Finding:
    days = view.counters.get(node.event, {})
    test = partial(_compare, node.comparison, node.times)
    if node.within_days is None:
        count = sum(days.values())
        course = Course(test(count))
    else:
        count, course = windowed(days, node.within_days, today, test)
    return course, (Fact("event", node.event, count, course.holds, node.within_days),)


def _compare(comparison: Comparison, times: int, count: int) -> bool:
    match comparison:
        case "at_least":
            return count >= times
        case "at_most":
            return count <= times
        case "exactly":
            return count == times
        case _:
            assert_never(comparison)
