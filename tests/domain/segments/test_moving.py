"""Memberships that are handed on at a merge come back at a split."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.segments.membership import Membership
from shared.domain.segments.moving import parted, united, was_member
from tests.conftest import NOON

HOURS = st.integers(-50, 50).map(lambda hours: NOON + timedelta(hours=hours))


@st.composite
def memberships(draw, *, parked=False):
    flips = draw(st.integers(0, 6))
    return Membership(
        "buyers",
        member=flips % 2 == 1,
        since=draw(HOURS),
        version=1,
        flips=flips,
        changes_at=draw(st.none() | HOURS),
        parked=parked,
    )


@given(st.none() | memberships(), memberships())
def test_a_survivor_is_in_when_either_was_since_the_earlier_day(own, absorbed):
    after = united(own, absorbed) or own

    inside = [each for each in (own, absorbed) if each and each.member]
    assert bool(after and after.member) is bool(inside)
    if inside:
        assert after.since == min(each.since for each in inside)
        due = [each.changes_at for each in inside if each.changes_at]
        assert not due or after.changes_at <= min(due)


@given(st.none() | memberships(), memberships())
def test_flips_stay_odd_for_members_and_never_go_back(own, absorbed):
    after = united(own, absorbed)
    if after:
        assert after.flips % 2 == after.member
        assert after.flips >= (own.flips if own else 0)


@given(st.none() | memberships(parked=True), st.none() | memberships(), HOURS)
def test_whoever_parts_takes_along_what_the_person_had(own, former, at):
    after = parted(own, former, at)

    inside = former is not None and was_member(former, at)
    assert bool(after and after.member) is inside
    if after:
        assert not after.parked
        assert after.flips % 2 == after.member
        assert after.flips >= (own.flips if own else 0)
        if own is None:
            assert after.since == min(former.since, at), "not later than the parting"
    else:
        assert own is None


@given(memberships(), memberships())
def test_what_is_parked_and_comes_back_unchanged_is_as_it_was(own, absorbed):
    survivor = united(own, absorbed) or own
    at = max(own.since, absorbed.since) + timedelta(hours=1)

    back = parted(replace(absorbed, parked=True), survivor, at)

    if survivor.member == absorbed.member:
        assert back == absorbed
    else:
        assert back.member is survivor.member


def test_one_flip_since_the_parting_is_looked_through():
    after = NOON + timedelta(hours=1)
    inside = Membership("buyers", True, NOON - timedelta(days=1), 1, 1)
    assert was_member(inside, NOON)
    assert was_member(replace(inside, member=False, since=after, flips=2), NOON)
    assert not was_member(replace(inside, since=after), NOON)
    assert not was_member(Membership("buyers", False, after, 1), NOON)


def test_whoever_parts_from_a_person_that_has_left_since_was_in_at_the_parting_at_the_latest():
    left = Membership("buyers", False, NOON + timedelta(hours=1), 1, 2)
    begins = parted(None, left, NOON)
    assert (begins.member, begins.since) == (True, NOON)


# --- all of what is written ---------------------------------------------------------------------


def next_flips(flips, *, member):
    """The next number, from `flips` on, that is odd for members only."""
    return flips if flips % 2 == member else flips + 1


@given(st.none() | memberships(), memberships())
def test_what_a_survivor_takes_over_is_written_whole(own, absorbed):
    due = [each.changes_at for each in (own, absorbed) if each and each.changes_at]
    due = min(due) if due else None
    if not absorbed.member:
        expected = None
    elif own is None:
        expected = replace(absorbed, flips=1, untold=False, parked=False)
    elif not own.member:
        flips = next_flips(own.flips, member=True)
        expected = replace(absorbed, flips=flips, changes_at=due, untold=False)
    else:
        since = min(own.since, absorbed.since)
        expected = replace(own, since=since, changes_at=due)
        expected = None if expected == own else expected
    assert united(own, absorbed) == expected


@given(st.none() | memberships(parked=True), st.none() | memberships(), HOURS)
def test_what_somebody_begins_with_who_parts_is_written_whole(own, former, at):
    inside = former is not None and (
        former.member if former.since < at or former.flips == 0 else not former.member
    )
    if own is None:
        expected = None
        if inside:
            expected = replace(
                former, member=True, since=min(former.since, at), flips=1, parked=False
            )
    else:
        changed = former is not None and own.member != inside
        expected = replace(
            own,
            member=inside,
            since=former.since if changed else own.since,
            flips=next_flips(own.flips, member=inside),
            parked=False,
        )
    assert parted(own, former, at) == expected


def test_a_flip_that_was_not_told_yet_is_told_by_whoever_takes_over():
    waiting = Membership("buyers", True, NOON, 1, 1, untold=True)
    assert not united(None, waiting).untold
    assert not parted(replace(waiting, parked=True), waiting, NOON + timedelta(hours=1)).untold
    earlier = replace(waiting, since=NOON - timedelta(days=1))
    assert united(waiting, earlier) == replace(earlier, untold=False)
