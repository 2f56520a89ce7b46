"""The days that a query names for a lunar anniversary are those that the calendar has."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from borax.calendars.lunardate import LCalendars, LunarDate
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import members
from tests.domain.segments.oracle import same_lunar_day

BIRTHDAY = TypeAdapter(Condition).validate_python(
    {
        "type": "date",
        "source": {"type": "trait", "trait": "born"},
        "from_days": 0,
        "to_days": 0,
        "repeats": "yearly",
        "calendar": "lunar",
    }
)


def named_on(day):
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    query = members(BIRTHDAY, noon, ZoneInfo("UTC"), "shop")
    return {date.fromisoformat(each) for each in re.findall(r"'(\d{4}-\d\d-\d\d)'", query)}


def is_last_but_short(day):
    lunar = LunarDate.from_solar(day)
    return not lunar.leap and lunar.day == 29 == LCalendars.ndays(lunar.year, lunar.month)


DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(120)]
SHORT = [day for day in DAYS if is_last_but_short(day)]


@pytest.mark.parametrize("day", SHORT)
def test_on_the_last_day_of_a_short_month_two_days_of_earlier_months_are_celebrated(day):
    named = named_on(day)
    assert {LunarDate.from_solar(each).day for each in named} == {29, 30}
    assert all(same_lunar_day(day, each) for each in named)


@pytest.mark.parametrize("day", [SHORT[0] - timedelta(days=1), SHORT[0] + timedelta(days=1)])
def test_on_another_day_one_day_of_earlier_months_is_celebrated(day):
    lunar = LunarDate.from_solar(day).day
    assert {LunarDate.from_solar(each).day for each in named_on(day)} == {lunar}
