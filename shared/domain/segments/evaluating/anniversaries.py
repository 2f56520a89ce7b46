"""Anniversaries of a date, by the solar and by the Chinese lunar calendar."""

from calendar import isleap
from collections.abc import Iterator
from datetime import date
from typing import Final, Literal

# What the lunar calendar knows; its year begins in the solar year of the same number.
FIRST_LUNAR_YEAR: Final = 1900
LAST_LUNAR_YEAR: Final = 2099

_FIRST_LUNAR_DAY: Final = date(1900, 1, 31)
_LAST_LUNAR_DAY: Final = date(2100, 2, 8)


def anniversaries(
    day: date, calendar: Literal["solar", "lunar"], first_year: int, last_year: int
) -> Iterator[date]:
    """Those of the years (of that calendar) from the first to the last, without the day itself."""
    if calendar == "solar":
        for year in range(max(first_year, day.year + 1), min(last_year, date.max.year) + 1):
            yield solar(day, year)
    elif _FIRST_LUNAR_DAY <= day <= _LAST_LUNAR_DAY:
        yield from _lunar(day, first_year, last_year)


def solar(day: date, year: int) -> date:
    """The same day of another year; 28 February for the 29th where there is none."""
    if (day.month, day.day) == (2, 29) and not isleap(year):
        return date(year, 2, 28)
    return day.replace(year=year)


def _lunar(day: date, first_year: int, last_year: int) -> Iterator[date]:
    """The same lunar month and day; the regular month for a leap one, the 29th for a lacking 30th.

    The calendar is loaded when it is first needed.
    """
    from borax.calendars.lunardate import LCalendars, LunarDate

    born = LunarDate.from_solar(day)
    for year in range(max(first_year, born.year + 1), min(last_year, LAST_LUNAR_YEAR) + 1):
        days = LCalendars.ndays(year, born.month)
        found: date = LunarDate(year, born.month, min(born.day, days)).to_solar_date()
        yield found
