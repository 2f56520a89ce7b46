"""When a journey is paused by itself."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.feedback.thresholds import (
    FEWEST,
    STRETCH_HOURS,
    STRETCHES,
    USUALLY,
    PauseAt,
    excess,
    subject,
    subjects,
)

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("delivered", "bounced", "complained", "wanted"),
    [
        (95, 5, 0, None),  # five of a hundred are just not too many
        (94, 6, 0, "too_many_bounces"),
        (10, 80, 3, None),  # too few to say anything
        (1_000, 0, 3, None),
        (999, 0, 3, "too_many_complaints"),
        (200, 0, 2, None),  # a share of 1 %, but of two people
        (90, 30, 9, "too_many_complaints"),
    ],
)
def test_shares_count_over_enough_messages(delivered, bounced, complained, wanted):
    counts = {"delivered": delivered, "bounced": bounced, "complained": complained}
    assert excess(counts) == wanted


SHARES = st.sampled_from([0.001, 0.003, 0.02, 0.05, 0.3, 1.0])
LIMITS = st.just(USUALLY) | st.builds(
    PauseAt, bounces=SHARES, complaints=SHARES, messages=st.integers(10, 1_000)
)


@given(st.integers(0, 5_000), st.integers(0, 500), st.integers(0, 100), LIMITS)
def test_nothing_is_paused_within_the_limits(delivered, bounced, complained, at):
    known = delivered + bounced
    found = excess({"delivered": delivered, "bounced": bounced, "complained": complained}, at)
    if found is None:
        assert known < at.messages or (
            (complained < FEWEST or complained <= known * at.complaints + 1e-9)
            and (bounced < FEWEST or bounced <= known * at.bounces + 1e-9)
        )
    else:
        assert known >= at.messages


def test_a_share_of_one_pauses_nothing():
    at = PauseAt(bounces=1, complaints=1)
    assert excess({"delivered": 0, "bounced": 900, "complained": 900}, at) is None


@given(st.integers(0, 1_439), st.integers(0, 2_000))
def test_the_window_holds_eighteen_hours_and_nothing_older_than_a_day(now_minute, minutes):
    now = NOW.replace(hour=0, minute=0) + timedelta(minutes=now_minute)
    held = subject("welcome", now - timedelta(minutes=minutes)) in subjects("welcome", now)
    assert len(set(subjects("welcome", now))) == STRETCHES
    if minutes <= (STRETCHES - 1) * STRETCH_HOURS * 60:
        assert held
    if minutes >= STRETCHES * STRETCH_HOURS * 60:
        assert not held


def test_zones_do_not_matter():
    from zoneinfo import ZoneInfo

    assert subject("welcome", NOW.astimezone(ZoneInfo("Asia/Shanghai"))) == subject("welcome", NOW)
