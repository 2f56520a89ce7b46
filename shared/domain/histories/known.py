"""What is known of somebody while a history is told event by event, in the order of arrival.

It shows the same as the stores do: everything that has arrived. Telling one more event costs what
the event is worth, however long the history is, and a view costs nothing.
"""

from bisect import insort
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.consents.in_force import in_force
from shared.domain.consents.model import Decision, InForce, Scope
from shared.domain.consents.statements import decisions_of
from shared.domain.consents.told import GRANTED, NONE, scope_of
from shared.domain.days import natural_day
from shared.domain.events.model import Event
from shared.domain.events.own import CONSENT_CHANGED, OWN_EVENTS
from shared.domain.journeys.usual_hour import MOST_INSTANTS
from shared.domain.measures.cells import cell_of, merge_cells
from shared.domain.measures.model import Activity, Cell, Measure, Moment, measures_by_event
from shared.domain.measures.taking import moments_by_day
from shared.domain.profiles.model import Trait, View
from shared.domain.profiles.traits import later
from shared.domain.segments.references import References


class Known:
    """One person; each event is to be told once, whichever strand it lies in."""

    def __init__(self, asked: References, zone: ZoneInfo) -> None:
        """`asked` is all that conditions may refer to; traits and consents are always known."""
        self._zone = zone
        self._measures = measures_by_event(asked.measures)
        self._counted = frozenset(asked.events)
        self._counters: dict[str, dict[date, int]] = {}
        self._cells: dict[Measure, dict[date, Cell]] = {}
        self._moments: dict[Measure, list[Moment]] = {}
        self._claims: dict[str, Trait] = {}
        self._activity: Activity | None = None
        self._habits = asked.activity
        self._instants: list[datetime] = []
        self._said: dict[Scope, tuple[datetime, str]] = {}
        self._decided: list[Decision] = []
        self.traits: dict[str, Any] = {}
        """Name → value, without those that were taken back."""

    def tell(self, event: Event) -> None:
        """Take in one more event."""
        if event.name in self._counted:
            days = self._counters.setdefault(event.name, {})
            day = natural_day(event.occurred_at, self._zone)
            days[day] = days.get(day, 0) + 1
        if event.name in self._measures:
            self._measure(event)
        if event.type == "identify":
            self._claim(event)
        if event.name == CONSENT_CHANGED:
            self.hear(event)
        elif not self._said:
            self._decided += decisions_of(event)
        if event.name not in OWN_EVENTS:
            self._see(event.occurred_at)
            if self._habits:
                insort(self._instants, event.occurred_at)
                del self._instants[:-MOST_INSTANTS]

    def view(self) -> View:
        """What conditions may look at now; it changes with the next event that is told."""
        return View(self.traits, self._counters, self._cells, self._moments, self._activity)

    @property
    def active(self) -> tuple[datetime, ...]:
        """The latest signs of life, where activity is asked for at all."""
        return tuple(self._instants)

    @property
    def consents(self) -> InForce:
        """What is granted and refused by the last word about each scope.

        Of somebody of whom Rapport has told nothing yet, it follows from what the events decide.
        """
        if not self._said:
            return in_force({"": self._decided}, ()) if self._decided else {}
        return {
            scope: Decision(scope, word == GRANTED, at, CONSENT_CHANGED)
            for scope, (at, word) in self._said.items()
            if word != NONE
        }

    def _measure(self, event: Event) -> None:
        taken = moments_by_day([(event.message_id, event)], self._measures, self._zone)
        for measure, days in taken.items():
            for day, moments in days.items():
                cells = self._cells.setdefault(measure, {})
                for moment in moments:
                    insort(self._moments.setdefault(measure, []), moment, key=_place)
                    known = [cells[day]] if day in cells else []
                    merged = merge_cells([*known, cell_of(moment)])
                    if merged:
                        cells[day] = merged

    def _claim(self, event: Event) -> None:
        for name, value in event.traits.items():
            claim = Trait(value, event.occurred_at, event.source_id)
            if name in self._claims and later(self._claims[name], claim) is not claim:
                continue
            self._claims[name] = claim
            if value is None:
                self.traits.pop(name, None)
            else:
                self.traits[name] = value

    def hear(self, event: Event) -> None:
        """Take in what `$consent_changed` says of consents, once or several times."""
        for name, word in event.properties.items():
            scope = scope_of(name)
            said = (event.occurred_at, str(word))
            if scope and (scope not in self._said or said > self._said[scope]):
                self._said[scope] = said

    def _see(self, at: datetime) -> None:
        seen = self._activity
        if seen is None:
            self._activity = Activity(at, at, 1)
        else:
            first, last = min(seen.first_seen_at, at), max(seen.last_seen_at, at)
            self._activity = Activity(first, last, seen.events + 1)


def _place(moment: Moment) -> tuple[datetime, str]:
    return moment[:2]
