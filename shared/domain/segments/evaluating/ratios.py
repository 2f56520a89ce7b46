"""Judges leaves about how often one thing was done in proportion to another."""

from operator import add

from shared.domain.profiles.model import View
from shared.domain.segments.condition import RatioCondition
from shared.domain.segments.courses import earliest
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import compares, exact, times
from shared.domain.segments.evaluating.figure import Figure, Pieces
from shared.domain.segments.evaluating.finding import Fact, Finding
from shared.domain.segments.evaluating.windows import counts_of, days_in
from shared.domain.segments.nodes.events import EventPattern

Counts = tuple[int, int]  # (part, whole)


def find(node: RatioCondition, view: View, clock: Clock) -> Finding:
    """Compare the ratio, without dividing."""
    counted = figure(node, view, clock)
    wanted = exact(node.value)

    def test(counts: Counts) -> bool:
        part, whole = counts
        return whole > 0 and compares(node.comparison, part, times(wanted, whole))

    course = counted.course(test, clock)
    part, whole = counted.now
    value = part / whole if whole else None
    return Finding(
        course, (Fact("ratio", node.whole.event, value, course.holds, node.within_days),)
    )


def figure(node: RatioCondition, view: View, clock: Clock) -> Figure[Counts]:
    """How often the part and the whole were done."""
    whole = _days(node, node.whole, view, clock)
    if node.part is None:
        return whole.fold(0, add).map(_repeated)
    part = _days(node, node.part, view, clock)
    items = [
        *((leaves, (count, 0)) for leaves, count in part.items),
        *((leaves, (0, count)) for leaves, count in whole.items),
    ]
    if node.within_days is not None:
        items.sort(key=lambda item: (item[0] is not None, item[0]))
    both = Pieces(items, earliest((part.until, whole.until)))
    return both.fold((0, 0), lambda one, other: (one[0] + other[0], one[1] + other[1]))


def _days(node: RatioCondition, pattern: EventPattern, view: View, clock: Clock) -> Pieces[int]:
    counts = counts_of(pattern, view, for_ever=node.within_days is None)
    return days_in(counts, node.within_days, None, clock)


def _repeated(count: int) -> Counts:
    return max(count - 1, 0), count
