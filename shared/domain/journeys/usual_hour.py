"""The hour of the day at which somebody is usually active, from the instants at which they were."""

from collections import Counter
from collections.abc import Collection
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

MOST_INSTANTS: Final = 200
"""So many of the latest signs of life are looked at; older habits say less."""

FEWEST_DAYS: Final = 3
"""An hour is a habit when the person was active in it on so many different days."""


def usual_hour(instants: Collection[datetime], zone: ZoneInfo) -> int | None:
    """The hour (0 to 23) that clocks in the zone showed on the most days; None without a habit.

    Each day counts once for an hour, so that one long evening makes no habit. Of several hours
    with as many days it is the one whose neighbours have more, then the earlier one.
    """
    local = (instant.astimezone(zone) for instant in instants)
    days = Counter(hour for _, hour in {(one.date(), one.hour) for one in local})
    if not days or max(days.values()) < FEWEST_DAYS:
        return None

    def weight(hour: int) -> tuple[int, int, int]:
        return days[hour], days[(hour - 1) % 24] + days[(hour + 1) % 24], -hour

    return max(days, key=weight)
