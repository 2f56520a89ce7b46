"""Waits by the clock: a year in ten time zones against somebody who looks at every minute."""

import json
from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.local_time import instant_of, own_zone
from shared.domain.journeys.stimulus import Facts, Perform
from shared.domain.profiles.model import View
from tests.domain.journeys.memory import NOON, happened, journey

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# Each in a year that has something to show: half an hour of summer time, a day that was left out,
# quarters of an hour, a month of winter time in spring.
YEARS = {
    "Australia/Lord_Howe": 2026,
    "Asia/Kathmandu": 2026,
    "Pacific/Apia": 2011,
    "America/New_York": 2026,
    "Europe/London": 2026,
    "Asia/Shanghai": 2026,
    "Africa/Casablanca": 2026,
    "America/St_Johns": 2026,
    "Pacific/Chatham": 2026,
    "Asia/Tehran": 2021,
}
TIMES = ("00:00", "00:30", "01:15", "02:00", "02:15", "02:30", "02:59", "03:00", "09:00", "23:59")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@cache
def wanted_labels(zone_name: str) -> dict[time, list[tuple[int, datetime]]]:
    """The instants of each time of day, with the day of the week that the clock shows."""
    found: dict[time, list[tuple[int, datetime]]] = {}
    for label, instant in shown(zone_name).items():
        found.setdefault(label.time(), []).append((label.weekday(), instant))
    return found


@cache
def shown(zone_name: str) -> dict[datetime, datetime]:
    """When a clock in the zone shows each minute first, or first shows a later one, all the year.

    It looks at the clock once a minute and knows nothing of offsets, gaps and folds.
    """
    zone, year = ZoneInfo(zone_name), YEARS[zone_name]
    at = datetime(year - 1, 12, 20, tzinfo=UTC)
    seen = at.astimezone(zone).replace(tzinfo=None)
    found: dict[datetime, datetime] = {}
    latest = seen
    while seen.year <= year or seen.day < 12:
        label = latest + MINUTE
        while label <= seen:
            found[label] = at
            label += MINUTE
        latest = max(latest, seen)
        at += MINUTE
        seen = at.astimezone(zone).replace(tzinfo=None)
    return found


def wanted(zone_name: str, at: str, weekdays: tuple[str, ...] = WEEKDAYS) -> list[datetime]:
    """Every instant at which a wait for this time of day can end, ascending."""
    labels = wanted_labels(zone_name)[time.fromisoformat(at)]
    return sorted({instant for day, instant in labels if WEEKDAYS[day] in weekdays})


def waits(until: dict, at: datetime, zone_name: str, **traits: str) -> TraceEntry:
    """What a wait of somebody who lives there decides at an instant."""
    definition = waiting(json.dumps(until))
    begun = begin(definition, at)
    facts = Facts(View({"timezone": zone_name, **traits}, {}), ZoneInfo("UTC"))
    return advance(definition, begun, Perform("wait", facts), at).enrolment.trace[-1]


@cache
def waiting(until: str) -> Journey:
    return journey({"type": "wait", "name": "wait", "until": json.loads(until)})


def begin(definition, at: datetime) -> Enrolment:
    entry = happened("cart", at)
    return enrol(
        definition, 1, entry, workspace_id="default", profile_id="ada", enrolment_id="e"
    ).enrolment


@pytest.mark.slow
@pytest.mark.parametrize("zone_name", YEARS)
@pytest.mark.parametrize("at", TIMES)
def test_a_year_of_daily_waits_ends_once_each_time_the_clock_shows_it(zone_name: str, at: str):
    expected = wanted(zone_name, at)
    now = expected[0]
    for due in expected[1:]:
        assert waits({"time": at}, now, zone_name).due == due
        now = due


@pytest.mark.slow
@pytest.mark.parametrize("zone_name", YEARS)
def test_dates_in_traits_are_days_of_the_persons_own_calendar(zone_name: str):
    found = shown(zone_name)
    day = date(YEARS[zone_name], 1, 4)
    while day.year == YEARS[zone_name]:
        for at in ("00:00", "02:15", "09:00"):
            entry = waits(
                {"trait": "renewal", "offset": "-P3D", "time": at},
                found[datetime.combine(day - 3 * DAY, time.fromisoformat(at))] - MINUTE,
                zone_name,
                renewal=day.isoformat(),
            )
            assert entry.due == found[datetime.combine(day - 3 * DAY, time.fromisoformat(at))]
        day += DAY


@given(
    st.sampled_from(sorted(YEARS)),
    st.sampled_from(TIMES),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    st.integers(0, 360 * 24 * 60),
)
def test_a_wait_for_weekdays_ends_at_the_next_one_whenever_it_begins(
    zone_name: str, at: str, weekdays: set[str], minutes: int
):
    expected = wanted(zone_name, at, tuple(weekdays))
    now = datetime(YEARS[zone_name], 1, 1, tzinfo=UTC) + minutes * MINUTE
    due = waits({"weekdays": sorted(weekdays), "time": at}, now, zone_name).due
    assert due == expected[bisect_right(expected, now)]


@given(st.sampled_from(sorted(YEARS)), st.data())
def test_later_local_times_are_never_earlier_instants(zone_name: str, data: st.DataObject):
    labels = list(shown(zone_name))
    place = data.draw(st.integers(0, len(labels) - 2))
    zone = ZoneInfo(zone_name)
    assert instant_of(labels[place], zone) == shown(zone_name)[labels[place]]
    assert instant_of(labels[place], zone) <= instant_of(labels[place + 1], zone)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../UTC", "posix/Asia/Tokyo", 8, None, "utc"])
def test_who_lives_in_no_zone_that_we_know_lives_in_that_of_the_workspace(name: object):
    workspace = ZoneInfo("Asia/Shanghai")
    assert own_zone({"timezone": name}, workspace) is workspace
    assert own_zone({}, workspace) is workspace
    assert own_zone({"timezone": "Asia/Kathmandu"}, workspace) == ZoneInfo("Asia/Kathmandu")
    assert own_zone({"timezone": "America/Argentina/Ushuaia"}, workspace).key.endswith("Ushuaia")


RENEWAL = {"trait": "renewal", "time": "09:00"}
LONG = {"type": "wait", "name": "long", "duration": "P300D"}


@pytest.mark.parametrize(
    ("renewal", "wrong"),
    [
        ("2026-11-23", None),
        ("2027-01-25T08:00:00Z", None),  # the last day that leaves 300 days for what follows
        ("2027-01-26", "too_far"),
        ("2026-11-22", "past"),
        ("soon", "missing"),
        ("9999-12-31", "too_far"),
        (20261123, "missing"),
    ],
)
@pytest.mark.parametrize("otherwise", [None, "sorry"])
def test_a_date_for_which_nobody_can_wait_is_passed_by(
    renewal: object, wrong: str | None, otherwise: str | None
):
    definition = journey(
        {"type": "wait", "name": "date", "until": RENEWAL, "otherwise": otherwise},
        LONG,
        {"type": "exit", "name": "sorry", "reason": "no date"},
    )
    facts = Facts(View({"renewal": renewal}, {}), ZoneInfo("UTC"))
    made = advance(definition, begin(definition, NOON), Perform("date", facts), NOON).enrolment
    entry = made.trace[-1]
    if wrong is None:
        assert entry.decision == "waiting"
        assert entry.due == datetime.fromisoformat(f"{str(renewal)[:10]}T09:00:00Z")
    else:
        assert (entry.decision, made.at) == ("skipped", otherwise or "long")
        assert {"about": "date", "name": wrong}.items() <= entry.because[-1].items()
        assert made.clock_at == NOON


def test_without_facts_nobody_knows_how_late_it_is_where_a_person_lives():
    for until in ({"time": "09:00"}, RENEWAL, {"at": "2026-12-24T18:00:00"}):
        definition = journey({"type": "wait", "name": "wait", "until": until})
        begun = begin(definition, NOON)
        assert advance(definition, begun, Perform("wait"), NOON).enrolment is begun
    definition = journey(
        {"type": "wait", "name": "wait", "until": {"at": "2026-12-24T18:00:00+08:00"}}
    )
    made = advance(definition, begin(definition, NOON), Perform("wait"), NOON)
    assert made.wake == datetime(2026, 12, 24, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("step", "where"),
    [
        ({}, "needs `duration` or `until`"),
        ({"duration": "P1D", "until": {"time": "09:00"}}, "not both"),
        ({"until": {"time": "09:00"}, "otherwise": "end"}, "way past a date"),
        ({"duration": "P1D", "otherwise": "end"}, "way past a date"),
        ({"until": {"time": "24:00"}}, "time"),
        ({"until": {"weekdays": [], "time": "09:00"}}, "weekdays"),
        ({"until": {"weekdays": ["monday"], "time": "09:00"}}, "weekdays"),
        ({"until": {"trait": "renewal"}}, "time"),
        ({"until": {"trait": "renewal", "offset": "PT5H", "time": "09:00"}}, "whole days"),
        ({"until": {"at": 1_700_000_000}}, "ISO 8601"),
        ({"until": {"at": "2026-12-24T18:00:00", "time": "09:00"}}, "Extra inputs"),
        ({"until": {}}, "time"),
    ],
)
def test_a_wait_that_cannot_be_is_refused(step: dict, where: str):
    with pytest.raises(ValidationError, match=where):
        journey({"type": "wait", "name": "wait", **step})
