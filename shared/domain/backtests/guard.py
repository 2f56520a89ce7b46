"""What a journey did with a person in the past that is replayed, and who may enter it again."""

from dataclasses import replace
from typing import Final

from shared.domain.events.model import Event
from shared.domain.events.own import (
    ACTS_OF_JOURNEYS,
    JOURNEY_ASKED,
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run, may_enter
from shared.domain.journeys.ids import slot_of
from shared.domain.journeys.stimulus import Happened

_ENDINGS: Final = (JOURNEY_COMPLETED, JOURNEY_EXITED)


class Guard:
    """The latest runs of one person by the keys of re-entry, and the names of all that began."""

    def __init__(self, journey: Journey) -> None:
        """Nobody has run through the journey yet."""
        self._journey = journey
        self._latest: dict[str, Run] = {}  # by slot
        self._begun: set[str] = set()
        self._done: set[str] = set()

    def is_act(self, event: Event) -> bool:
        """Whether the journey itself did this, then or in the backtest: it is no news.

        A run of before the period can end in it.
        """
        if event.message_id in self._done:
            return True
        by = "by_journey_id" if event.name == JOURNEY_ASKED else "journey_id"
        own = event.name in ACTS_OF_JOURNEYS
        if not own or event.properties.get(by) != self._journey.journey_id:
            return False
        self._note_end(event)
        return True

    def did(self, event: Event) -> None:
        """The journey did this in the backtest; what it did then has the same id."""
        self._done.add(event.message_id)

    def remember(self, event: Event) -> None:
        """Take in what the journey did before the period: who entered, and whose run ended."""
        if self.is_act(event) and event.name == JOURNEY_ENTERED:
            name = str(event.properties.get("enrolment_id"))
            latest = self._latest.get(slot_of(name))
            if latest is None or latest.entered_at <= event.occurred_at:
                active = not event.properties.get("held_out")
                self._latest[slot_of(name)] = Run(name, event.occurred_at, active)

    def _note_end(self, act: Event) -> None:
        name = str(act.properties.get("enrolment_id"))
        if act.name in _ENDINGS and name not in self._begun:
            self._close(name)

    def has_begun(self, name: str) -> bool:
        """Whether this run began in the period."""
        return name in self._begun

    def admits(self, entry: Happened, name: str) -> bool:
        """Whether re-entry lets the person in, by the run of that name."""
        latest = self._latest.get(slot_of(name))
        runs = () if latest is None else (latest,)
        return may_enter(self._journey.reentry, runs, entry.occurred_at)

    def begin(self, enrolment: Enrolment) -> None:
        """A run begins."""
        self._begun.add(enrolment.enrolment_id)
        name = enrolment.enrolment_id
        self._latest[slot_of(name)] = Run(name, enrolment.entered_at, active=True)

    def end(self, enrolment: Enrolment) -> None:
        """A run of the period is over."""
        self._close(enrolment.enrolment_id)

    def _close(self, name: str) -> None:
        latest = self._latest.get(slot_of(name))
        if latest and latest.enrolment_id == name:
            self._latest[slot_of(name)] = replace(latest, active=False)
