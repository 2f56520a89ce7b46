"""Where buyers can be cut into high and low, as one query in Trino's dialect over the lake.

It loads sqlglot. The text runs on Athena as it is, and on DuckDB once sqlglot has translated it;
everything in it is counted and ordered exactly, so both say the same.
"""

# ruff: noqa: S608 - every value comes through `literals`

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.segments.nodes.base import MAX_NUMBER
from shared.domain.segments.nodes.events import MAX_DAYS
from shared.domain.segments.sql.json_values import JsonValue
from shared.domain.segments.sql.literals import AMOUNT, both, instant, shares, shifted
from shared.domain.segments.sql.plan import Plan
from shared.domain.segments.sql.queries import finished, people_of
from shared.domain.segments.sql.windows import within_days
from shared.domain.tags.kinds import MAX_TIMES, QuantileThresholds, RfmTag

MAX_CUTS: Final = 9  # rows of the answer: three for each figure
_COUNT: Final = "DECIMAL(10, 0)"


def cuts(
    kind: RfmTag, wanted: QuantileThresholds, at: datetime, zone: ZoneInfo, workspace_id: str
) -> str:
    """`figure`, `value`, `high` and `people`: the cuts around each wanted share, and the best.

    `value` is a figure that somebody has, greater being better, so recency is days below zero;
    `high` counts those who have it or a better one, `people` all who bought in the window. Above
    what a threshold can say figures are as good as equal.
    """
    plan = Plan(at, zone)
    buyers = _buyers(kind, plan, workspace_id)
    each = f"""
SELECT figure, CASE figure
  WHEN 'recency' THEN CAST(0 - days AS {AMOUNT})
  WHEN 'frequency' THEN CAST(least(times, {MAX_TIMES}) AS {AMOUNT})
  ELSE least(money, CAST('{MAX_NUMBER}' AS {AMOUNT})) END AS value
FROM ({buyers}) AS buyers
CROSS JOIN UNNEST(ARRAY['recency', 'frequency', 'monetary']) AS figures (figure)"""
    counted = f"""
SELECT figure, value, sum(n) OVER (PARTITION BY figure ORDER BY value DESC) AS high,
  sum(n) OVER (PARTITION BY figure) AS people
FROM (SELECT figure, value, count(*) AS n FROM ({each}) AS each_one GROUP BY figure, value) AS sizes
"""
    near = f"""
SELECT figure, value, high, people,
  row_number() OVER (PARTITION BY figure, reached ORDER BY high DESC) AS from_below,
  row_number() OVER (PARTITION BY figure, reached ORDER BY high) AS from_above,
  row_number() OVER (PARTITION BY figure ORDER BY high) AS best, reached
FROM (SELECT *, CASE WHEN {_reached(wanted)} THEN 1 ELSE 0 END AS reached
  FROM ({counted}) AS counted) AS marked"""
    return finished(
        f"SELECT figure, value, high, people FROM ({near}) AS near"
        " WHERE best = 1 OR (reached = 1 AND from_above = 1) OR (reached = 0 AND from_below = 1)"
    )


def _buyers(kind: RfmTag, plan: Plan, workspace_id: str) -> str:
    """`days`, `times` and `money` of everybody who bought in the window."""
    window = within_days(kind, kind.within_days, plan)
    bought = both([plan.flag(kind), *window])
    amount = JsonValue.member("properties", kind.amount).amount
    number = plan.row(f"CASE WHEN {plan.flag(kind)} THEN {amount} END")
    times = plan.person(f"count(*) FILTER (WHERE {bought})")
    total = plan.person(f"sum({number}) FILTER (WHERE {bought})")
    last = plan.person(f"max(t) FILTER (WHERE {bought})")
    days = _days(last, 1, kind.within_days or MAX_DAYS + 1, plan)
    people = people_of(plan, workspace_id)
    return (
        f"SELECT {days} AS days, {times} AS times, COALESCE({total}, 0) AS money"
        f" FROM {people} WHERE {times} > 0"
    )


def _days(last: str, low: int, high: int, plan: Plan) -> str:
    """On which of so many natural days back an instant lies, today being 1; by halving."""
    if low == high:
        return str(low)
    middle = (low + high) // 2
    start = plan.start_of(shifted(plan.today, 1 - middle))
    nearer, further = _days(last, low, middle, plan), _days(last, middle + 1, high, plan)
    return f"CASE WHEN {last} >= {instant(start)} THEN {nearer} ELSE {further} END"


def _reached(wanted: QuantileThresholds) -> str:
    """Whether at least the wanted share is high."""
    of = {
        "recency": wanted.recency_share,
        "frequency": wanted.frequency_share,
        "monetary": wanted.monetary_share,
    }
    tests = (
        f"WHEN '{figure}' THEN {shares('at_least', f'CAST(high AS {_COUNT})', 'people', share)}"
        for figure, share in of.items()
    )
    return f"CASE figure {' '.join(tests)} END"
