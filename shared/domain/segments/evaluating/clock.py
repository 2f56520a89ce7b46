"""The instant at which a condition is judged, and the natural day that it lies in."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from shared.domain.days import day_start, natural_day


@dataclass(frozen=True, slots=True)
class Clock:
    """Now, and where natural days begin."""

    at: datetime
    zone: ZoneInfo
    today: date

    @classmethod
    def of(cls, at: datetime, zone: ZoneInfo) -> "Clock":
        """The clock at an instant."""
        return cls(at, zone, natural_day(at, zone))

    def instant(self, when: date) -> datetime:
        """When that is: an instant is itself, and a natural day is its first instant."""
        return when if isinstance(when, datetime) else day_start(when, self.zone)
