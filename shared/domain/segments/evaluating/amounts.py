"""Judges leaves about a sum, average, minimum, maximum, or the number of different values."""

from decimal import Decimal
from typing import Final, Literal, assert_never

from shared.domain.measures.cells import merge_cells
from shared.domain.measures.model import Cell, Measure, Moment
from shared.domain.profiles.model import View
from shared.domain.segments.condition import AmountCondition
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import compares, exact, times
from shared.domain.segments.evaluating.figure import Figure, Pieces
from shared.domain.segments.evaluating.finding import Fact, Finding, shown
from shared.domain.segments.evaluating.windows import (
    cells_within,
    moments_in,
    moments_of_days,
)
from shared.domain.segments.nodes.base import AmountComparison
from shared.domain.segments.nodes.events import MAX_FINE_DAYS, AnchoredWindow, RollingWindow
from shared.domain.text import to_text

Aggregate = Literal["sum", "average", "minimum", "maximum"]

_ZERO: Final = Decimal(0)


def find(node: AmountCondition, view: View, clock: Clock) -> Finding:
    """Compare what the property comes to."""
    wanted = exact(node.value)
    if node.aggregate == "distinct":
        counted = distinct(node, view, clock)
        now: Decimal | int | None = counted.now
        course = counted.course(lambda count: compares(node.comparison, count, wanted), clock)
    else:
        aggregate = node.aggregate
        summed = cells(node, view, clock)
        now = amount(aggregate, summed.now)
        course = summed.course(lambda cell: _holds(cell, aggregate, node.comparison, wanted), clock)
    fact = Fact(
        "amount", node.event, shown(now), course.holds, node.within_days, node.property,
        node.aggregate, node.window,
    )  # fmt: skip
    return Finding(course, (fact,))


def cells(node: AmountCondition, view: View, clock: Clock) -> Figure[Cell | None]:
    """What the property's numbers come to; None where nothing happened."""
    pieces = cells_within(node, Measure.of(node, node.property), view, clock)
    return pieces.fold(None, _added)


def distinct(node: AmountCondition, view: View, clock: Clock) -> Figure[int]:
    """How many different values there are, told apart by their JSON text."""
    seen: set[str] = set()

    def add(_: int, moment: Moment) -> int:
        if moment.value is not None:
            seen.add(to_text(moment.value))
        return len(seen)

    return _moments(node, view, clock).fold(0, add)


def amount(aggregate: Aggregate, cell: Cell | None) -> Decimal | None:
    """What the numbers of a cell come to; an average that does not end has 28 digits."""
    if cell is None or not cell.amounts:
        return _ZERO if aggregate == "sum" else None
    match aggregate:
        case "sum":
            return cell.total
        case "average":
            return cell.total / cell.amounts
        case "minimum":
            return cell.least
        case "maximum":
            return cell.most
        case _:
            assert_never(aggregate)


def _holds(
    cell: Cell | None, aggregate: Aggregate, comparison: AmountComparison, wanted: Decimal
) -> bool:
    if aggregate == "average" and cell is not None and cell.amounts:
        return compares(comparison, cell.total, times(wanted, cell.amounts))
    value = amount(aggregate, cell)
    return value is not None and compares(comparison, value, wanted)


def _moments(node: AmountCondition, view: View, clock: Clock) -> Pieces[Moment]:
    measure = Measure.of(node, node.property)
    if isinstance(node.window, RollingWindow | AnchoredWindow):
        return moments_in(node.window, measure, view, clock)
    # Without one of both windows a condition is refused.
    return moments_of_days(measure, node.within_days or MAX_FINE_DAYS, view, clock)


def _added(known: Cell | None, cell: Cell) -> Cell | None:
    return cell if known is None else merge_cells((known, cell))
