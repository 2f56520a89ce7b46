"""Ticks of schedules, held against every minute of a year on the clocks of ten zones."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.broadcasts.festivals import days_near
from shared.domain.broadcasts.schedule import last_tick, next_ticks, problem_of
from shared.domain.journeys.rules import ScheduleEntry

pytestmark = pytest.mark.slow

UTC_ZONE = ZoneInfo("UTC")
MINUTE = timedelta(minutes=1)
ZONES = {
    "Asia/Shanghai": 2026,
    "Europe/Berlin": 2026,
    "America/New_York": 2026,
    "America/Sao_Paulo": 2018,  # clocks were put forward at midnight
    "Australia/Lord_Howe": 2026,  # by half an hour
    "Asia/Kathmandu": 2026,
    "Pacific/Apia": 2011,  # a day was left out
    "Pacific/Chatham": 2026,
    "America/St_Johns": 2026,
    "Africa/Casablanca": 2026,
}
CRONS = {
    "0 9 * * 1": lambda at: (at.minute, at.hour, at.weekday()) == (0, 9, 0),
    "30 2 * * *": lambda at: (at.minute, at.hour) == (30, 2),
    "*/15 0-3 * * *": lambda at: at.minute % 15 == 0 and at.hour <= 3,
    "5 * 29-31 * *": lambda at: at.minute == 5 and at.day >= 29,
    "0 12 1 */3 *": lambda at: (at.minute, at.hour, at.day, at.month % 3) == (0, 12, 1, 1),
}


def shown(zone: ZoneInfo, year: int) -> dict[datetime, datetime]:
    """Every local minute of a year, and the first instant at which clocks have come to it."""
    instants: dict[datetime, datetime] = {}
    at = datetime(year - 1, 12, 30, tzinfo=UTC)
    furthest = at.astimezone(zone).replace(tzinfo=None)
    while at < datetime(year + 1, 1, 3, tzinfo=UTC):
        local = at.astimezone(zone).replace(tzinfo=None)
        while furthest <= local:  # what was skipped, and the minute itself
            instants[furthest] = at
            furthest += MINUTE
        at += MINUTE
    return instants


@pytest.mark.parametrize("name", ZONES)
def test_a_year_of_ticks_has_every_local_time_once(name):
    zone, year = ZoneInfo(name), ZONES[name]
    first, last = (datetime(one, 1, 1, tzinfo=UTC) for one in (year, year + 1))
    minutes = shown(zone, year)
    for cron, asked in CRONS.items():
        entry = ScheduleEntry(segment_id="all", cron=cron, time_zone=name)
        wanted = sorted({at for local, at in minutes.items() if asked(local) and first < at < last})
        ticks = list(takewhile(lambda at: at < last, next_ticks(entry, first, UTC_ZONE)))
        assert ticks == wanted, cron
        assert len(ticks) > 3


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(sorted(ZONES)),
    cron=st.sampled_from([*CRONS, None]),
    begins=st.integers(0, 364 * 1440),
    gaps=st.lists(st.integers(1, 5_000), min_size=1, max_size=60),
)
def test_looks_at_any_distance_find_each_latest_tick_once(name, cron, begins, gaps):
    """Whoever looks finds the latest tick since the last look, and nothing where there is none."""
    how = {"cron": cron} if cron else {"date": "02-29", "time": "02:30"}
    entry = ScheduleEntry(segment_id="all", time_zone=name, **how)
    looks = [datetime(ZONES[name], 1, 1, tzinfo=UTC) + begins * MINUTE]
    for gap in gaps:
        looks.append(looks[-1] + gap * MINUTE)
    known = list(takewhile(lambda at: at <= looks[-1], next_ticks(entry, looks[0], UTC_ZONE)))
    for before, now in pairwise(looks):
        between = [tick for tick in known if before < tick <= now]
        assert last_tick(entry, before, now, UTC_ZONE) == (max(between) if between else None)


def test_a_schedule_without_zone_goes_by_that_of_the_workspace():
    entry = ScheduleEntry(segment_id="all", cron="0 9 * * *")
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    told = {
        name: next(next_ticks(entry, midnight, ZoneInfo(name))).hour
        for name in ("Asia/Shanghai", "UTC", "Asia/Tokyo")
    }
    assert told == {"Asia/Shanghai": 1, "UTC": 9, "Asia/Tokyo": 0}


@pytest.mark.parametrize(
    ("day", "year", "found"),
    [
        ("08-15", 2026, date(2026, 9, 25)),  # mid-autumn
        ("01-01", 2026, date(2026, 2, 17)),  # spring festival
        ("05-05", 2025, date(2025, 5, 31)),  # dragon boat, in a year with a leap month
        ("12-30", 2024, date(2025, 1, 28)),  # the eve, where the month has but 29 days
    ],
)
def test_festivals_fall_on_the_days_that_calendars_print(day, year, found):
    assert list(days_near(day, "lunar", year)) == [found]


def test_a_day_that_a_year_lacks_is_the_last_of_its_month():
    assert list(days_near("02-29", "solar", 2027)) == [date(2027, 2, 28)]
    assert list(days_near("02-29", "solar", 2028)) == [date(2028, 2, 29)]


@pytest.mark.parametrize("cron", ["0 9 * * 9", "0 0 30 2 *", "a b c d e", "0 25 * * *"])
def test_what_is_no_schedule_says_what_is_wrong(cron):
    assert problem_of(cron)


@pytest.mark.parametrize("cron", [*CRONS, "0 9 L * *", "0 9 * * MON#2", "0 9 LW * *"])
def test_what_is_a_schedule_has_no_problem(cron):
    assert problem_of(cron) is None
