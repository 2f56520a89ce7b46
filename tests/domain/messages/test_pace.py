"""The pace of a provider: a tenth for receipts, a tenth of the rest for those who come late."""

from datetime import timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.pace import (
    BURST,
    FIRST_STANDS_BACK,
    RESERVED,
    STANDS_BACK,
    late_step,
    places,
    step,
)

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("per_second", "others"),
    [(1, 1), (2, 1), (3, 2), (9, 8), (10, 9), (11, 10), (19, 18), (20, 18), (29, 27), (500, 450)],
)
def test_one_place_of_ten_and_one_at_least_is_for_who_goes_first(per_second: int, others: int):
    assert places(per_second, first=True) == per_second
    assert places(per_second, first=False) == others


@pytest.mark.parametrize(
    ("per_second", "apart", "late"),
    [
        (1, 2_000_000, 10_000_000),
        (2, 1_111_112, 10_000_000),
        (3, 555_556, 5_000_000),
        (10, 123_457, 1_111_112),
        (20, 61_729, 555_556),
        (100, 12_346, 111_112),
    ],
)
def test_turns_are_apart_by_what_the_line_leaves_to_others(per_second: int, apart: int, late: int):
    assert step(per_second) == timedelta(microseconds=apart)
    assert late_step(per_second) == timedelta(microseconds=late)


@given(st.integers(2, 5_000))
def test_both_lines_together_fit_into_the_places_and_nearly_fill_them(per_second: int):
    room = Fraction(places(per_second, first=False))
    turns = Fraction(10**6, step(per_second) // timedelta(microseconds=1))
    late = Fraction(10**6, late_step(per_second) // timedelta(microseconds=1))
    assert turns <= room * 9 / 10
    assert late <= room / 10
    assert turns + late > room * Fraction(98, 100)


def test_how_long_one_stands_back():
    assert (RESERVED, BURST, FIRST_STANDS_BACK, STANDS_BACK) == (10, SECOND, 2 * SECOND, 5 * SECOND)
