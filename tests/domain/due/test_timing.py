"""Nobody can write a row behind the sweeper, and nobody is judged before the decision is stored."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.due.timing import (
    LEAD,
    NEAR,
    SHARDS,
    SLACK,
    WRITER_LIFE,
    is_near,
    resting_at,
    shard_of,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
WRITES_A_PARTITION = 1_000  # a second, as DynamoDB has it


def spans(least, most):
    return st.timedeltas(min_value=least, max_value=most)


DUE = spans(timedelta(days=-400), timedelta(days=400)).map(NOON.__add__)
ALIVE = spans(timedelta(), WRITER_LIFE)
SKEW = spans(timedelta(), SLACK)


@given(DUE)
def test_a_row_never_rests_before_its_person_is_due(due_at):
    assert resting_at(due_at, NOON) >= due_at


@given(DUE, ALIVE, SKEW)
def test_no_sweep_before_a_row_was_written_can_have_passed_it(due_at, written_after, skew):
    sweep = NOON + written_after + skew
    assert resting_at(due_at, NOON) >= sweep + LEAD


@given(DUE, ALIVE)
def test_a_sweep_that_finds_a_row_comes_after_its_writer_is_done(due_at, done_after):
    first_sweep = resting_at(due_at, NOON) - LEAD
    assert first_sweep >= NOON + done_after


@given(DUE)
def test_whoever_is_not_sent_for_at_once_has_a_row_at_the_very_instant(due_at):
    assert is_near(due_at, NOON) or resting_at(due_at, NOON) == due_at


@given(DUE)
def test_a_row_that_rests_later_than_it_is_due_is_for_somebody_who_is_sent_for(due_at):
    late = resting_at(due_at, NOON) - due_at
    assert late <= timedelta() or (
        is_near(due_at, NOON) and resting_at(due_at, NOON) - NOON == NEAR
    )


@given(st.text(max_size=40))
def test_a_person_has_one_shard(profile_id):
    assert shard_of(profile_id) == shard_of(profile_id)
    assert shard_of(profile_id) in range(SHARDS)


def test_people_lie_evenly_in_the_shards():
    sizes = Counter(shard_of(f"p{number}") for number in range(32_000))
    assert len(sizes) == SHARDS
    assert max(sizes.values()) < 1.25 * min(sizes.values())


def test_a_million_waits_that_end_in_one_minute_are_fewer_writes_than_a_partition_takes():
    crowd = 100_000  # a tenth of them
    sizes = Counter(shard_of(f"{number:032x}#{number:064x}#3") for number in range(crowd))
    a_second = max(sizes.values()) * (1_000_000 / crowd) / 60
    assert a_second < WRITES_A_PARTITION / 1.5, "with room for those who are judged meanwhile"
