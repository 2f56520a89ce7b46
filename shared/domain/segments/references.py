"""What a condition refers to: the traits, and the events with how far back their counts matter."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from shared.domain.days import month_of
from shared.domain.segments.condition import EventCondition, Node, TraitCondition, nodes


@dataclass(frozen=True, slots=True)
class References:
    """`events` maps event name → longest window in days; None where no window bounds it."""

    events: Mapping[str, int | None] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()

    def first_month(self, event: str, today: date) -> str | None:
        """The earliest month (`2026-11`) whose counters of `event` matter; None: every month."""
        window = self.events[event]
        if window is None:
            return None
        days_back = min(window - 1, today.toordinal() - 1)
        return month_of(today - timedelta(days=days_back))


def references(condition: Node) -> References:
    """Everything that must be known of a person to evaluate the condition."""
    events: dict[str, int | None] = {}
    traits: set[str] = set()
    for _, _, node in nodes(condition):
        if isinstance(node, TraitCondition):
            traits.add(node.trait)
        elif isinstance(node, EventCondition):
            events[node.event] = _longest(events.get(node.event, 0), node.within_days)
    return References(events, frozenset(traits))


def all_references(parts: Iterable[References]) -> References:
    """What must be known to evaluate several conditions."""
    events: dict[str, int | None] = {}
    traits: set[str] = set()
    for part in parts:
        traits |= part.traits
        for event, window in part.events.items():
            events[event] = _longest(events.get(event, 0), window)
    return References(events, frozenset(traits))


def _longest(left: int | None, right: int | None) -> int | None:
    return None if left is None or right is None else max(left, right)
