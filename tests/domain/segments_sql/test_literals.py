"""Values as SQL, and what engines make of them."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import (
    QueryTooLongError,
    count_of,
    literals,
    members,
    members_of,
    verdicts,
)
from shared.domain.segments.sql.plan import FLAGS, VALUES, Layer, Plan
from shared.domain.segments.sql.queries import MAX_QUERY_BYTES

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
COMPARISONS = {
    "at_least": lambda one, other: one >= other,
    "at_most": lambda one, other: one <= other,
    "more_than": lambda one, other: one > other,
    "less_than": lambda one, other: one < other,
    "exactly": lambda one, other: one == other,
}


@pytest.fixture(scope="module")
def engine(make_lake):
    return make_lake()


def answers(engine, *expressions):
    (row,) = engine.query(f"SELECT {', '.join(expressions)}")
    return list(row)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "''"),
        ("a", "'a'"),
        ("it's", "'it''s'"),
        ("\x00", "chr(0)"),
        ("a\nb", "('a' || chr(10) || 'b')"),
        ("\x1f\x7f", "(chr(31) || chr(127))"),
        ("茶\t", "('茶' || chr(9))"),
    ],
)
def test_a_text_is_spelt_out_where_engines_disagree(value, said):
    assert literals.text(value) == said


def test_several_conditions_are_joined_once_each():
    assert literals.both([]) == "TRUE"
    assert literals.either([]) == "FALSE"
    assert literals.both(["a"]) == literals.either(iter(["a", "a"])) == "a"
    assert literals.both(["a", "b", "a"]) == "(a AND b)"
    assert literals.either(["b", "a", "b"]) == "(b OR a)"


def test_a_value_among_texts():
    assert literals.one_of("x", []) == "FALSE"
    assert literals.one_of("x", ["a"]) == "x = 'a'"
    assert literals.one_of("x", ["a", "it's"]) == "x IN ('a', 'it''s')"


def test_numbers_and_instants_are_exact():
    assert literals.double(0.1) == "CAST('0.1' AS DOUBLE)"
    assert literals.counts("exactly", "x", 3) == "x = 3"
    assert literals.counts("at_least", "x", 0) == "x >= 0"
    assert literals.counts("at_most", "x", 7) == "x <= 7"
    late = datetime(2026, 11, 22, 20, 0, 0, 1_999, tzinfo=timezone(timedelta(hours=8)))
    assert literals.instant(late) == "'2026-11-22T12:00:00.001'"


NUMBERS = [0, 1, -1, 0.5, 0.3, 1e-18, 1.5e-18, -1.5e-18, 1e-19, -1e-19, 0.1 + 0.2, 10**12]


def test_an_amount_compares_as_the_number_that_was_written(engine):
    """Amounts have eighteen decimals; a condition's number may have more."""
    amounts = [Decimal(text) for text in ("0", "1", "-1", "0.5", "0.3", "1E-18", "2E-18",
                                          "-2E-18", "-1E-18", "0.300000000000000040")]  # fmt: skip
    cases = list(product(amounts, COMPARISONS, NUMBERS))
    expressions = [
        literals.amounts(comparison, f"CAST('{amount:f}' AS {literals.AMOUNT})", number)
        for amount, comparison, number in cases
    ]
    found = answers(engine, *expressions)
    for (amount, comparison, number), got in zip(cases, found, strict=True):
        wanted = COMPARISONS[comparison](Fraction(amount), Fraction(repr(number)))
        assert got is wanted, (amount, comparison, number)


def test_a_share_compares_without_dividing(engine):
    totals = [0, 1, 3, 10**12 - 1, -1]
    counts = [1, 3]
    numbers = [0, 1, 1 / 3, 0.5, 1e-20, -1e-20, 1e15, -1e15, 10**12]
    cases = list(product(totals, counts, COMPARISONS, numbers))
    expressions = [
        literals.shares(comparison, f"CAST({total} AS DECIMAL(38, 0))", f"{count}", number)
        for total, count, comparison, number in cases
    ]
    for (total, count, comparison, number), got in zip(
        cases, answers(engine, *expressions), strict=True
    ):
        wanted = COMPARISONS[comparison](Fraction(total, count), Fraction(repr(number)))
        assert got is wanted, (total, count, comparison, number)


def test_days_and_instants_stay_within_the_calendar():
    assert literals.shifted(date(2026, 11, 22), 9) == date(2026, 12, 1)
    assert literals.shifted(date(2026, 11, 22), -22) == date(2026, 10, 31)
    assert literals.shifted(date(1, 1, 3), -2) == date(1, 1, 1)
    assert literals.shifted(date(1, 1, 3), -3) == date(1, 1, 1)
    assert literals.shifted(date(9999, 12, 29), 2) == date(9999, 12, 31)
    assert literals.shifted(date(9999, 12, 29), 3) == date(9999, 12, 31)
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    assert literals.before(NOON, days=1, seconds=2) == NOON - timedelta(days=1, seconds=2)
    assert literals.before(NOON, days=800_000) == first
    assert literals.start_of(date(2026, 11, 22), ZONE) == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert literals.start_of(date(2, 1, 1), ZoneInfo("UTC")) == datetime(2, 1, 1, tzinfo=UTC)
    assert literals.start_of(date(1, 12, 31), ZONE) == first
    assert literals.start_of(date(9999, 1, 1), ZONE) == last
    before_last = date(9998, 12, 31)
    assert literals.start_of(before_last, ZoneInfo("UTC")) == datetime(9998, 12, 31, tzinfo=UTC)


# --- layers -------------------------------------------------------------------------------------


def test_an_expression_has_one_name_in_its_layer():
    layer = Layer("v")
    assert [layer.add(each) for each in ("x", "y", "x", "z")] == ["v0", "v1", "v0", "v2"]
    assert layer.columns() == ["x AS v0", "y AS v1", "z AS v2"]


def test_layers_stand_upon_one_another_and_those_without_columns_are_left_out():
    plan = Plan(NOON, ZONE)
    assert plan.today == date(2026, 11, 22)
    assert plan.people("SCAN") == (
        "(SELECT profile_id FROM (SCAN) AS scan GROUP BY profile_id) AS people"
    )
    assert plan.row("over_windows", VALUES + 2) == "w2_0"
    assert plan.row("value") == "v0"
    assert plan.row("flag", FLAGS) == "f0"
    assert plan.row("another") == "v1"
    assert plan.person("sum") == "a0"
    assert plan.judged("later", 1) == "j1_0"
    assert plan.judged("first", 0) == "j0_0"
    assert plan.people("SCAN") == (
        "(SELECT *, later AS j1_0 FROM (SELECT *, first AS j0_0 FROM"
        " (SELECT profile_id, sum AS a0 FROM"
        " (SELECT *, over_windows AS w2_0 FROM"
        " (SELECT *, value AS v0, another AS v1 FROM"
        " (SELECT *, flag AS f0 FROM (SCAN) AS scan) AS rows0) AS rows1) AS rows3"
        " GROUP BY profile_id) AS people) AS judged0) AS judged1"
    )
    assert plan.instant_of_row() == "ms"
    assert " AS ms, flag AS f0 FROM (SCAN)" in plan.people("SCAN")


def test_nothing_is_relevant_until_it_is_asked_for():
    plan = Plan(NOON, ZONE)
    assert (plan.relevant, plan.since) == ("FALSE", None)
    plan.looks_at_everything()
    assert (plan.relevant, plan.since) == ("TRUE", None)


def test_a_query_may_be_as_long_as_athena_takes_and_no_longer():
    def asked(*sizes):
        tests = [
            {"property": "a", "operator": "equals", "value": f"v{n:03}".ljust(size, "x")}
            for n, size in enumerate(sizes)
        ]
        leaves = [{"type": "event", "event": "e", "where": tests[n : n + 10]}
                  for n in range(0, len(tests), 10)]  # fmt: skip
        return TypeAdapter(Condition).validate_python({"type": "any", "conditions": leaves})

    sizes = [1_000] * 246 + [4, 4]
    missing = MAX_QUERY_BYTES - len(members(asked(*sizes), NOON, ZONE, "shop").encode())
    sizes[-2:] = [4 + missing // 2, 4 + missing - missing // 2]
    assert max(sizes) <= 1_000
    assert len(members(asked(*sizes), NOON, ZONE, "shop").encode()) == MAX_QUERY_BYTES
    sizes[-1] += 1
    with pytest.raises(QueryTooLongError, match="262,144 bytes"):
        members(asked(*sizes), NOON, ZONE, "shop")


def test_every_way_of_asking_begins_on_the_first_day_and_asks_for_the_workspace():
    condition = TypeAdapter(Condition).validate_python({"type": "event", "event": "e"})
    asked = (NOON, ZONE, "shop's")
    for query in (
        members(condition, *asked, first_day="2026-03-04"),
        count_of(condition, *asked, first_day="2026-03-04"),
        verdicts(condition, *asked, first_day="2026-03-04"),
        members_of({"one": condition}, *asked, first_day="2026-03-04"),
    ):
        assert "day >= '2026-03-04'" in query
        assert query.count("workspace_id = 'shop''s'") == 3
        assert "<= '2026-11-22T12:00:00.000'" in query
