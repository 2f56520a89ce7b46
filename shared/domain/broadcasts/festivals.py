"""Days that come every year, by the solar and by the Chinese lunar calendar."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from typing import Literal

from shared.domain.segments.evaluating.anniversaries import FIRST_LUNAR_YEAR, LAST_LUNAR_YEAR


def days_near(day_of_year: str, calendar: Literal["solar", "lunar"], year: int) -> Iterator[date]:
    """The day `MM-DD` of a year of that calendar; of one that the month lacks its last day.

    The lunar year of a number begins in the solar one. Leap months are no month of their own here.
    """
    month, day = (int(part) for part in day_of_year.split("-"))
    if calendar == "solar":
        yield date(year, month, min(day, monthrange(year, month)[1]))
    elif FIRST_LUNAR_YEAR <= year <= LAST_LUNAR_YEAR:
        from borax.calendars.lunardate import LCalendars, LunarDate  # loaded when it is needed

        found: date = LunarDate(
            year, month, min(day, LCalendars.ndays(year, month))
        ).to_solar_date()
        yield found
