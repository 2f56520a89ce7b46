"""Quiet hours against an oracle that looks at the clock of every minute, in ten zones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.quiet import Span, is_quiet, quiet_until, spans_of
from shared.domain.messages.zones import zone_of

MINUTE = timedelta(minutes=1)
ZONES = (
    "UTC",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Pacific/Apia",  # in 2011 it had no 30 December
    "Africa/Casablanca",
    "America/Santiago",
)


def clock(zone: ZoneInfo, at: datetime) -> str:
    return at.astimezone(zone).strftime("%H:%M")


def inside(window: str, time: str) -> bool:
    """By texts alone: times of day are in the order of their texts."""
    start, end = window.split("-")
    return start <= time < end if start < end else time >= start or time < end


def first_open(windows: list[str], zone: ZoneInfo, at: datetime) -> datetime:
    """The first instant that is not quiet: now, or a full minute after it."""
    if not any(inside(one, clock(zone, at)) for one in windows):
        return at
    minute = at.replace(second=0, microsecond=0)
    while True:
        minute += MINUTE
        if not any(inside(one, clock(zone, minute)) for one in windows):
            return minute


def edges(zone: ZoneInfo, year: int) -> Iterator[datetime]:
    """An instant of every week, and one of every hour around each change of clocks."""
    start = datetime(year, 1, 1, 0, 17, 30, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(365 * 24)]
    yield from hours[::167]
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield from (before + timedelta(minutes=20 * n) for n in range(-90, 30))


@pytest.mark.slow
@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("windows", [["22:00-08:00"], ["01:15-02:30", "13:00-14:00"]])
def test_a_year_of_quiet_hours_ends_when_a_clock_says_so(name: str, windows: list[str]):
    zone, spans = ZoneInfo(name), spans_of(windows)
    for year in (2011, 2026):
        for at in edges(zone, year):
            assert quiet_until(spans, zone, at) == first_open(windows, zone, at), at


times = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))
windows = st.tuples(times, st.one_of(times, st.just("24:00"))).filter(lambda w: w[0] != w[1])


@given(
    st.lists(windows.map("-".join), min_size=1, max_size=3),
    st.sampled_from(ZONES),
    st.integers(0, 16 * 366 * 86_400),
)
def test_what_comes_out_is_open_and_nothing_before_it_is(said: list[str], name: str, seconds: int):
    zone, spans = ZoneInfo(name), spans_of(said)
    at = datetime(2011, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    until = quiet_until(spans, zone, at)
    if until is None:
        day = [f"{n // 60:02d}:{n % 60:02d}" for n in range(1_440)]
        assert all(any(inside(one, time) for one in said) for time in day)
        return
    assert until >= at
    assert not is_quiet(spans, zone, until)
    step = max(MINUTE, (until - at) / 200)
    while at < until:
        assert is_quiet(spans, zone, at)
        at += step


def test_a_whole_day_never_ends():
    zone, at = ZoneInfo("Asia/Shanghai"), datetime(2026, 1, 1, tzinfo=UTC)
    assert quiet_until(spans_of(["00:00-24:00"]), zone, at) is None
    assert quiet_until(spans_of(["20:00-08:00", "08:00-20:00"]), zone, at) is None
    assert quiet_until((), zone, at) == at


@pytest.mark.parametrize("text", ["22:00", "24:00-08:00", "8:00-09:00", "22:00-22:00", "x", ""])
def test_other_texts_are_no_windows(text: str):
    with pytest.raises(ValueError, match="quiet hours"):
        spans_of([text])


@pytest.mark.parametrize(
    ("text", "span", "holds"),
    [
        ("22:00-08:00", (1_320, 480), [1_320, 1_439, 0, 479]),
        ("08:01-12:30", (481, 750), [481, 749]),
        ("00:00-24:00", (0, 1_440), [0, 1_439]),
        ("23:59-00:00", (1_439, 0), [1_439]),
        ("13:00-24:00", (780, 1_440), [780, 1_439]),
        ("09:05-19:58", (545, 1_198), [545, 1_197]),
    ],
)
def test_a_window_is_its_minutes(text: str, span: tuple[int, int], holds: list[int]):
    [read] = spans_of([text])
    assert read == span
    minutes = (span[1] - span[0]) % 1_440 or 1_440
    assert sum(map(read.holds, range(1_440))) == minutes
    assert all(map(read.holds, holds))
    assert all(map(Span(7, 7).holds, range(1_440)))


@pytest.mark.parametrize(
    "text", ["22:60-08:00", "22:00-08:60", "22:00-24:01", "29:00-08:00", "a22:00-08:00b"]
)
def test_times_that_no_clock_shows_are_no_windows(text: str):
    with pytest.raises(ValueError, match="local times"):
        spans_of([text])


WORKSPACE = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("traits", "zone"),
    [
        ({"timezone": "Asia/Tokyo", "phone": "+8613800138000"}, "Asia/Tokyo"),
        ({"timezone": "Nowhere/Land", "phone": "+8613800138000"}, "Asia/Shanghai"),
        ({"phone": "+85291234567"}, "Asia/Hong_Kong"),
        ({"phone": "+14255550123"}, "Europe/Berlin"),  # a country of many zones
        ({"phone": "13800138000"}, "Europe/Berlin"),
        ({"timezone": 8, "phone": 86}, "Europe/Berlin"),
        ({}, "Europe/Berlin"),
    ],
)
def test_the_rule_of_zones(traits: dict[str, object], zone: str):
    assert zone_of(traits, WORKSPACE).key == zone
