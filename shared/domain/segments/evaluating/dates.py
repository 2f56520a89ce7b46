"""Judges leaves about a date: how many natural days ahead it lies, once or every year."""

import re
from datetime import date, datetime, timedelta
from typing import Final

from shared.domain.profiles.model import View
from shared.domain.segments.condition import DateCondition
from shared.domain.segments.courses import earliest
from shared.domain.segments.evaluating.anniversaries import anniversaries
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import LAST_DAY, Figure
from shared.domain.segments.evaluating.finding import Fact, Finding
from shared.domain.segments.evaluating.windows import counts_of, days_in
from shared.domain.segments.nodes.person import TraitDate

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LAST: Final = LAST_DAY.toordinal()
_KNOWN_DAYS: Final = 400  # how far ahead anniversaries are looked for; there is one in every 385


def find(node: DateCondition, view: View, clock: Clock) -> Finding:
    """Whether the date, or an anniversary of it, lies so many days ahead."""
    day, coming = _date(node, view, clock)
    ahead = figure(node, day, coming, clock)
    course = ahead.course(bool, clock)
    name = node.source.trait if isinstance(node.source, TraitDate) else node.source.event
    value = None if day is None else day.isoformat()
    return Finding(course, (Fact("date", name, value, course.holds),))


def figure(
    node: DateCondition, day: date | None, coming: datetime | None, clock: Clock
) -> Figure[bool]:
    """Whether today lies in the span of days before the date, and from which days on it does."""
    if day is None:
        return Figure(now=False, until=coming)
    until = coming
    dates: tuple[date, ...] = (day,)
    if node.repeats == "yearly":
        # A lunar year lies in two solar ones, and a span may reach into a neighbouring year.
        this = max(clock.today.year, day.year)
        dates = tuple(anniversaries(day, node.calendar, this - 2, this + 3))
        until = earliest((coming, clock.instant(clock.today + timedelta(days=_KNOWN_DAYS))))
    today = clock.today.toordinal()
    spans = [(at.toordinal() - node.to_days, at.toordinal() - node.from_days + 1) for at in dates]
    turns = [*((begins, True) for begins, _ in spans), *((ends, False) for _, ends in spans)]
    later = [
        (date.fromordinal(when), holds) for when, holds in sorted(turns) if today < when <= _LAST
    ]
    return Figure(any(begins <= today < ends for begins, ends in spans), later, until)


def _date(node: DateCondition, view: View, clock: Clock) -> tuple[date | None, datetime | None]:
    """(the date, None if it is not known; when another event comes that is known already)."""
    source = node.source
    if isinstance(source, TraitDate):
        return date_in(view.traits.get(source.trait)), None
    counts = {day: times for day, times in counts_of(source, view, for_ever=True).items() if times}
    until = days_in(counts, None, None, clock).until
    days = [day for day in counts if day <= clock.today]
    if not days:
        return None, until
    return (min(days) if source.which == "first" else max(days)), until


def date_in(value: object) -> date | None:
    """The date that a text begins with; None where it begins with none."""
    if not isinstance(value, str) or not _DATE.match(value):
        return None
    try:
        return date.fromisoformat(value[:10])
    except ValueError:
        return None
