"""People are sorted into waves by their clocks, and each wave begins when these show the time."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.broadcasts.model import BATCH, KEPT, Broadcast, Part, Sample, Verdict, Wave
from shared.domain.broadcasts.waves import (
    Sorting,
    group_of,
    left_in,
    released,
    resumed,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)  # clocks are moved in this month and the next
ZONES = (
    *("Asia/Shanghai", "Asia/Hong_Kong", "Europe/Berlin", "Europe/Paris", "America/New_York"),
    *("Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca", "UTC"),
)
SAMPLE = Sample(0.3, timedelta(hours=4), "which", 10)


def broadcast(**more):
    known = {"broadcast_id": "b", "journey_id": "j", "condition": "{}"}
    return Broadcast(**{**known, "asked_at": NOON, "starts_at": NOON, **more})


def sorted_into(one, people, since):
    sorting = Sorting(one, since)
    return sorting, {name: sorting.place(name, ZoneInfo(zone)) for name, zone in people.items()}


def is_first_after(at, since, zone, shown):
    """Whether clocks come to a time at an instant, for the first time from another one on."""
    local = at.astimezone(zone)
    back = at - timedelta(minutes=1)
    here = (local.hour, local.minute) == shown
    jumped = (
        (back.astimezone(zone).hour, back.astimezone(zone).minute)
        < shown
        < (
            local.hour,
            local.minute,
        )
    )
    return since <= at <= since + timedelta(hours=26) and (here or jumped)


people_of = st.dictionaries(
    st.integers(0, 10**6).map(lambda number: f"p{number}"), st.sampled_from(ZONES), max_size=60
)
instants = st.integers(0, 60 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
times = st.tuples(st.integers(0, 23), st.sampled_from([0, 15, 30]))


@settings(max_examples=150, deadline=None)
@given(people=people_of, since=instants, shown=times, sampled=st.booleans())
def test_each_is_asked_when_their_own_clock_shows_it_next(people, since, shown, sampled):
    one = broadcast(local_time=f"{shown[0]:02d}:{shown[1]:02d}", sample=SAMPLE if sampled else None)
    sorting, places = sorted_into(one, people, since)
    counted = Counter(places.values())
    assert [wave.people for wave in sorting.waves] == [counted[n] for n in range(len(counted))]
    for name, number in places.items():
        wave = sorting.waves[number]
        assert wave.group == group_of(one, name)
        assert (wave.at is None) == (wave.group == "rest")
        zone = ZoneInfo(people[name])
        for ahead in range(0, KEPT.days, 7):  # the clocks of a wave go alike for as long as it may
            later = since + timedelta(days=ahead)
            assert later.astimezone(zone).utcoffset() == (
                later.astimezone(ZoneInfo(wave.zone)).utcoffset()
            )
        if wave.at is not None:
            assert is_first_after(wave.at, since, zone, shown)


@settings(max_examples=100, deadline=None)
@given(people=people_of, since=instants, shown=times, after=st.integers(0, 50 * 24))
def test_the_rest_follows_at_the_hour_after_the_decision(people, since, shown, after):
    one = broadcast(local_time=f"{shown[0]:02d}:{shown[1]:02d}", sample=SAMPLE)
    sorting, places = sorted_into(one, people, since)
    known = broadcast(local_time=one.local_time, sample=SAMPLE, waves=sorting.waves, folder="f")
    decided_at = since + timedelta(hours=after)
    waves = released(known, decided_at)
    for name, number in places.items():
        if waves[number].group == "rest":
            at, zone = waves[number].at, ZoneInfo(people[name])
            assert is_first_after(at, decided_at, zone, shown)
        else:
            assert waves[number] == sorting.waves[number]


def test_without_a_local_time_there_is_one_wave_or_two():
    people = {f"p{n}": ZONES[n % len(ZONES)] for n in range(100)}
    (wave,) = sorted_into(broadcast(), people, NOON)[0].waves
    assert wave == Wave("all", "", NOON, 100)
    waves = sorted_into(broadcast(sample=SAMPLE), people, NOON)[0].waves
    assert {(one.group, one.zone, one.at) for one in waves} == {
        ("sample", "", NOON),
        ("rest", "", None),
    }
    assert sum(one.people for one in waves) == 100


def test_a_sample_has_its_share_of_people_and_is_another_one_for_each_broadcast():
    ids = [f"p{n}" for n in range(20_000)]
    first, second = (
        {name for name in ids if group_of(broadcast(sample=SAMPLE, broadcast_id=each), name)
         == "sample"}
        for each in ("one", "two")
    )  # fmt: skip
    for found in (first, second):
        assert abs(len(found) - 6_000) < 400  # six standard deviations
    assert abs(len(first & second) - 1_800) < 250


@given(people=st.integers(0, 5 * BATCH))
def test_batches_hold_everybody_and_are_full_but_for_the_last(people):
    sizes = Wave("all", "", NOON, people).sizes
    assert sum(sizes) == people
    assert all(size == BATCH for size in sizes[:-1])
    assert all(0 < size <= BATCH for size in sizes)


@pytest.mark.parametrize(("late", "moved"), [(timedelta(minutes=30), False), (timedelta(3), True)])
def test_a_wave_that_was_paused_past_its_hour_waits_for_the_next(late, moved):
    at = datetime(2026, 3, 2, 20, tzinfo=UTC)
    waves = (Wave("all", "UTC", at, 5), Wave("all", "Asia/Tokyo", at - timedelta(hours=9), 5))
    one = broadcast(local_time="20:00", waves=waves, folder="f")
    after = resumed(one, {(1, 0): Part(5, 5, NOON)}, at + late)
    assert after.waves[1] == waves[1], "it was through"
    assert after.waves[0].at == (at + timedelta(days=3) if moved else at)


def test_a_broadcast_without_a_local_time_resumes_at_once():
    one = broadcast(waves=(Wave("all", "", NOON, 5),), folder="f")
    assert resumed(one, {}, NOON + timedelta(days=9)) == one


def test_what_is_left_of_a_wave_is_what_no_batch_has_done():
    wave = Wave("all", "", NOON, 2 * BATCH + 7)
    parts = {(0, 0): Part(BATCH, BATCH, NOON), (0, 1): Part(3, 9, NOON), (1, 2): Part(7, 7, NOON)}
    assert list(left_in(wave, 0, parts)) == [(1, BATCH - 3), (2, 7)]


def test_a_verdict_is_no_wave():
    """The rest has no instant before, and the instant of the decision after it."""
    waves = (Wave("sample", "", NOON, 5), Wave("rest", "", None, 5))
    one = broadcast(sample=SAMPLE, waves=waves, folder="f", verdict=Verdict("a", "won", (), NOON))
    assert [wave.at for wave in released(one, NOON + timedelta(hours=4))] == [
        NOON,
        NOON + timedelta(hours=4),
    ]
