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
        (
            {"type": "not", "condition": {"type": "all", "conditions": [PAGE, PAGE]}},
            Estimate(4, False, EVER_MONTHS, 0, 0, 0),
        ),
    ],
)
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
