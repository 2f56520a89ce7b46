"""The evaluator: does a person match a condition now, why, and until when."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from shared.domain.profiles.model import View
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
)
from shared.domain.segments.courses import at_least, combined
from shared.domain.segments.evaluating import (
    activity,
    amounts,
    counts,
    dates,
    favourites,
    ratios,
    sequences,
    traits,
    trends,
    values,
)
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.finding import Fact, Finding

MAX_FACTS: Final = 20


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a person matches, and the facts that decided it.

    `changes_at` is the next instant at which the answer changes although nothing new happens; None
    when it never does. It is never late. It may be early where dates repeat for ever, or where the
    view holds an event that is not to happen yet: judging again then gives the same answer.
    """

    matches: bool
    changes_at: datetime | None
    because: tuple[Fact, ...]


def evaluate(condition: Node, view: View, now: datetime, zone: ZoneInfo) -> Verdict:
    """Judge one person at `now`; `zone` is where natural days begin.

    `view` must hold all that the condition refers to (`references`); what is not in it counts as
    absent and as zero. Raises ValueError where something stands for something else: `expand` first.
    """
    course, facts = _find(condition, view, Clock.of(now, zone))
    return Verdict(course.holds, course.changes_at, facts[:MAX_FACTS])


def _find(node: Node, view: View, clock: Clock) -> Finding:  # noqa: C901 - one line for each kind
    match node:
        case EventCondition():
            return counts.find(node, view, clock)
        case TraitCondition():
            return traits.find(node, view)
        case AmountCondition():
            return amounts.find(node, view, clock)
        case ValueCondition():
            return values.find(node, view, clock)
        case FavouriteCondition():
            return favourites.find(node, view, clock)
        case RatioCondition():
            return ratios.find(node, view, clock)
        case TrendCondition():
            return trends.find(node, view, clock)
        case SequenceCondition():
            return sequences.find(node, view, clock)
        case ActivityCondition():
            return activity.find(node, view, clock)
        case DateCondition():
            return dates.find(node, view, clock)
        case AllCondition() | AnyCondition() | AtLeastCondition() | NotCondition():
            return _find_group(node, view, clock)
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


def _find_group(
    node: AllCondition | AnyCondition | AtLeastCondition | NotCondition, view: View, clock: Clock
) -> Finding:
    match node:
        case NotCondition():
            course, facts = _find(node.condition, view, clock)
            return Finding(course.inverted(), facts)
        case AllCondition():
            return _decided_by(all, node.conditions, view, clock)
        case AnyCondition():
            return _decided_by(any, node.conditions, view, clock)
        case AtLeastCondition():
            return _decided_by(at_least(node.count), node.conditions, view, clock)
        case _:
            assert_never(node)


def _decided_by(
    holds: Callable[[Iterable[bool]], bool], conditions: Iterable[Node], view: View, clock: Clock
) -> Finding:
    """Parts that agree with the whole decide it: all that hold, or those that fail it."""
    parts = [_find(part, view, clock) for part in conditions]
    course = combined(holds, [part.course for part in parts])
    deciding = (part.facts for part in parts if part.course.holds == course.holds)
    return Finding(course, tuple(fact for facts in deciding for fact in facts))


__all__ = ["MAX_FACTS", "Fact", "Verdict", "evaluate"]
