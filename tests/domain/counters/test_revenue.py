"""Sums of revenue are exact, whatever the numbers and their order."""

import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.counters.revenue import MOST, amount_text, revenue_of, total

NUMBERS = st.one_of(
    st.integers(-(10**11), 10**11),
    st.decimals(-(10**9), 10**9, places=2).map(float),
    st.floats(-1e6, 1e6),
)


@pytest.mark.parametrize(
    "value",
    [None, "12", True, False, [], {}, float("nan"), float("inf"), 1e12, -(10**12), 10**400, 1e-19],
)
def test_what_is_no_sound_number_is_no_revenue(value):
    assert revenue_of({"revenue": value}) is None


@pytest.mark.parametrize(
    ("written", "text"),
    [("11.77", "11.77"), ("12", "12"), ("0.1", "0.1"), ("-5.0", "-5"), ("1e3", "1000"),
     ("-0.0", "0"), ("1e-18", "0.000000000000000001"), ("999999999999", "999999999999")],
)  # fmt: skip
def test_a_number_counts_as_it_was_written(written, text):
    amount = revenue_of({"revenue": json.loads(written)})

    assert amount is not None
    assert amount_text(amount) == text


def test_an_event_without_revenue_has_none():
    assert revenue_of({}) is None


@given(st.lists(NUMBERS, max_size=200), st.randoms())
def test_a_sum_is_exact_in_any_order(values, random):
    amounts = [amount for value in values if (amount := revenue_of({"revenue": value})) is not None]
    exact = sum((Fraction(amount) for amount in amounts), Fraction())
    random.shuffle(amounts)

    assert Fraction(total(amounts)) == exact
    assert Decimal(amount_text(total(amounts))) == total(amounts)
    assert all(abs(amount) < MOST for amount in amounts)
