from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.segments.evaluate import Fact, Verdict
from shared.domain.segments.membership import Membership, settle

START = datetime(2026, 11, 22, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOBODY = Membership("buyers", member=False, since=START, version=1)


@st.composite
def histories(draw):
    """(now, verdict) again and again, as time goes on."""
    now = START
    history = []
    for _ in range(draw(st.integers(1, 12))):
        now += draw(st.integers(0, 30)) * HOUR
        ahead = draw(st.one_of(st.none(), st.integers(1, 48)))
        changes_at = now + ahead * HOUR if ahead else None
        history.append((now, Verdict(draw(st.booleans()), changes_at, ())))
    return history


@given(histories())
def test_a_membership_follows_its_verdicts(history):
    membership = NOBODY
    for now, verdict in history:
        after = settle(membership, 1, verdict, now)

        assert after.member == verdict.matches
        assert after.flips == membership.flips + (verdict.matches != membership.member)
        assert after.member == bool(after.flips % 2)
        assert after.untold or after.flips == 0
        assert after.since == (now if after.flips > membership.flips else membership.since)
        membership = after


@given(histories())
def test_the_instant_to_judge_again_is_never_too_late_and_never_over(history):
    membership = NOBODY
    for now, verdict in history:
        membership = settle(membership, 1, verdict, now)

        if verdict.changes_at is not None:
            assert membership.changes_at is not None
            assert membership.changes_at <= verdict.changes_at
        assert membership.changes_at is None or membership.changes_at > now


def test_a_visitor_of_every_day_is_written_once_a_window():
    window = timedelta(days=30)
    membership = settle(NOBODY, 1, Verdict(True, START + window, ()), START)
    writes = 0
    for day in range(1, 91):
        now = START + timedelta(days=day)
        after = settle(membership, 1, Verdict(True, now + window, ()), now)
        writes += after != membership
        membership = after

    assert writes == 3
    assert membership.flips == 1


def test_a_flip_keeps_what_decided_it():
    fact = Fact("event", "order", 2, True, within_days=30)

    entered = settle(NOBODY, 7, Verdict(True, None, (fact,)), START)
    later = settle(entered, 8, Verdict(True, None, ()), START + HOUR)

    assert entered.because == (
        {"about": "event", "name": "order", "value": 2, "holds": True, "within_days": 30},
    )
    assert entered.version == 7
    assert later == entered


@given(histories(), st.booleans())
def test_a_verdict_is_stored_whole_or_not_at_all(history, member):
    before = Membership(
        "buyers", member=member, since=START, version=3, flips=4 + member,
        because=({"about": "event"},),
    )  # fmt: skip
    for now, verdict in history:
        after = settle(before, 8, verdict, now)
        if verdict.matches != before.member:
            expected = Membership(
                "buyers",
                member=verdict.matches,
                since=now,
                version=8,
                flips=before.flips + 1,
                changes_at=verdict.changes_at,
                untold=True,
            )
        else:
            stored, found = before.changes_at, verdict.changes_at
            is_over = stored is None or stored <= now
            moves = is_over or (found is not None and found < stored)
            expected = replace(before, changes_at=found) if moves else before
        assert after == expected
        before = after
