"""Who may enter again: the runs of a person in the journey, those of before the period included."""

from dataclasses import replace
from typing import Final

from shared.domain.events.model import Event
from shared.domain.events.own import (
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    JOURNEY_GOAL,
    MESSAGE_SENT,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run, may_enter
from shared.domain.journeys.stimulus import Happened

_ENDINGS: Final = (JOURNEY_COMPLETED, JOURNEY_EXITED)
_ACTS: Final = frozenset({MESSAGE_SENT, JOURNEY_ENTERED, JOURNEY_GOAL, *_ENDINGS})


class Guard:
    """The latest run of one person, and the names of all that began."""

    def __init__(self, journey: Journey) -> None:
        """Nobody has run through the journey yet."""
        self._journey = journey
        self._latest: Run | None = None
        self._begun: set[str] = set()

    def is_act(self, event: Event) -> bool:
        """Whether the journey itself did this, in the past that is replayed."""
        return (
            event.name in _ACTS and event.properties.get("journey_id") == self._journey.journey_id
        )

    def remember(self, act: Event) -> None:
        """Take in what the journey did before the period: who entered, and whose run ended."""
        name = str(act.properties.get("enrolment_id"))
        if act.name == JOURNEY_ENTERED:
            latest = self._latest
            if latest is None or latest.entered_at <= act.occurred_at:
                active = not act.properties.get("held_out")
                self._latest = Run(name, act.occurred_at, active)
        self.note_end(act)

    def note_end(self, act: Event) -> None:
        """A run of before the period can end in it; runs of the period have begun here."""
        name = str(act.properties.get("enrolment_id"))
        if act.name in _ENDINGS and name not in self._begun:
            self._close(name)

    def has_begun(self, name: str) -> bool:
        """Whether this run began in the period."""
        return name in self._begun

    def admits(self, entry: Happened) -> bool:
        """Whether re-entry lets the person in."""
        runs = () if self._latest is None else (self._latest,)
        return may_enter(self._journey.reentry, runs, entry.occurred_at)

    def begin(self, enrolment: Enrolment) -> None:
        """A run begins."""
        self._begun.add(enrolment.enrolment_id)
        self._latest = Run(enrolment.enrolment_id, enrolment.entered_at, active=True)

    def end(self, enrolment: Enrolment) -> None:
        """A run of the period is over."""
        self._close(enrolment.enrolment_id)

    def _close(self, name: str) -> None:
        if self._latest and self._latest.enrolment_id == name:
            self._latest = replace(self._latest, active=False)
