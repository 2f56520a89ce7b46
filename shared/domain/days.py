"""Natural days: where a day begins and ends in a workspace's time zone."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


def natural_day(instant: datetime, zone: ZoneInfo) -> date:
    """The calendar day that `zone` has at `instant`."""
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The first instant, in UTC, at which `zone` has `day` or a later day.

    Where clocks skip midnight the day begins at the jump: read with the offset before the jump
    (fold 0), the missing 00:00 is the instant of the jump itself. Where clocks turn back over
    midnight, 00:00 comes once the repeated hour is over.
    """
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def month_of(day: date) -> str:
    """The month of a day as `2026-11`; text order is time order."""
    return f"{day.year:04d}-{day.month:02d}"
