"""The hour at which somebody is usually active, and waits until it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.enrolment import TraceEntry
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.stimulus import Facts, Perform
from shared.domain.journeys.usual_hour import FEWEST_DAYS, usual_hour
from shared.domain.profiles.model import View
from tests.domain.journeys.memory import NOON, happened, journey

ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Australia/Lord_Howe", "Asia/Kathmandu")]
HOUR = timedelta(hours=1)
WAIT = {"type": "wait", "name": "wait", "until": {"usual_hour": True, "time": "10:30"}}
INSTANTS = st.lists(st.integers(0, 24 * 20).map(lambda hours: NOON - hours * HOUR), max_size=40)


def days_of(instants: list[datetime], zone: ZoneInfo) -> dict[int, int]:
    """Written the slow way: for each hour, the days on which the clock showed it."""
    found: dict[int, set[str]] = {}
    for instant in instants:
        shown = instant.astimezone(zone)
        found.setdefault(shown.hour, set()).add(f"{shown:%Y-%m-%d}")
    return {hour: len(days) for hour, days in found.items()}


@given(INSTANTS, st.sampled_from(ZONES), st.randoms())
def test_no_hour_was_the_persons_own_on_more_days(instants, zone, random):
    hour, days = usual_hour(instants, zone), days_of(instants, zone)
    most = max(days.values(), default=0)
    assert (hour is None) == (most < FEWEST_DAYS)
    assert hour is None or days[hour] == most
    shuffled = [*instants, *instants]
    random.shuffle(shuffled)
    assert usual_hour(shuffled, zone) == hour, "neither order nor repetition matters"


def test_of_equal_hours_the_busier_surroundings_count():
    evenings = [NOON.replace(day=day, hour=20) for day in (1, 2, 3)]
    mornings = [NOON.replace(day=day, hour=8) for day in (1, 2, 3)]
    assert usual_hour([*evenings, *mornings], ZoneInfo("UTC")) == 8
    for beside, expected in ((19, 20), (21, 20), (18, 8), (22, 8), (7, 8), (9, 8)):
        other = NOON.replace(day=4, hour=beside)
        assert usual_hour([*evenings, *mornings, other], ZoneInfo("UTC")) == expected
    nights = [NOON.replace(day=day, hour=23) for day in (1, 2, 3)]
    after_midnight = NOON.replace(day=4, hour=0)
    assert usual_hour([*nights, *mornings, after_midnight], ZoneInfo("UTC")) == 23


def waits(at: datetime, active: list[datetime], zone_name: str) -> TraceEntry:
    definition = journey(WAIT)
    begun = enrol(
        definition,
        1,
        happened("cart", at),
        workspace_id="default",
        profile_id="ada",
        enrolment_id="e",
    ).enrolment
    facts = Facts(View({"timezone": zone_name}, {}), ZoneInfo("UTC"), active=tuple(active))
    return advance(definition, begun, Perform("wait", facts), at).enrolment.trace[-1]


@pytest.mark.parametrize("zone", ZONES, ids=str)
def test_people_are_waited_for_until_their_hour_where_they_live(zone):
    local = datetime(2026, 11, 20, 20, 15, tzinfo=zone)
    active = [(local - timedelta(days=ago)).astimezone(UTC) for ago in range(1, 5)]
    for ahead in range(48):
        at = NOON + ahead * HOUR
        entry = waits(at, active, zone.key)
        shown = entry.due.astimezone(zone)
        assert (shown.hour, shown.minute) == (20, 0)
        assert at < entry.due <= at + timedelta(days=1)
        assert {"about": "usual_hour", "name": "20:00", "holds": True} in entry.because


def test_without_a_habit_the_time_of_day_that_is_named_counts():
    entry = waits(NOON, [NOON - HOUR], "Asia/Shanghai")
    assert f"{entry.due.astimezone(ZoneInfo('Asia/Shanghai')):%H:%M}" == "10:30"


def test_what_came_after_the_wait_began_makes_no_habit():
    later = [NOON + timedelta(days=ahead) for ahead in range(1, 6)]
    assert waits(NOON, later, "UTC").due == waits(NOON, [], "UTC").due
