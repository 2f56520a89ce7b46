from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.measures.model import Measure
from shared.domain.segments.condition import Condition
from shared.domain.segments.nodes.events import PropertyFilter
from shared.domain.segments.references import (
    Anchored,
    References,
    all_references,
    references,
    with_days_in_cells,
)
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


DAY = 86_400
DEAR = {"property": "price", "operator": "greater", "value": 3}
PAGE = {"event": "page"}
DEAR_PAGE = {"event": "page", "where": [DEAR]}
ROLLING = {"type": "rolling", "seconds": 90}
BETWEEN = {"type": "between", "first_day": "2026-01-01", "last_day": "2026-01-31"}


def anchored(kind, which="first"):
    anchor = {"event": "signup", "where": [DEAR]}
    return {"type": kind, "anchor": anchor, "which": which, "seconds": 70}


def read(**data):
    return CONDITION.validate_python(data)


FILTER = PropertyFilter.model_validate(DEAR)
SIGNUP = Measure("signup", (FILTER,))
COUNTED = Measure("page", (FILTER,))
PRICED = Measure("page", (), "price")
SKU = Measure("page", (), "sku")
AMOUNT = {"type": "amount", **PAGE, "property": "price", "comparison": "at_least", "value": 1}
TEST = {"property": "sku", "operator": "exists"}
DATE = {"type": "date", "from_days": 0, "to_days": 0}
TREND = {"type": "trend", "direction": "rising"}


@pytest.mark.parametrize(
    ("leaf", "needed"),
    [
        ({"type": "trait", "trait": "city", "operator": "exists"},
         References(traits=frozenset({"city"}))),
        ({"type": "event", **PAGE}, References(events={"page": None})),
        ({"type": "event", **PAGE, "within_days": 9}, References(events={"page": 9})),
        ({"type": "event", **PAGE, "window": BETWEEN}, References(events={"page": None})),
        ({"type": "event", **DEAR_PAGE, "within_days": 9}, References(cells={COUNTED: 9})),
        ({"type": "event", **DEAR_PAGE, "window": BETWEEN}, References(cells={COUNTED: None})),
        ({"type": "event", **PAGE, "window": ROLLING},
         References(moments={Measure("page"): 90})),
        ({"type": "event", **PAGE, "window": anchored("after")},
         References(
             cells={SIGNUP: None},
             anchored=frozenset({Anchored(Measure("page"), SIGNUP, "first", 0, 70)}),
         )),
        ({"type": "event", **PAGE, "window": anchored("before", "last")},
         References(
             cells={SIGNUP: None},
             anchored=frozenset({Anchored(Measure("page"), SIGNUP, "last", 70, 0)}),
         )),
        ({**AMOUNT, "aggregate": "sum"}, References(cells={PRICED: None})),
        ({**AMOUNT, "aggregate": "average", "within_days": 5}, References(cells={PRICED: 5})),
        ({**AMOUNT, "aggregate": "distinct", "within_days": 5},
         References(moments={PRICED: 6 * DAY})),
        ({**AMOUNT, "aggregate": "distinct", "window": ROLLING}, References(moments={PRICED: 90})),
        ({**AMOUNT, "aggregate": "sum", "window": ROLLING}, References(moments={PRICED: 90})),
        ({"type": "value", **PAGE, "which": "last", "test": TEST}, References(cells={SKU: None})),
        ({"type": "value", **PAGE, "which": "last", "test": TEST, "within_days": 3},
         References(cells={SKU: 3})),
        ({"type": "favourite", **PAGE, "test": TEST, "within_days": 3},
         References(moments={SKU: 4 * DAY})),
        ({"type": "ratio", "whole": PAGE, "comparison": "at_least", "value": 1},
         References(events={"page": None})),
        ({"type": "ratio", "part": DEAR_PAGE, "whole": PAGE, "comparison": "at_least", "value": 1,
          "within_days": 4},
         References(events={"page": 4}, cells={COUNTED: 4})),
        ({**TREND, **PAGE, "periods": 2, "unit": "week"}, References(events={"page": 28})),
        ({**TREND, **DEAR_PAGE, "periods": 2, "unit": "month"},
         References(cells={COUNTED: 124})),
        ({**TREND, **PAGE, "aggregate": "sum", "property": "price", "periods": 1, "unit": "week"},
         References(cells={PRICED: 21})),
        ({"type": "sequence", "steps": [PAGE, DEAR_PAGE], "within_seconds": 50, "within_days": 2},
         References(moments=dict.fromkeys([Measure("page"), COUNTED], 3 * DAY + 50))),
        ({"type": "sequence", "steps": [PAGE, PAGE], "without": {"event": "cart"},
          "within_seconds": 50, "within_days": 2},
         References(moments=dict.fromkeys([Measure("page"), Measure("cart")], 3 * DAY + 50))),
        ({"type": "activity", "about": "events", "comparison": "at_least", "value": 1},
         References(activity=True)),
        ({**DATE, "source": {"type": "trait", "trait": "born"}},
         References(traits=frozenset({"born"}))),
        ({**DATE, "source": {"type": "event", **PAGE}}, References(events={"page": None})),
        ({**DATE, "source": {"type": "event", **DEAR_PAGE}}, References(cells={COUNTED: None})),
    ],
)  # fmt: skip
def test_a_leaf_needs_this_and_nothing_else(leaf, needed):
    assert references(read(**leaf)) == needed
    groups = {"type": "not", "condition": {"type": "at_least", "count": 1, "conditions": [leaf]}}
    assert references(read(**groups)) == needed


def test_events_and_measures_are_named_wherever_they_are_needed():
    after = {"type": "event", **DEAR_PAGE, "window": anchored("after")}
    several = [
        *({"type": "event", "event": "cart"}, {**AMOUNT, "aggregate": "sum"}, after),
        {"type": "favourite", **PAGE, "test": TEST, "within_days": 3},
    ]
    needed = references(read(type="all", conditions=several))
    assert needed.measures == {COUNTED, SIGNUP, PRICED, SKU}
    assert needed.event_names == {"cart", "page", "signup"}


def test_of_two_reaches_the_longer_one_counts():
    def favourite(days):
        return read(type="favourite", **PAGE, test=TEST, within_days=days)

    def summed(days):
        return read(**AMOUNT, aggregate="sum", within_days=days)

    for order in ((2, 5), (5, 2)):
        parts = [*map(favourite, order), *map(summed, order)]
        assert all_references(map(references, parts)) == References(
            cells={PRICED: 5}, moments={SKU: 6 * DAY}
        )
    ever = [summed(5), read(**AMOUNT, aggregate="sum")]
    assert all_references(map(references, ever[::-1])).cells == {PRICED: None}
    assert all_references(map(references, ever)).cells == {PRICED: None}


def test_for_another_time_zone_what_is_counted_on_days_is_measured_too():
    asked = References(
        events={"page": 3, "cart": None}, cells={Measure("page"): 2, PRICED: 9}, activity=True
    )
    assert with_days_in_cells(asked) == replace(
        asked, cells={Measure("page"): 3, PRICED: 9, Measure("cart"): None}
    )


def test_what_stands_for_something_else_must_be_expanded_before():
    with pytest.raises(ValueError, match="a list condition has to be expanded first"):
        references(read(type="not", condition={"type": "list", "list_id": "a"}))
