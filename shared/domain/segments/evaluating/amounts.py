"""Judges leaves about a sum, average, minimum, maximum, or the number of different values."""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Final, Literal, NamedTuple, assert_never

from shared.domain.measures.cells import text_of
from shared.domain.measures.model import Cell, Measure, Moment
from shared.domain.profiles.model import View
from shared.domain.segments.condition import AmountCondition
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import COMPARISONS, Exact, compares, exact, times
from shared.domain.segments.evaluating.figure import Figure, Pieces
from shared.domain.segments.evaluating.finding import Fact, Finding, shown
from shared.domain.segments.evaluating.windows import (
    cells_within,
    moments_in,
    moments_of_days,
)
from shared.domain.segments.nodes.events import MAX_FINE_DAYS, AnchoredWindow, RollingWindow

Aggregate = Literal["sum", "average", "minimum", "maximum"]

_EXACT: Final = Context(prec=38)


class Amounts(NamedTuple):
    """What numbers come to: how many there are, their sum, the least and the greatest of them."""

    numbers: int
    total: Decimal
    least: Decimal | None
    most: Decimal | None

    def amount(self, aggregate: Aggregate) -> Decimal | None:
        """One of the aggregates; an average that does not end has 28 digits."""
        match aggregate:
            case "sum":
                return self.total
            case "average":
                return self.total / self.numbers if self.numbers else None
            case "minimum":
                return self.least
            case "maximum":
                return self.most
            case _:
                assert_never(aggregate)

    def holds(
        self, aggregate: Aggregate, compare: Callable[[Exact, Exact], bool], wanted: Decimal
    ) -> bool:
        """Whether an aggregate compares so; an average without dividing, so that it is exact."""
        if aggregate == "average":
            return self.numbers > 0 and compare(self.total, times(wanted, self.numbers))
        value = self.amount(aggregate)
        return value is not None and compare(value, wanted)


_NOTHING: Final = Amounts(0, Decimal(0), None, None)


def find(node: AmountCondition, view: View, clock: Clock) -> Finding:
    """Compare what the property comes to."""
    wanted = exact(node.value)
    if node.aggregate == "distinct":
        counted = distinct(node, view, clock)
        now: Decimal | int | None = counted.now
        course = counted.course(lambda count: compares(node.comparison, count, wanted), clock)
    else:
        aggregate, compare = node.aggregate, COMPARISONS[node.comparison]
        summed = figure(node, view, clock)
        now = summed.now.amount(aggregate)
        course = summed.course(lambda amounts: amounts.holds(aggregate, compare, wanted), clock)
    fact = Fact(
        "amount", node.event, shown(now), course.holds, node.within_days, node.property,
        node.aggregate, node.window,
    )  # fmt: skip
    return Finding(course, (fact,))


def figure(node: AmountCondition, view: View, clock: Clock) -> Figure[Amounts]:
    """What the property's numbers come to."""
    pieces = cells_within(node, Measure.of(node, node.property), view, clock)
    return pieces.fold(_NOTHING, _added)


def distinct(node: AmountCondition, view: View, clock: Clock) -> Figure[int]:
    """How many different values there are, told apart by their JSON text."""
    seen: set[str] = set()

    def add(_: int, moment: Moment) -> int:
        if moment.value is not None:
            seen.add(text_of(moment.value))
        return len(seen)

    return _moments(node, view, clock).fold(0, add)


def _moments(node: AmountCondition, view: View, clock: Clock) -> Pieces[Moment]:
    measure = Measure.of(node, node.property)
    if isinstance(node.window, RollingWindow | AnchoredWindow):
        return moments_in(node.window, measure, view, clock)
    # Without one of both windows a condition is refused.
    return moments_of_days(measure, node.within_days or MAX_FINE_DAYS, view, clock)


def _added(known: Amounts, cell: Cell) -> Amounts:
    if cell.least is None or cell.most is None:
        return known
    numbers, total, least, most = known
    return Amounts(
        numbers + cell.amounts,
        _EXACT.add(total, cell.total),
        cell.least if least is None or cell.least < least else least,
        cell.most if most is None or cell.most > most else most,
    )
