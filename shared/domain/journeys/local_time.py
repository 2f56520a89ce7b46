"""Local times: what a wall clock in a time zone shows, and the instant at which it does.

Where clocks are put forward, a time in the gap stands for the first instant after the gap; where
they are put back, a time that is shown twice stands for the first of the two. So every local time
is one instant, and a later one is never an earlier instant.
"""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

TIMEZONE_TRAIT: Final = "timezone"
"""The trait with a person's own time zone, an IANA name such as Asia/Shanghai."""

# Area and location, as the tz database names them; not the files that machines keep beside them.
_ZONE: Final = re.compile(r"(?!posix/|right/)[A-Za-z_]+(/[A-Za-z0-9_+-]+){1,2}|UTC")
_SECOND: Final = timedelta(seconds=1)


def own_zone(traits: Mapping[str, Any], workspace_zone: ZoneInfo) -> ZoneInfo:
    """The time zone that a person lives in; that of the workspace when nobody knows it."""
    name = traits.get(TIMEZONE_TRAIT)
    return (isinstance(name, str) and zone_named(name)) or workspace_zone


def zone_named(name: str) -> ZoneInfo | None:
    """The time zone of an IANA name; None where there is none."""
    if not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return None


def instant_of(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which clocks in a zone show a local time of whole seconds."""
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None, fold=0) == local:
        return first
    # In a gap: by the offset after it the time lies before the gap, by the one before it after.
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    seconds = (first - before) // _SECOND
    low, high = 0, seconds
    while low < high:
        middle = (low + high) // 2
        if (before + middle * _SECOND).astimezone(zone).replace(tzinfo=None) > local:
            high = middle
        else:
            low = middle + 1
    return before + high * _SECOND


def next_time(after: datetime, at: time, weekdays: Collection[int], zone: ZoneInfo) -> datetime:
    """The first instant after `after` that is the time `at` on one of the weekdays (0 to 6)."""
    today = after.astimezone(zone).date()
    days = (today + timedelta(days=ahead) for ahead in range(-1, 9))
    instants = (on_day(day, at, zone) for day in days if day.weekday() in weekdays)
    return next(instant for instant in instants if instant > after)


def on_day(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a time of day on a day."""
    return instant_of(datetime.combine(day, at), zone)
