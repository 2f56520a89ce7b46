from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.days import day_start, month_of, natural_day

INSTANT = timedelta(microseconds=1)


def test_in_every_zone_a_day_starts_at_the_first_instant_that_has_its_date():
    days = [date(2026, 11, 1) + timedelta(days=number) for number in range(366)]
    for zone in map(ZoneInfo, sorted(available_timezones())):
        for day in days:
            start = day_start(day, zone)
            assert natural_day(start, zone) == day, (zone, day)
            assert natural_day(start - INSTANT, zone) < day, (zone, day)


@pytest.mark.parametrize(
    ("name", "day", "start"),
    [
        ("Asia/Shanghai", date(2026, 11, 22), datetime(2026, 11, 21, 16, tzinfo=UTC)),
        # Havana turns its clocks from 00:00 to 01:00: the day begins at 01:00.
        ("America/Havana", date(2027, 3, 14), datetime(2027, 3, 14, 5, tzinfo=UTC)),
        # and back from 01:00 to 00:00: midnight comes twice, the day begins at the first.
        ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
        # Santiago turns them back from 24:00 to 23:00: midnight comes an hour late.
        ("America/Santiago", date(2027, 4, 4), datetime(2027, 4, 4, 4, tzinfo=UTC)),
        # Samoa left out a whole day when it crossed the date line.
        ("Pacific/Apia", date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
        ("Pacific/Apia", date(2011, 12, 31), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
)
def test_a_day_starts_where_the_clocks_say(name, day, start):
    assert day_start(day, ZoneInfo(name)) == start


@given(st.dates(), st.dates())
def test_months_as_text_are_in_the_order_of_time(left, right):
    assert (month_of(left) < month_of(right)) == (
        (left.year, left.month) < (right.year, right.month)
    )
