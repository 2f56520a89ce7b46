"""The shape that all steps share: what they are shown, and what they can answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Because, Decision, Enrolment
from shared.domain.journeys.stimulus import Happened, Move


@dataclass(frozen=True, slots=True)
class Moment:
    """What a step is shown: the enrolment standing at it, and what has come.

    `now` is the wall clock of the driver; steps live by the enrolment's own clock.
    """

    journey: Journey
    enrolment: Enrolment
    visit: int
    stimulus: Move
    now: datetime

    def waits_for(self, time: timedelta) -> tuple[datetime, datetime]:
        """From when until when to wait for something to happen.

        The enrolment's clock runs ahead of the wall in a rehearsal that somebody plays by hand;
        what they do from now on has to count there too.
        """
        clock_at = self.enrolment.clock_at
        return min(clock_at, self.now), clock_at + time

    def heard(self, happened: Happened, target: str | None, *more: Mapping[str, Any]) -> "Go":
        """On, because of something that happened in a wait; it is used up by that."""
        at = max(self.enrolment.clock_at, happened.occurred_at)
        because = (because_of(happened), *more)
        return Go("happened", target, because, clock_at=at, fact=happened.fact_id)


@dataclass(frozen=True, slots=True)
class Go:
    """On to `target` (None: the step below); `clock_at` when the enrolment's clock moves."""

    decision: Decision
    target: str | None
    because: Because = ()
    clock_at: datetime | None = None
    fact: str | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Stay here until `due`, or until one of `triggers` comes that happened from `since` on."""

    since: datetime
    due: datetime
    triggers: tuple[str, ...] = ()
    because: Because = ()


@dataclass(frozen=True, slots=True)
class Leave:
    """Out of the journey, with a reason."""

    reason: str


Outcome = Go | Hold | Leave


def fact(about: str, name: str, **more: object) -> Mapping[str, Any]:
    """One reason in a trace, of the same form as the facts behind a condition's verdict."""
    return {"about": about, "name": name, **more}


def because_of(happened: Happened) -> Mapping[str, Any]:
    """Something that happened as a reason."""
    return fact(happened.about, happened.trigger, at=format_instant(happened.occurred_at))
