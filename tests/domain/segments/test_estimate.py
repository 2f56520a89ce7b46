import pytest
from hypothesis import given
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.estimate import EVER_MONTHS, Estimate, estimate
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import references
from tests.domain.segments.histories import view_of
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
PAGE = {"type": "event", "event": "page"}
DEAR = {"property": "price", "operator": "greater", "value": 100}
BETWEEN = {"type": "between", "first_day": "2026-01-01", "last_day": "2026-01-31"}
SUM = {
    "type": "amount", "event": "page", "aggregate": "sum", "property": "price",
    "comparison": "at_least", "value": 1,
}  # fmt: skip
AFTER = {"type": "after", "anchor": {"event": "signup"}, "seconds": 86_400}


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"type": "trait", "trait": "city", "operator": "exists"}, Estimate(1, False, 0, 0, 0, 0)),
        (PAGE, Estimate(1, False, EVER_MONTHS, 0, 0, 0)),
        ({**PAGE, "within_days": 30}, Estimate(1, True, 2, 0, 0, 0)),
        ({**PAGE, "within_days": 1, "where": [DEAR]}, Estimate(1, True, 0, 1, 0, 2)),
        ({**PAGE, "window": {"type": "rolling", "seconds": 3_600}}, Estimate(1, True, 0, 0, 2, 2)),
        ({**PAGE, "window": AFTER}, Estimate(1, False, 0, EVER_MONTHS, 2, 2)),
        ({**PAGE, "within_days": 2}, Estimate(1, True, 2, 0, 0, 0)),
        ({**PAGE, "within_days": 31}, Estimate(1, True, 2, 0, 0, 0)),
        ({**PAGE, "within_days": 32}, Estimate(1, True, 3, 0, 0, 0)),
        ({**PAGE, "window": {"type": "rolling", "seconds": 86_401}},
         Estimate(1, True, 0, 0, 3, 2)),
        ({**PAGE, "window": BETWEEN}, Estimate(1, False, EVER_MONTHS, 0, 0, 0)),
        ({**PAGE, "where": [DEAR], "window": BETWEEN}, Estimate(1, False, 0, EVER_MONTHS, 0, 2)),
        ({**SUM, "within_days": 1}, Estimate(1, True, 0, 1, 0, 2)),
        (SUM, Estimate(1, False, 0, EVER_MONTHS, 0, 2)),
        ({**PAGE, "type": "value", "which": "last", "test": DEAR},
         Estimate(1, False, 0, EVER_MONTHS, 0, 2)),
        ({**PAGE, "type": "value", "which": "last", "test": DEAR, "within_days": 1},
         Estimate(1, True, 0, 1, 0, 2)),
        ({**PAGE, "type": "favourite", "test": DEAR, "within_days": 3},
         Estimate(1, True, 0, 0, 5, 2)),
        ({"type": "ratio", "whole": {"event": "page"}, "comparison": "at_least", "value": 1},
         Estimate(1, False, EVER_MONTHS, 0, 0, 0)),
        ({"type": "ratio", "whole": {"event": "page"}, "comparison": "at_least", "value": 1,
          "within_days": 30},
         Estimate(1, True, 2, 0, 0, 0)),
        ({"type": "trend", "event": "page", "direction": "rising", "periods": 1, "unit": "week"},
         Estimate(1, True, 2, 0, 0, 0)),
        ({"type": "sequence", "steps": [{"event": "page"}, {"event": "cart"}],
          "within_seconds": 1, "within_days": 1},
         Estimate(1, True, 0, 0, 8, 2)),
        ({"type": "activity", "about": "events", "comparison": "at_least", "value": 1},
         Estimate(1, False, 0, 0, 0, 0)),
        ({"type": "activity", "about": "age_days", "comparison": "at_least", "value": 1},
         Estimate(1, True, 0, 0, 0, 0)),
        ({"type": "date", "source": {"type": "trait", "trait": "born"}, "from_days": 0,
          "to_days": 0},
         Estimate(1, True, 0, 0, 0, 0)),
        # Two measures of one event and one of another: an event is in two of them at most.
        ({"type": "all", "conditions": [
            SUM, {**SUM, "property": "weight"}, {**SUM, "event": "cart"}]},
         Estimate(4, False, 0, 3 * EVER_MONTHS, 0, 4)),
        (
            {"type": "not", "condition": {"type": "all", "conditions": [PAGE, PAGE]}},
            Estimate(4, False, EVER_MONTHS, 0, 0, 0),
        ),
    ],
)  # fmt: skip
def test_a_condition_costs(data, expected):
    assert estimate(CONDITION.validate_python(data)) == expected


@given(cases())
def test_what_does_not_depend_on_time_never_changes_by_itself(case):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    verdict = evaluate(condition, view_of(history, references(condition), now, zone), now, zone)

    assert estimate(condition).depends_on_time or verdict.changes_at is None


@given(cases())
def test_no_more_days_and_months_are_read_than_reckoned(case):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    view = view_of(history, references(condition), now, zone)
    cost = estimate(condition)

    def months(rows):
        return sum(len({(day.year, day.month) for day in days}) for days in rows.values())

    assert months(view.counters) <= cost.counter_rows
    assert months(view.cells) <= cost.cell_rows
    days = sum(
        len({moment.at.astimezone(zone).date() for moment in moments})
        for moments in view.moments.values()
    )
    assert days <= cost.moment_rows
