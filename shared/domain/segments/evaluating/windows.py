"""Windows: which days and moments lie within one, and when each of them leaves it."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import TypeVar, assert_never

from shared.domain.days import day_start, natural_day
from shared.domain.measures.cells import cell_of
from shared.domain.measures.model import Cell, Measure, Moment
from shared.domain.profiles.model import View
from shared.domain.segments.condition import AmountCondition, EventCondition, ValueCondition
from shared.domain.segments.courses import earliest
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import LAST_DAY, Pieces
from shared.domain.segments.nodes.events import (
    AnchoredWindow,
    BetweenWindow,
    EventPattern,
    RollingWindow,
)

T = TypeVar("T")
Windowed = EventCondition | AmountCondition | ValueCondition

_AT = attrgetter("at")


def counts_of(pattern: EventPattern, view: View, *, for_ever: bool = False) -> Mapping[date, int]:
    """How often something was done on each natural day, by a measure's cells or by counters.

    Without filters, cells are only there where counters have the days of another time zone; `for
    ever` needs no days, and counters know more of the past.
    """
    days = view.cells.get(Measure.of(pattern))
    if not pattern.where and (days is None or for_ever):
        return view.counters.get(pattern.event, {})
    return {day: cell.times for day, cell in (days or {}).items()}


def counts_within(node: EventCondition, view: View, clock: Clock) -> Pieces[int]:
    """How often something was done, for whatever window there is."""
    window = node.window
    if window is None or isinstance(window, BetweenWindow):
        for_ever = window is None and node.within_days is None
        days = counts_of(node, view, for_ever=for_ever)
        return days_in(days, node.within_days, window, clock)
    return moments_in(window, Measure.of(node), view, clock).map(lambda _: 1)


def cells_within(node: Windowed, measure: Measure, view: View, clock: Clock) -> Pieces[Cell]:
    """What a measure comes to, for whatever window there is."""
    window = node.window
    if window is None or isinstance(window, BetweenWindow):
        return days_in(view.cells.get(measure, {}), node.within_days, window, clock)
    return moments_in(window, measure, view, clock).map(cell_of)


def days_in(
    days: Mapping[date, T], within_days: int | None, between: BetweenWindow | None, clock: Clock
) -> Pieces[T]:
    """The days of a natural-day window; of every day up to today, without one."""
    if not days:
        return Pieces(())
    today = clock.today
    first, last = (between.first_day, between.last_day) if between else (date.min, LAST_DAY)
    until = None
    if max(days) > today:
        coming = (day for day in days if day > today and first <= day <= last)
        until = earliest(day_start(day, clock.zone) for day in coming)
        last = min(last, today)
    elif between is None and within_days is None:
        return Pieces([(None, piece) for piece in days.values()])
    if within_days is None:
        return Pieces([(None, days[day]) for day in days if first <= day <= last], until)
    window = timedelta(days=within_days)
    before = today - window
    inside = sorted([day for day in days if before < day <= today])
    return Pieces([(day + window, days[day]) for day in inside], until)


def moments_in(
    window: RollingWindow | AnchoredWindow, measure: Measure, view: View, clock: Clock
) -> Pieces[Moment]:
    """The moments of a rolling or anchored window."""
    moments = view.moments.get(measure, ())
    reach = timedelta(seconds=window.seconds)
    match window:
        case RollingWindow():
            begin, end = _between(moments, clock.at - reach, clock.at)
            inside = [(moment.at + reach, moment) for moment in moments[begin:end]]
            return Pieces(inside, _next(moments, end))
        case AnchoredWindow():
            return _around(window, moments, view, clock)
        case _:
            assert_never(window)


def moments_of_days(measure: Measure, within_days: int, view: View, clock: Clock) -> Pieces[Moment]:
    """The moments of the last natural days, each leaving with its day."""
    moments = view.moments.get(measure, ())
    window = timedelta(days=within_days)
    first = day_start(clock.today - window + timedelta(days=1), clock.zone)
    begin, end = _between(moments, first - _INSTANT, clock.at)
    inside = [
        (natural_day(moment.at, clock.zone) + window, moment) for moment in moments[begin:end]
    ]
    return Pieces(inside, _next(moments, end))


def _around(
    window: AnchoredWindow, moments: Sequence[Moment], view: View, clock: Clock
) -> Pieces[Moment]:
    anchor, until = _anchor(window, view, clock)
    if anchor is None:
        return Pieces((), until)
    reach = timedelta(seconds=window.seconds)
    if window.type == "after":
        begin, end = _between(moments, anchor, min(anchor + reach, clock.at))
    else:
        begin, end = _between(moments, anchor - reach - _INSTANT, anchor - _INSTANT)
    until = earliest((until, _next(moments, _between(moments, clock.at, clock.at)[1])))
    return Pieces([(None, moment) for moment in moments[begin:end]], until)


def _anchor(
    window: AnchoredWindow, view: View, clock: Clock
) -> tuple[datetime | None, datetime | None]:
    """(when the anchor happened, when a coming one does)."""
    days = days_in(view.cells.get(Measure.of(window.anchor), {}), None, None, clock)
    cells = [cell for _, cell in days.items]
    if not cells:
        return None, days.until
    first = window.which == "first"
    at = min(cell.first_at for cell in cells) if first else max(cell.last_at for cell in cells)
    return (at, days.until) if at <= clock.at else (None, at)


_INSTANT = timedelta(microseconds=1)


def _between(moments: Sequence[Moment], after: datetime, to: datetime) -> tuple[int, int]:
    """Where those begin and end for which `after < at <= to`."""
    return bisect_right(moments, after, key=_AT), bisect_right(moments, to, key=_AT)


def _next(moments: Sequence[Moment], index: int) -> datetime | None:
    return moments[index].at if index < len(moments) else None
