"""Reads what conditions look at: everything that they refer to, of all strands of a person."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from shared.aws.measure_store import MeasureStore, Span
from shared.aws.state_store import StateStore
from shared.domain.days import natural_day
from shared.domain.identity.person import Person
from shared.domain.measures.model import Activity, Cell, Measure, Moment
from shared.domain.profiles.model import ProfileState, View
from shared.domain.segments.references import Anchored, References, first_month

Cells = Mapping[Measure, Mapping[date, Cell]]


class ViewReader:
    """Views of people; strongly consistent, and only what is asked for is read.

    A query for each event and each measure in each strand; moments around an anchor are another
    one. Every method raises TransientError.
    """

    def __init__(self, states: StateStore, measures: MeasureStore) -> None:
        """`states` knows the counters."""
        self._states = states
        self._measures = measures

    def view(
        self,
        person: Person,
        strands: Collection[str],
        traits: Mapping[str, Any],
        state: ProfileState | None,
        asked: References,
        now: datetime,
        zone: ZoneInfo,
    ) -> View:
        """What is known of a person at `now`; `strands` are those in which something happened.

        `traits` and `state` have been read already, where they are asked for.
        """
        workspace_id, today = person.workspace_id, natural_day(now, zone)
        cells = {
            measure: self._measures.cells(
                workspace_id, strands, measure, first_month(days, today), zone
            )
            for measure, days in asked.cells.items()
        }
        return View(
            traits=traits,
            counters=self._states.counters(workspace_id, strands, asked, today),
            cells=cells,
            moments=self._moments(workspace_id, strands, asked, cells, now, zone),
            activity=_activity(state),
        )

    def _moments(
        self,
        workspace_id: str,
        strands: Collection[str],
        asked: References,
        cells: Cells,
        now: datetime,
        zone: ZoneInfo,
    ) -> dict[Measure, Sequence[Moment]]:
        spans: dict[Measure, list[Span]] = {measure: [] for measure in asked.moments}
        for measure, seconds in asked.moments.items():
            spans[measure].append(Span(natural_day(now - timedelta(seconds=seconds), zone)))
        for around in sorted(asked.anchored, key=lambda each: each.measure.measure_id):
            if span := _span(around, cells.get(around.anchor, {}), zone):
                spans.setdefault(around.measure, []).append(span)
        return {
            measure: self._measures.moments(workspace_id, strands, measure, days, zone)
            for measure, days in spans.items()
        }


def _span(around: Anchored, days: Mapping[date, Cell], zone: ZoneInfo) -> Span | None:
    """The days that lie within reach of an anchor; None when it never happened."""
    if not days:
        return None
    if around.which == "first":
        at = min(cell.first_at for cell in days.values())
    else:
        at = max(cell.last_at for cell in days.values())
    return Span(
        natural_day(at - timedelta(seconds=around.before_seconds), zone),
        natural_day(at + timedelta(seconds=around.after_seconds), zone),
    )


def _activity(state: ProfileState | None) -> Activity | None:
    return Activity(state.first_seen_at, state.last_seen_at, state.events) if state else None
