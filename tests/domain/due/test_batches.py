"""Messages hold everybody once, come never too early, and less than a second too late."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.due.batches import (
    LONGEST_DELAY,
    MAX_PEOPLE,
    Batch,
    Due,
    batches,
    decode,
    delay_seconds,
    encode,
)
from shared.domain.due.timing import LEAD, NEAR

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)

BEFORE_LEAD = st.timedeltas(min_value=timedelta(days=-3), max_value=LEAD).map(NOON.__add__)
MILLISECONDS = st.integers(-5_000, 150_000).map(lambda ms: NOON + timedelta(milliseconds=ms))
# Crowds at one instant, as at midnight, beside people here and there.
CROWDS = st.lists(st.tuples(MILLISECONDS | BEFORE_LEAD, st.integers(1, 250)), max_size=8)


def people(crowds):
    return [
        Due(f"{place}-{number}", at)
        for place, (at, size) in enumerate(sorted(crowds))
        for number in range(size)
    ]


@given(BEFORE_LEAD)
def test_a_message_is_never_seen_too_early_and_less_than_a_second_too_late(due_at):
    seen = NOON + delay_seconds(due_at, NOON) * SECOND

    assert seen >= due_at
    assert seen < max(due_at, NOON) + SECOND


@given(st.timedeltas(min_value=timedelta(), max_value=NEAR).map(NOON.__add__))
def test_no_delay_is_longer_than_the_queue_takes(due_at):
    assert delay_seconds(due_at, NOON) <= LONGEST_DELAY


def test_whoever_is_due_at_a_full_second_waits_for_just_that():
    assert delay_seconds(NOON + 10 * SECOND, NOON) == 10
    assert delay_seconds(NOON + 10 * SECOND + timedelta(milliseconds=1), NOON) == 11
    assert delay_seconds(NOON, NOON) == 0
    assert delay_seconds(NOON - SECOND, NOON) == 0


@given(CROWDS)
def test_everybody_is_sent_for_once_and_in_order(crowds):
    due = people(crowds)
    sent = [name for batch, _ in batches("shop", due, NOON) for name in batch.names]
    assert sent == [each.name for each in due]


@given(CROWDS)
def test_everybody_in_a_message_is_due_when_it_is_seen_and_was_not_long_before(crowds):
    due_at = {each.name: each.due_at for each in people(crowds)}
    for batch, delay in batches("shop", people(crowds), NOON):
        seen = NOON + delay * SECOND
        for name in batch.names:
            assert due_at[name] <= batch.due_at <= seen
            assert seen < max(due_at[name], NOON) + SECOND


@given(CROWDS)
def test_a_message_is_no_larger_than_said_and_a_crowd_takes_no_more_than_it_must(crowds):
    sizes = [len(batch.names) for batch, _ in batches("shop", people(crowds), NOON)]
    seconds = len({delay_seconds(each.due_at, NOON) for each in people(crowds)})
    assert all(0 < size <= MAX_PEOPLE for size in sizes)
    assert len(sizes) <= seconds + sum(sizes) // MAX_PEOPLE


@given(st.lists(st.text(min_size=1), min_size=1).map(tuple), MILLISECONDS)
def test_a_message_is_read_as_it_was_written(names, due_at):
    batch = Batch("shop", names, due_at)
    assert decode(encode(batch)) == batch


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"workspace_id":"shop","names":[]}'])
def test_anything_else_is_refused(body):
    with pytest.raises((ValueError, KeyError, TypeError)):
        decode(body)
