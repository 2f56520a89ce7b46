"""Quiet hours: local times of day in which messages wait, and the first instant after them.

An instant is quiet when a clock in the person's zone shows a time inside a window; that is the
whole rule, so days on which clocks are put forward or back need none of their own. A window that
ends in a gap ends with the gap; where an hour is shown twice, it is quiet twice.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

_WINDOW: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|24:00)")
_DAY: Final = 24 * 60
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_HOURS: Final = range(74)  # of three nights: some place once had no second one


class Span(NamedTuple):
    """Minutes of the day from `start` on, until `end`; over midnight where that is no later."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether a minute of the day lies in it."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


def _read(text: str) -> Span:
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise ValueError("quiet hours are local times such as 22:00-08:00")
    hours, minutes, until_hours, until_minutes = found.groups()
    start = int(hours) * 60 + int(minutes)
    end = _DAY if until_hours is None else int(until_hours) * 60 + int(until_minutes)
    if start == end:
        raise ValueError("quiet hours end when they begin: a whole day is 00:00-24:00")
    return Span(start, end)


def _is_window(text: str) -> str:
    _read(text)
    return text


QuietWindow = Annotated[str, AfterValidator(_is_window)]
"""A window of local time such as `22:00-08:00`."""


def spans_of(windows: Iterable[str]) -> tuple[Span, ...]:
    """The minutes of windows as they are written."""
    return tuple(map(_read, windows))


def is_quiet(spans: Iterable[Span], zone: ZoneInfo, at: datetime) -> bool:
    """Whether a clock in the zone shows a time inside one of the spans."""
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    return any(span.holds(minute) for span in spans)


def quiet_until(spans: Sequence[Span], zone: ZoneInfo, at: datetime) -> datetime | None:
    """The first instant from `at` on that is not quiet; None where every minute of the day is."""
    if not is_quiet(spans, zone, at):
        return at
    if _is_all_day(tuple(spans)):
        return None
    ends = sorted({one for one in _ends(spans, zone, at) if one > at})
    return next(one for one in ends if not is_quiet(spans, zone, one))


@lru_cache(maxsize=64)
def _is_all_day(spans: tuple[Span, ...]) -> bool:
    return all(any(span.holds(minute) for span in spans) for minute in range(_DAY))


def _ends(spans: Sequence[Span], zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    """Every instant at which a window may end: its own ends, and where clocks are put."""
    today = at.astimezone(zone).date()
    for ahead in range(-1, 5):
        day = today + timedelta(days=ahead)
        for span in spans:
            yield from _shown(day, span.end % _DAY, zone)
    yield from _turns(zone, at.astimezone(UTC).replace(minute=0, second=0, microsecond=0))


def _shown(day: date, minute: int, zone: ZoneInfo) -> Iterator[datetime]:
    local = datetime.combine(day, time(minute // 60, minute % 60))
    for fold in (0, 1):
        yield local.replace(tzinfo=zone, fold=fold).astimezone(UTC)


@lru_cache(maxsize=256)
def _turns(zone: ZoneInfo, begun: datetime) -> tuple[datetime, ...]:
    """The instants of three nights from a full hour on at which clocks are put forward or back."""
    hours = [begun + n * _HOUR for n in _HOURS]
    return tuple(
        next(one for one in _minutes_after(hour) if _offset(zone, one) != _offset(zone, hour))
        for hour, later in pairwise(hours)
        if _offset(zone, hour) != _offset(zone, later)
    )


def _minutes_after(hour: datetime) -> Iterator[datetime]:
    return (hour + n * _MINUTE for n in range(61))


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()
