"""Everybody is brought at the second at which they are due, whatever breaks or is missed."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import count, islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.items import to_item
from shared.domain.due.folds import pack_fold
from shared.domain.due.timing import JUDGED, LEAD, SHARDS, WRITER_LIFE, shard_of
from shared.errors import ConflictError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.functions.sweep_due.conftest import DAY, MINUTE, NOON, SECOND

pytestmark = pytest.mark.slow

LONG_AGO = NOON - DAY


def decided_yesterday(world, due):
    """Write everybody down a day before, so that nobody is sent for at once."""
    world.now = LONG_AGO
    for name, due_at in due.items():
        world.put(name, due_at)
    world.now = NOON


def ticks(world, until, every=MINUTE):
    while world.now < until:
        world.sweep()
        world.now += every


def crowd(size, due_at):
    return {f"p{number}": due_at for number in range(size)}


def neighbours(name, size):
    """People of the same shard, one coming due every ten seconds: sweeps move on over them."""
    names = (f"n{number}" for number in count())
    near = islice((each for each in names if shard_of(each) == shard_of(name)), size)
    return {each: NOON + place * 10 * SECOND for place, each in enumerate(near)}


# --- at the second ----------------------------------------------------------------------------


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    offsets=st.lists(st.integers(1_000, 600_000), min_size=1, max_size=8),
    jitter=st.lists(st.integers(0, 9_000), min_size=12, max_size=12),
)
def test_everybody_is_brought_once_and_within_the_second(world, offsets, jitter):
    world.forget()
    due = {f"p{n}": NOON + timedelta(milliseconds=each) for n, each in enumerate(offsets)}
    decided_yesterday(world, due)
    for minute, late in enumerate(jitter):
        world.now = NOON - MINUTE + minute * MINUTE + timedelta(milliseconds=late)
        world.sweep()

    assert sorted(world.names()) == sorted(due)
    for name, seen in world.brought:
        assert due[name] <= seen < due[name] + SECOND


def test_nobody_is_brought_before_their_time_is_near(world):
    decided_yesterday(world, {"ada": NOON + LEAD})
    assert world.sweep().names == 0
    world.now += SECOND
    assert world.sweep().names == 1


def test_when_one_tick_is_missed_nobody_is_late(world):
    due = {f"p{n}": NOON + n * 7 * SECOND for n in range(1, 60)}
    decided_yesterday(world, due)
    world.now = NOON - MINUTE
    for missed in (False, True, False, True, False, True, False):
        if not missed:
            world.sweep()
        world.now += MINUTE
    late = [name for name, seen in world.brought if seen >= due[name] + SECOND]
    assert late == []


def test_a_crowd_at_midnight_shares_messages(world):
    decided_yesterday(world, crowd(400, NOON + MINUTE))
    world.sweep(page_rows=1_000)

    assert sorted(world.names()) == sorted(crowd(400, None))
    assert {seen for _, seen in world.brought} == {NOON + MINUTE}
    assert world.messages <= SHARDS


def test_a_sweep_that_finds_nobody_reads_each_shard_once_and_writes_nothing(world):
    decided_yesterday(world, {"ada": NOON + DAY})
    line = Line()
    world.sweep(line)
    assert Counter(line.calls) == {"get_item": 1, "query": SHARDS}


def test_a_full_page_is_one_read_and_one_call_of_the_queue(world):
    decided_yesterday(world, dict.fromkeys(neighbours("ada", 300), NOON))
    line = Line()
    world.sweep(line, page_rows=1_000)
    assert Counter(line.calls) == {
        "get_item": 1,
        "query": SHARDS,
        "send_message_batch": 1,
        "update_item": 1,
    }


# --- ticks that were missed -------------------------------------------------------------------


def test_what_was_missed_in_an_outage_is_caught_up_and_said(world):
    due = {f"p{n}": NOON + n * MINUTE for n in range(30)}
    decided_yesterday(world, due)
    world.now = NOON + 40 * MINUTE

    swept = world.sweep()

    assert swept.is_done
    assert swept.names == 30
    assert swept.behind_seconds == 40 * 60
    assert {seen for _, seen in world.brought} == {world.now}


def test_in_time_nothing_is_said_to_be_behind(world):
    decided_yesterday(world, {"ada": NOON + MINUTE})
    assert world.sweep().behind_seconds == 0
    assert world.sweep().names == 0


def test_when_time_is_up_the_next_sweep_goes_on(world):
    decided_yesterday(world, crowd(100, NOON))
    rounds = 0
    while True:
        budget = iter([False, True])
        swept = world.sweep(is_time_up=lambda left=budget: next(left))
        rounds += 1
        if swept.is_done:
            break
    assert rounds > 2
    assert sorted(world.names()) == sorted(crowd(100, None))


def test_a_full_shard_keeps_no_other_waiting(world):
    decided_yesterday(world, crowd(400, NOON))
    budget = iter([False, True])

    world.sweep(is_time_up=lambda: next(budget), page_rows=1)

    assert len(world.brought) == SHARDS


# --- whatever breaks --------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_call_of_a_sweep_breaks_the_next_one_brings_everybody(world, fault):
    due = {f"p{n}": NOON + n * SECOND for n in range(12)}
    whole = Line()
    decided_yesterday(world, due)
    world.sweep(whole)
    for number in range(1, len(whole.calls) + 1):
        world.forget()
        decided_yesterday(world, due)
        with suppress(KilledError, Exception):
            world.sweep(Line({number: fault}))
        world.now = NOON + SECOND
        world.sweep()
        assert world.first_seen().keys() == due.keys(), number
        assert all(seen >= due[name] for name, seen in world.brought)
        world.brought.clear()
        world.sweep()
        assert world.brought == []


def test_two_sweeps_at_once_pass_nobody_over(world):
    due = {f"p{n}": NOON + n * SECOND for n in range(12)}
    whole = Line()
    decided_yesterday(world, due)
    world.sweep(whole)
    for number in range(1, len(whole.calls) + 1):
        world.forget()
        decided_yesterday(world, due)

        def other(call, at=number):
            if call == at:
                world.sweep()

        with suppress(ConflictError):
            world.sweep(Line(hook=other))
        world.sweep()
        assert set(world.names()) == due.keys(), number


def test_whoever_sweeps_behind_somebody_else_stops(world):
    decided_yesterday(world, crowd(40, NOON))
    with pytest.raises(ConflictError):
        world.sweep(Line(hook=lambda call: world.sweep() if call == 3 else None))


# --- whoever writes while it sweeps -----------------------------------------------------------


@pytest.mark.parametrize("seconds", [-5, 3, 90, 149, 200, 241, 500])
@pytest.mark.parametrize("pause", [0, 29, 60])
def test_a_sweep_at_any_moment_of_a_decision_judges_nobody_before_it_is_stored(
    world, seconds, pause
):
    due_at = NOON + seconds * SECOND
    for number in range(1, 5):
        world.forget()
        decided_yesterday(world, neighbours("ada", 80))
        stored = []

        def sweeping(call, at=number):
            if call == at:
                world.now = NOON + min(pause * SECOND, WRITER_LIFE)
                world.sweep()

        world.put("ada", due_at, Line(hook=sweeping), lambda: stored.append(world.now))  # noqa: B023
        world.now = max(world.now, NOON + MINUTE)
        ticks(world, NOON + 700 * SECOND)

        seen_at = [seen for name, seen in world.brought if name == "ada"]
        assert seen_at, (number, pause)
        assert all(seen >= due_at and seen >= stored[0] for seen in seen_at)
        pauses = max(stored[0], NOON + pause * SECOND)
        assert world.first_seen()["ada"] < max(due_at, pauses) + pause * SECOND + SECOND


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("seconds", [3, 100, 300])
def test_a_writer_that_dies_once_the_state_is_stored_leaves_somebody_who_is_found(
    world, seconds, fault
):
    due_at = NOON + seconds * SECOND
    for number in range(1, 4):
        world.forget()
        world.now = NOON
        stored = []
        with suppress(KilledError, Exception):
            world.put("ada", due_at, Line({number: fault}), lambda: stored.append(True))  # noqa: B023
        ticks(world, NOON + 700 * SECOND)
        if stored:
            assert world.first_seen()["ada"] >= due_at


def test_rows_that_everybody_has_left_hold_nobody_up(world):
    """A page of nothing but such rows, and somebody behind it in the same shard."""
    shard = shard_of("ada")
    names = (f"*{number:016x}" for number in count())
    for name in islice((each for each in names if shard_of(each) == shard), 4):
        key = keys.due("shop", JUDGED, NOON - MINUTE, name)
        row = {**key._asdict(), "fold": pack_fold((), NOON - MINUTE)}
        world.dynamodb.put_item(TableName=world.table, Item=to_item(row))
    decided_yesterday(world, {"ada": NOON})
    left = iter(range(20))

    world.sweep(is_time_up=lambda: next(left, None) is None)

    assert world.names() == ["ada"]
