"""`wait`: stays for a duration of logical time, or until a date or a time of day."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final, NamedTuple, assert_never
from zoneinfo import ZoneInfo

from shared.domain.instants import format_instant
from shared.domain.journeys.enrolment import Because
from shared.domain.journeys.kinds import WaitStep
from shared.domain.journeys.local_time import instant_of, next_time, on_day, own_zone
from shared.domain.journeys.parts import LONGEST
from shared.domain.journeys.steps.outcome import Go, Hold, Moment, Outcome, fact
from shared.domain.journeys.stimulus import Facts, Happened, Perform, TimeUp
from shared.domain.journeys.until import (
    WEEKDAYS,
    Until,
    UntilAt,
    UntilTime,
    UntilTrait,
    UntilUsualHour,
    UntilWeekday,
)
from shared.domain.journeys.usual_hour import usual_hour
from shared.domain.segments.evaluating.dates import date_in

_EVERY_DAY: Final[Collection[int]] = range(7)


class _Due(NamedTuple):
    """When a wait is due, if that can be told, and because of what."""

    at: datetime | None
    because: Because


def answer(step: WaitStep, moment: Moment) -> Outcome | None:
    """Begin to wait, or go on when the time is up; no event ends a plain wait."""
    enrolment = moment.enrolment
    match moment.stimulus:
        case Perform(facts=facts):
            return _begin(step, moment, facts)
        case TimeUp() if enrolment.waiting:
            return Go("elapsed", step.next, clock_at=enrolment.waiting.due)
        case TimeUp() | Happened():
            return None


def _begin(step: WaitStep, moment: Moment, facts: Facts | None) -> Outcome | None:
    clock_at, until = moment.enrolment.clock_at, step.until
    if until is None:
        return Hold(clock_at, clock_at + (step.duration or timedelta()))
    if isinstance(until, UntilAt) and until.at.tzinfo is not None:
        return _until_date(step, moment, _Due(until.at.astimezone(UTC), ()))
    return None if facts is None else _begin_by(step, until, moment, facts)


def _begin_by(step: WaitStep, until: Until, moment: Moment, facts: Facts) -> Outcome:
    clock_at = moment.enrolment.clock_at
    match until:
        case UntilAt():
            due = instant_of(until.at, facts.zone)
            return _until_date(step, moment, _Due(due, (_fact_of(facts.zone),)))
        case UntilTrait():
            return _until_date(step, moment, _trait(until, facts))
        case UntilTime() | UntilWeekday():
            return _until_time(until, clock_at, _zone(facts))
        case UntilUsualHour():
            return _until_usual_hour(until, clock_at, facts)
        case _:
            assert_never(until)


def _until_time(until: UntilTime | UntilWeekday, clock_at: datetime, zone: ZoneInfo) -> Outcome:
    days = _EVERY_DAY
    if isinstance(until, UntilWeekday):
        days = frozenset(WEEKDAYS.index(day) for day in until.weekdays)
    due = next_time(clock_at, time.fromisoformat(until.time), days, zone)
    return Hold(clock_at, due, because=(_fact_of(zone),))


def _until_usual_hour(until: UntilUsualHour, clock_at: datetime, facts: Facts) -> Outcome:
    zone = _zone(facts)
    hour = usual_hour([one for one in facts.active if one <= clock_at], zone)
    at = time.fromisoformat(until.time) if hour is None else time(hour)
    habit = fact("usual_hour", f"{at:%H:%M}", holds=hour is not None)
    due = next_time(clock_at, at, _EVERY_DAY, zone)
    return Hold(clock_at, due, because=(habit, _fact_of(zone)))


def _fact_of(zone: ZoneInfo) -> Mapping[str, Any]:
    return fact("zone", zone.key)


def _until_date(step: WaitStep, moment: Moment, due: _Due) -> Outcome:
    """Wait until then, or pass by a date for which nobody can wait.

    Whatever comes after a date must find its time too, so the latest one leaves room for the
    longest way through the journey.
    """
    enrolment = moment.enrolment
    latest = enrolment.entered_at + (LONGEST - moment.journey.longest_stay)
    if due.at is not None and enrolment.clock_at < due.at <= latest:
        return Hold(enrolment.clock_at, due.at, because=due.because)
    wrong = "missing" if due.at is None else "past" if due.at <= enrolment.clock_at else "too_far"
    told = {} if due.at is None else {"at": format_instant(due.at)}
    way = step.next if step.otherwise is None else step.otherwise
    return Go("skipped", way, (*due.because, fact("date", wrong, **told)))


def _trait(until: UntilTrait, facts: Facts) -> _Due:
    day = date_in(facts.view.traits.get(until.trait))
    if day is None:
        return _Due(None, (fact("trait", until.trait, holds=False),))
    zone = _zone(facts)
    because = (fact("trait", until.trait, value=day.isoformat()), _fact_of(zone))
    try:
        return _Due(on_day(day + until.offset, time.fromisoformat(until.time), zone), because)
    except OverflowError:  # at the ends of the calendar
        return _Due(None, because)


def _zone(facts: Facts) -> ZoneInfo:
    return own_zone(facts.view.traits, facts.zone)
