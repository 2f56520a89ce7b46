"""Rows of several hold everybody once, each with their own instant, and never too many."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.due.batches import LONGEST_DELAY, Due
from shared.domain.due.folds import (
    MAX_FOLDED,
    SPREAD,
    fold_name,
    folds,
    is_fold,
    pack_fold,
    unpack_fold,
)
from shared.domain.due.timing import LEAD
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.wakes import Wake
from shared.errors import PermanentError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def due(number: int, milliseconds: int) -> Due:
    ref = Ref("shop", f"{number:032x}", enrolment_id("shop", "tour", f"p{number}", "fact"))
    return Due(Wake(ref, 3).name, NOON + milliseconds * MILLISECOND)


DUES = st.lists(st.integers(-86_400_000, 86_400_000), max_size=250).map(
    lambda offsets: [due(number, offset) for number, offset in enumerate(offsets)]
)


@given(DUES)
def test_everybody_is_in_one_row_with_those_who_are_due_about_then(dues: list[Due]):
    rows = list(folds(dues))
    assert sorted((each for row in rows for each in row), key=lambda one: one.name) == sorted(
        dues, key=lambda one: one.name
    )
    for row in rows:
        assert len(row) <= MAX_FOLDED
        assert list(row) == sorted(row, key=lambda one: one.due_at)
        assert row[-1].due_at - row[0].due_at <= SPREAD
    assert timedelta(seconds=LONGEST_DELAY) > LEAD + SPREAD, "a message can wait for the last one"


@given(DUES, st.integers(-300_000, 300_000))
def test_what_was_packed_is_read_wherever_the_row_rests(dues: list[Due], later: int):
    for row in folds(dues):
        rests = row[0].due_at + later * MILLISECOND
        assert tuple(unpack_fold(pack_fold(row, rests), rests)) == row


def test_a_row_is_named_by_who_is_in_it_and_when():
    here, there = (due(1, 0), due(2, 5)), (due(1, 0), due(2, 6))
    assert fold_name(here) == fold_name(here)
    assert len({fold_name(here), fold_name(there), fold_name(here[:1])}) == 3
    assert is_fold(fold_name(here))
    assert not is_fold(here[0].name)


def test_a_hundred_in_a_row_take_the_place_of_five():
    packed = pack_fold([due(number, number) for number in range(MAX_FOLDED)], NOON)
    assert len(packed) < 5 * 1024


def test_another_format_is_refused():
    with pytest.raises(PermanentError, match="unknown format"):
        list(unpack_fold(b"\x02abc", NOON))
