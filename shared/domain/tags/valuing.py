"""Which value a tag has for a person, why, and until when."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from shared.domain.measures.model import Value
from shared.domain.profiles.model import View
from shared.domain.segments.condition import (
    AmountCondition,
    EventCondition,
    FavouriteCondition,
    Node,
    RatioCondition,
    ValueCondition,
)
from shared.domain.segments.deciding import decide
from shared.domain.segments.evaluate import Fact, evaluate
from shared.domain.segments.evaluating import amounts, counts, favourites, ratios, values
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import shown
from shared.domain.segments.evaluating.ratios import Counts
from shared.domain.tags.expanding import ExpandedTag

F = TypeVar("F")


@dataclass(frozen=True, slots=True)
class TagVerdict:
    """The value, the facts that decided it, and the instant before which it does not change.

    `value` is None where the tag has none. `changes_at` may be early (then judging again gives the
    same value), never late; None: nothing but new events can change the value.
    """

    value: Value | None
    changes_at: datetime | None
    because: tuple[Fact, ...]


def value_of(tag: ExpandedTag, view: View, now: datetime, zone: ZoneInfo) -> TagVerdict:
    """Give the tag its value for one person at `now`; `zone` is where natural days begin.

    `view` must hold what `tag_references` names.
    """
    if tag.figure is None:
        found = decide(tag.rules, tag.otherwise, view, now, zone)
        return TagVerdict(found.answer, found.changes_at, found.because)
    clock = Clock.of(now, zone)
    figure = figure_of(tag.figure, view, clock)
    facts = evaluate(tag.figure, view, now, zone).because
    value = None if figure.now == "" else figure.now  # a manual tag that was taken away
    because = tuple(replace(fact, holds=value is not None) for fact in facts)
    return TagVerdict(value, figure.changes_at(clock), because)


def figure_of(leaf: Node, view: View, clock: Clock) -> Figure[Value | None]:
    """The number or value that a leaf compares, and how it runs on; raises TypeError for others."""
    match leaf:
        case EventCondition():
            return _each(counts.figure(leaf, view, clock), int)
        case AmountCondition():
            return _amount(leaf, view, clock)
        case RatioCondition():
            return _each(ratios.figure(leaf, view, clock), _ratio)
        case FavouriteCondition():
            return favourites.figure(leaf, view, clock)
        case ValueCondition():
            return values.figure(leaf, view, clock)
        case _:
            raise TypeError(f"a {leaf.type} condition compares no single value")


def _amount(leaf: AmountCondition, view: View, clock: Clock) -> Figure[Value | None]:
    aggregate = leaf.aggregate
    if aggregate == "distinct":
        return _each(amounts.distinct(leaf, view, clock), int)
    figure = amounts.figure(leaf, view, clock)
    return _each(figure, lambda found: shown(found.amount(aggregate)))


def _ratio(counted: Counts) -> float | None:
    part, whole = counted
    return part / whole if whole else None


def _each(figure: Figure[F], change: Callable[[F], Value | None]) -> Figure[Value | None]:
    """The same course of something else that follows from the figure."""
    later = tuple((when, change(value)) for when, value in figure.later)
    return Figure(change(figure.now), later, figure.until)
