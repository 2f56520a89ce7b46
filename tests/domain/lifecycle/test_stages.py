from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lifecycle.stages import DEFAULT_THRESHOLDS, STAGES, Thresholds, stage_at
from shared.domain.profiles.model import ProfileState

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLEEPING = ("at_risk", "dormant", "lost")
days = st.floats(0, 400, allow_nan=False).map(lambda number: timedelta(days=number))


def state(silence, age, events=1):
    return ProfileState(NOW - timedelta(days=age), NOW - timedelta(days=silence), events)


@pytest.mark.parametrize(
    ("silence", "age", "events", "stage"),
    [
        (0, 0, 1, "new"),
        (6, 6.9, 99, "new"),
        (0, 7, 2, "active"),
        (13.9, 400, 49, "active"),
        (13.9, 29.9, 50, "active"),
        (13.9, 30, 50, "loyal"),
        (14, 400, 999, "at_risk"),
        (14, 14, 1, "at_risk"),
        (29.9, 400, 999, "at_risk"),
        (30, 30, 1, "dormant"),
        (59.9, 400, 999, "dormant"),
        (60, 60, 1, "lost"),
        (-1, -1, 1, "new"),
    ],
)
def test_a_stage_follows_from_silence_age_and_number_of_events(silence, age, events, stage):
    assert stage_at(state(silence, age, events), NOW) == stage


def test_nobody_who_has_done_nothing_is_more_than_a_prospect():
    assert stage_at(None, NOW) == "prospect"
    assert stage_at(state(0, 0, events=0), NOW) == "prospect"


@given(days, days, st.integers(1, 200))
def test_an_event_wakes_whoever_sleeps(silence, older, events):
    sleeping = ProfileState(NOW - silence - older, NOW - silence, events)

    back = ProfileState(sleeping.first_seen_at, NOW, events + 1)

    assert stage_at(back, NOW) in ("new", "active", "loyal")


@given(days, days, st.integers(1, 200), days)
def test_silence_only_leads_deeper_into_sleep(silence, older, events, more):
    person = ProfileState(NOW - silence - older, NOW - silence, events)
    before, after = stage_at(person, NOW), stage_at(person, NOW + more)

    if before in SLEEPING:
        assert STAGES.index(after) >= STAGES.index(before)
    assert after != "prospect"
    assert after != "new" or before == "new"


@given(days, days, st.integers(1, 200))
def test_every_stage_but_prospect_can_be_left_within_the_last_threshold(silence, older, events):
    person = ProfileState(NOW - silence - older, NOW - silence, events)

    assert stage_at(person, NOW + DEFAULT_THRESHOLDS.lost_after) == "lost"


def test_thresholds_are_data():
    hourly = Thresholds(at_risk_after=timedelta(hours=1), dormant_after=timedelta(hours=2))

    assert stage_at(state(1 / 24, 3), NOW, hourly) == "at_risk"
    assert stage_at(state(2 / 24, 3), NOW, hourly) == "dormant"
