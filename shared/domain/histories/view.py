"""The view that the stores would show of somebody at an instant, from a list of events.

Tests of journeys and rehearsals of the past know nothing but events; the stores keep the same as
counters, moments, cells and traits of each strand.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.days import month_of, natural_day
from shared.domain.events.model import Event
from shared.domain.events.own import OWN_EVENTS
from shared.domain.measures.cells import add_moments, fold_day, merge_cells, unite_moments
from shared.domain.measures.model import Activity, Cell, Measure, Moment, measures_by_event
from shared.domain.measures.taking import moments_by_day
from shared.domain.profiles.learn import learn
from shared.domain.profiles.model import View
from shared.domain.segments.references import Anchored, References, first_month


class Told(NamedTuple):
    """An event and the strand in which it lies."""

    strand_id: str
    event: Event


def view_at(now: datetime, told: Iterable[Told], needed: References, zone: ZoneInfo) -> View:
    """What must be known at `now` for what `needed` refers to, and nothing beyond it.

    The events may come in any order, and of several strands; later ones than `now` are not known
    yet.
    """
    known = [each for each in told if each.event.occurred_at <= now]
    strands: dict[str, list[Told]] = {}
    for each in known:
        strands.setdefault(each.strand_id, []).append(each)
    kept = [_kept(strand, needed, zone) for strand in strands.values()]
    today = natural_day(now, zone)
    cells = {
        measure: _since(days, needed.cells[measure], today)
        for measure, days in _cells(kept).items()
        if measure in needed.cells
    }
    counters = _counters(known, zone)
    traits = learn([each.event for each in known]).traits
    return View(
        traits={
            name: traits[name].value
            for name in needed.traits & traits.keys()
            if traits[name].value is not None
        },
        counters={
            event: _since(counters[event], days, today)
            for event, days in needed.events.items()
            if event in counters
        },
        cells=cells,
        moments=_moments(kept, needed, now, cells),
        activity=_activity(known) if needed.activity else None,
    )


def active_in(told: Iterable[Told]) -> tuple[datetime, ...]:
    """When the person gave a sign of life: what Rapport wrote itself is none."""
    return tuple(one.event.occurred_at for one in told if one.event.name not in OWN_EVENTS)


Kept = Mapping[Measure, Mapping[date, tuple[Moment, ...]]]


def _kept(strand: Iterable[Told], needed: References, zone: ZoneInfo) -> Kept:
    """What the rows of one strand hold; they are filled one by one."""
    measures = measures_by_event(needed.measures)
    kept: dict[Measure, dict[date, tuple[Moment, ...]]] = {}
    for each in strand:
        taken = moments_by_day([(each.event.message_id, each.event)], measures, zone)
        for measure, days in taken.items():
            for day, moments in days.items():
                row = kept.setdefault(measure, {})
                row[day] = add_moments(row.get(day, ()), moments)
    return kept


def _cells(kept: Iterable[Kept]) -> dict[Measure, dict[date, Cell]]:
    cells: dict[Measure, dict[date, list[Cell]]] = {}
    for strand in kept:
        for measure, days in strand.items():
            for day, moments in days.items():
                cells.setdefault(measure, {}).setdefault(day, []).append(fold_day(moments))
    return {
        measure: {day: cell for day, each in days.items() if (cell := merge_cells(each))}
        for measure, days in cells.items()
    }


def _since(days: Mapping[date, Any], window: int | None, today: date) -> dict[date, Any]:
    """The days of the months that matter; whole months are read."""
    first = first_month(window, today) or ""
    return {day: each for day, each in days.items() if month_of(day) >= first}


def _counters(known: Iterable[Told], zone: ZoneInfo) -> dict[str, dict[date, int]]:
    counters: dict[str, dict[date, int]] = {}
    for each in known:
        days = counters.setdefault(each.event.name, {})
        day = natural_day(each.event.occurred_at, zone)
        days[day] = days.get(day, 0) + 1
    return counters


def _moments(
    kept: Iterable[Kept],
    needed: References,
    now: datetime,
    cells: Mapping[Measure, Mapping[date, Cell]],
) -> dict[Measure, tuple[Moment, ...]]:
    strands = list(kept)
    spans: dict[Measure, list[tuple[datetime, datetime]]] = {
        measure: [(now - timedelta(seconds=seconds), now)]
        for measure, seconds in needed.moments.items()
    }
    for around in needed.anchored:
        if cell := merge_cells(cells.get(around.anchor, {}).values()):
            spans.setdefault(around.measure, []).append(_span(around, cell))
    found = {}
    for measure, wanted in spans.items():
        united = unite_moments(
            sorted(moment for moments in strand.get(measure, {}).values() for moment in moments)
            for strand in strands
        )
        found[measure] = tuple(
            moment for moment in united if any(a <= moment.at <= b for a, b in wanted)
        )
    return found


def _span(around: Anchored, cell: Cell) -> tuple[datetime, datetime]:
    at = cell.first_at if around.which == "first" else cell.last_at
    before = timedelta(seconds=around.before_seconds)
    return at - before, at + timedelta(seconds=around.after_seconds)


def _activity(known: Iterable[Told]) -> Activity | None:
    instants = [each.event.occurred_at for each in known if each.event.name not in OWN_EVENTS]
    return Activity(min(instants), max(instants), len(instants)) if instants else None
