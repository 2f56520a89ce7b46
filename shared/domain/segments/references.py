"""What a condition refers to, and how far back that matters: all that must be known of a person."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Final, TypeVar, assert_never

from shared.domain.days import month_of
from shared.domain.measures.model import Measure
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
    nodes,
)
from shared.domain.segments.nodes.events import AnchoredWindow, EventPattern, RollingWindow
from shared.domain.segments.nodes.person import TraitDate

_DAY_SECONDS: Final = 86_400
_LONGEST_UNIT_DAYS: Final = {"week": 7, "month": 31}

K = TypeVar("K")


@dataclass(frozen=True, slots=True)
class Anchored:
    """Moments of a measure around the first or last time that something else happened.

    They matter from `before_seconds` before the anchor to `after_seconds` after it.
    """

    measure: Measure
    anchor: Measure
    which: str
    before_seconds: int
    after_seconds: int


@dataclass(frozen=True, slots=True)
class References:
    """Everything that must be known of a person to evaluate some conditions.

    `events` (counters) and `cells` say how many days back they matter, today included, None for
    ever; `moments` says how many seconds back. `anchored` moments may lie anywhere.
    """

    events: Mapping[str, int | None] = field(default_factory=dict)
    traits: frozenset[str] = frozenset()
    cells: Mapping[Measure, int | None] = field(default_factory=dict)
    moments: Mapping[Measure, int] = field(default_factory=dict)
    anchored: frozenset[Anchored] = frozenset()
    activity: bool = False

    @property
    def measures(self) -> frozenset[Measure]:
        """Every measure that must be kept."""
        around = (measure for each in self.anchored for measure in (each.measure, each.anchor))
        return frozenset((*self.cells, *self.moments, *around))

    @property
    def event_names(self) -> frozenset[str]:
        """Every event that can change the answer."""
        return frozenset((*self.events, *(measure.event for measure in self.measures)))

    def first_month(self, event: str, today: date) -> str | None:
        """The earliest month (`2026-11`) whose counters of `event` matter; None: every month."""
        return first_month(self.events[event], today)


def with_days_in_cells(asked: References) -> References:
    """The same, and what is counted on days also by measures: for a workspace of another time zone.

    Counters have the days of the zone in which they were counted, and cannot be counted again.
    """
    counted = {Measure(event): days for event, days in asked.events.items()}
    return replace(asked, cells=_longest((asked.cells, counted)))


def first_month(window: int | None, today: date) -> str | None:
    """The earliest month of the last `window` days; None when every month matters."""
    if window is None:
        return None
    return month_of(today - timedelta(days=min(window - 1, today.toordinal() - 1)))


def references(condition: Node) -> References:
    """What one condition refers to; what stands for something else must have been expanded."""
    return all_references(_of(node) for _, _, node in nodes(condition))


def all_references(parts: Iterable[References]) -> References:
    """What must be known to evaluate several conditions."""
    found = tuple(parts)
    moments: dict[Measure, int] = {}
    for part in found:
        for measure, seconds in part.moments.items():
            moments[measure] = max(moments.get(measure, 0), seconds)
    return References(
        events=_longest(part.events for part in found),
        traits=frozenset[str]().union(*(part.traits for part in found)),
        cells=_longest(part.cells for part in found),
        moments=moments,
        anchored=frozenset[Anchored]().union(*(part.anchored for part in found)),
        activity=any(part.activity for part in found),
    )


def _of(node: Node) -> References:  # noqa: C901 - one line for each kind
    match node:
        case TraitCondition():
            return References(traits=frozenset({node.trait}))
        case EventCondition():
            return _windowed(node, Measure.of(node))
        case AmountCondition():
            distinct = node.aggregate == "distinct"
            return _windowed(node, Measure.of(node, node.property), single=distinct)
        case ValueCondition():
            return _windowed(node, Measure.of(node, node.test.property))
        case FavouriteCondition():
            measure = Measure.of(node, node.test.property)
            return References(moments={measure: _reach(node.within_days)})
        case RatioCondition():
            counted = (node.part, node.whole) if node.part else (node.whole,)
            return all_references(_counted(each, node.within_days) for each in counted)
        case TrendCondition():
            back = (node.periods + 2) * _LONGEST_UNIT_DAYS[node.unit]
            if node.property is None:
                return _counted(node, back)
            return References(cells={Measure.of(node, node.property): back})
        case SequenceCondition():
            patterns = (*node.steps, *([node.without] if node.without else ()))
            back = _reach(node.within_days) + node.within_seconds
            return References(moments={Measure.of(each): back for each in patterns})
        case ActivityCondition():
            return References(activity=True)
        case DateCondition():
            if isinstance(node.source, TraitDate):
                return References(traits=frozenset({node.source.trait}))
            return _counted(node.source, None)
        case AllCondition() | AnyCondition() | AtLeastCondition() | NotCondition():
            return References()
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


def _windowed(
    node: EventCondition | AmountCondition | ValueCondition,
    measure: Measure,
    *,
    single: bool = False,
) -> References:
    """`single` when single moments have to be looked at in any window."""
    window = node.window
    if isinstance(window, RollingWindow):
        return References(moments={measure: window.seconds})
    if isinstance(window, AnchoredWindow):
        anchor = Measure.of(window.anchor)
        reach = (0, window.seconds) if window.type == "after" else (window.seconds, 0)
        around = Anchored(measure, anchor, window.which, *reach)
        return References(cells={anchor: None}, anchored=frozenset({around}))
    if single and node.within_days:
        return References(moments={measure: _reach(node.within_days)})
    days = node.within_days if window is None else None
    if isinstance(node, EventCondition):
        return _counted(node, days)
    return References(cells={measure: days})


def _reach(days: int) -> int:
    """Seconds that cover so many natural days, also those of 25 hours."""
    return (days + 1) * _DAY_SECONDS


def _counted(pattern: EventPattern, days: int | None) -> References:
    """How often something was done: by the counters of events, or by a measure where filtered."""
    if pattern.where:
        return References(cells={Measure.of(pattern): days})
    return References(events={pattern.event: days})


def _longest(parts: Iterable[Mapping[K, int | None]]) -> dict[K, int | None]:
    found: dict[K, int | None] = {}
    for part in parts:
        for name, days in part.items():
            known = found.get(name, 0)
            found[name] = None if days is None or known is None else max(days, known)
    return found
