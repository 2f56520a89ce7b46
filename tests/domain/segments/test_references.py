from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.references import References, all_references, references
from tests.domain.segments.conditions import conditions

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


@pytest.mark.parametrize(
    ("window", "today", "month"),
    [
        (None, date(2026, 11, 22), None),
        (1, date(2026, 11, 1), "2026-11"),
        (2, date(2026, 11, 1), "2026-10"),
        (22, date(2026, 11, 22), "2026-11"),
        (23, date(2026, 11, 22), "2026-10"),
        (365, date(2026, 11, 22), "2025-11"),
        (730, date(1, 1, 2), "0001-01"),
    ],
)
def test_the_first_month_is_that_of_the_first_day_in_the_window(window, today, month):
    assert References({"page": window}).first_month("page", today) == month


def test_the_longest_window_of_an_event_counts_and_no_window_is_the_longest():
    def page(days):
        return {"type": "event", "event": "page", "within_days": days}

    def asked(*days):
        tree = {"type": "any", "conditions": [page(number) for number in days]}
        return references(CONDITION.validate_python(tree)).events

    assert asked(7, 30, 1) == {"page": 30}
    assert asked(7, None, 30) == {"page": None}


@given(st.lists(conditions, min_size=1, max_size=3))
def test_several_conditions_ask_for_what_one_of_them_all_would(trees):
    parts = [CONDITION.validate_python(tree) for tree in trees]
    whole = CONDITION.validate_python({"type": "all", "conditions": trees})

    assert all_references(map(references, parts)) == references(whole)


def test_nothing_asked_is_nothing_needed():
    assert all_references([]) == References()
