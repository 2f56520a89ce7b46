from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.segments.evaluating.anniversaries import anniversaries
from tests.domain.segments.oracle import same_day, same_lunar_day

DAY = timedelta(days=1)
THIRTIETHS = [date(1960, 2, 26), date(1975, 4, 11), date(2020, 12, 14)]  # of lunar months
LEAP_MONTHS = [date(2025, 7, 25), date(2025, 8, 22), date(1976, 10, 1), date(2033, 12, 25)]
born = st.one_of(
    st.dates(date(1900, 1, 31), date(2098, 12, 31)),
    st.sampled_from([date(2024, 2, 29), date(1904, 2, 29), *THIRTIETHS, *LEAP_MONTHS]),
)


@given(born, st.integers(1900, 2099), st.sampled_from(["solar", "lunar"]))
@settings(max_examples=150)
def test_anniversaries_are_the_days_that_are_the_same_as_the_date(day, year, calendar):
    same = same_day if calendar == "solar" else same_lunar_day
    days = [date(year, 1, 1) + n * DAY for n in range(366)]

    found = list(anniversaries(day, calendar, year - 1, year + 1))

    looked_for = [each for each in days if each > day and same(each, day)]
    assert [each for each in found if days[0] <= each <= days[-1]] == looked_for
    assert found == sorted(set(found))


@pytest.mark.parametrize("day", [date(1900, 1, 30), date(2100, 2, 9), date.min, date.max])
def test_what_lies_outside_of_the_lunar_calendar_has_no_anniversary(day):
    assert list(anniversaries(day, "lunar", 1, 9999)) == []


def test_the_last_days_of_the_lunar_calendar_have_none_left():
    assert list(anniversaries(date(2098, 2, 1), "lunar", 2098, 2110)) == [date(2099, 1, 21)]
