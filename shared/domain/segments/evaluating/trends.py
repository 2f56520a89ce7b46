"""Judges leaves about what fell or rose several periods in a row."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from shared.domain.counters.revenue import total
from shared.domain.days import day_start
from shared.domain.measures.model import Measure
from shared.domain.profiles.model import View
from shared.domain.segments.condition import TrendCondition
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import Exact
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import Fact, Finding, shown
from shared.domain.segments.evaluating.windows import counts_of

Periods = tuple[Exact, ...]  # the compared ones, ascending


def find(node: TrendCondition, view: View, clock: Clock) -> Finding:
    """Compare each period with the one before it."""
    periods = figure(node, view, clock)

    def test(amounts: Periods) -> bool:
        if node.direction == "falling":
            return all(before > after for before, after in pairwise(amounts))
        return all(before < after for before, after in pairwise(amounts))

    course = periods.course(test, clock)
    fact = Fact(
        "trend", node.event, shown(Decimal(periods.now[-1])), course.holds,
        property=node.property, aggregate=node.aggregate,
    )  # fmt: skip
    return Finding(course, (fact,))


def figure(node: TrendCondition, view: View, clock: Clock) -> Figure[Periods]:
    """What the compared periods came to, now and as each further period begins.

    The current period joins as it is, then empty ones, until all that are compared are empty.
    """
    compared = node.periods + 1
    starts = [_start(clock.today, node.unit, offset) for offset in range(-compared, compared + 2)]
    days = _days(node, view)
    amounts = _amounts(node, days, starts, clock)
    later = [
        (starts[shift + compared], amounts[shift : shift + compared])
        for shift in range(1, compared + 2)
    ]
    coming = [day for day in days if day > clock.today]
    until = day_start(min(coming), clock.zone) if coming else None
    return Figure(amounts[:compared], later, until)


def _amounts(
    node: TrendCondition, days: Mapping[date, Exact], starts: list[date], clock: Clock
) -> Periods:
    """What each period came to, the last of them the one before the last start."""
    parts: list[list[Decimal]] = [[] for _ in starts[1:]]
    places = {start: place for place, start in enumerate(starts[:-1])}
    for day, amount in days.items():
        if starts[0] <= day <= clock.today:
            parts[places[_start(day, node.unit, 0)]].append(Decimal(amount))
    return tuple(map(total, parts))


def _days(node: TrendCondition, view: View) -> Mapping[date, Exact]:
    if node.property is None:
        return counts_of(node, view)
    cells = view.cells.get(Measure.of(node, node.property), {})
    return {day: cell.total for day, cell in cells.items()}


def _start(day: date, unit: str, offset: int) -> date:
    """The first day of the week or month of a day, or of one so many periods later."""
    if unit == "week":
        return day - timedelta(days=day.weekday()) + timedelta(weeks=offset)
    months = day.year * 12 + day.month - 1 + offset
    return date(months // 12, months % 12 + 1, 1)
