"""Ten segments, each as a condition and as a good analyst would ask for it in SQL.

The SQL is Trino's, over `people_events`; ClickHouse gets the same text translated, but for what it
says in another way.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

NOW: Final = datetime(2026, 11, 10, 12, tzinfo=UTC)
_NOW: Final = "occurred_at <= TIMESTAMP '2026-11-10 12:00:00.000'"


def _since(day: str) -> str:
    return f"occurred_at >= TIMESTAMP '{day} 00:00:00.000' AND {_NOW}"


@dataclass(frozen=True)
class Case:
    """`by_hand` gives the same profile ids as the condition; `names` are the events it needs."""

    name: str
    names: tuple[str, ...]
    condition: dict[str, Any]
    by_hand: str
    by_clickhouse: str | None = None


_CATEGORY: Final = "json_extract_scalar(properties, '$.category')"
_AMOUNT: Final = "CAST(json_extract_scalar(properties, '$.amount') AS decimal(18,2))"


def _did(event: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a condition
    return {"type": "event", "event": event, **more}


CASES: Final = (
    Case(
        "bought twice in 30 days",
        ("order",),
        _did("order", times=2, within_days=30),
        f"""
SELECT profile_id FROM people_events
WHERE name = 'order' AND {_since("2026-10-12")}
GROUP BY profile_id HAVING count(*) >= 2""",
    ),
    Case(
        "left a cart this week",
        ("cart", "order"),
        {
            "type": "all",
            "conditions": [
                _did("cart", within_days=7),
                _did("order", comparison="at_most", times=0, within_days=7),
            ],
        },
        f"""
SELECT profile_id FROM people_events
WHERE name IN ('cart', 'order') AND {_since("2026-11-04")}
GROUP BY profile_id
HAVING count(*) FILTER (WHERE name = 'cart') >= 1
  AND count(*) FILTER (WHERE name = 'order') = 0""",
    ),
    Case(
        "spent 300 in 90 days",
        ("order",),
        {
            "type": "amount",
            "event": "order",
            "property": "amount",
            "aggregate": "sum",
            "comparison": "at_least",
            "value": 300,
            "within_days": 90,
        },
        f"""
SELECT profile_id FROM people_events
WHERE name = 'order' AND {_since("2026-08-13")}
GROUP BY profile_id HAVING sum({_AMOUNT}) >= 300""",
    ),
    Case(
        "average order above 120, in one category",
        ("order",),
        {
            "type": "amount",
            "event": "order",
            "where": [{"property": "category", "operator": "equals", "value": "c3"}],
            "property": "amount",
            "aggregate": "average",
            "comparison": "more_than",
            "value": 120,
        },
        f"""
SELECT profile_id FROM people_events
WHERE name = 'order' AND {_CATEGORY} = 'c3' AND {_NOW}
GROUP BY profile_id HAVING sum({_AMOUNT}) > 120 * count({_AMOUNT})""",
    ),
    Case(
        "looked at a category three times",
        ("view",),
        _did(
            "view",
            times=3,
            within_days=60,
            where=[{"property": "category", "operator": "one_of", "value": ["c1", "c2"]}],
        ),
        f"""
SELECT profile_id FROM people_events
WHERE name = 'view' AND {_CATEGORY} IN ('c1', 'c2') AND {_since("2026-09-12")}
GROUP BY profile_id HAVING count(*) >= 3""",
    ),
    Case(
        "of a city and silent for 30 days",
        ("view", "cart", "order", "support", "$identify"),
        {
            "type": "all",
            "conditions": [
                {"type": "trait", "trait": "city", "operator": "equals", "value": "Shanghai"},
                {
                    "type": "activity",
                    "about": "silence_days",
                    "comparison": "at_least",
                    "value": 30,
                },
            ],
        },
        f"""
SELECT profile_id FROM people_events
WHERE {_NOW}
GROUP BY profile_id
HAVING max(occurred_at) <= TIMESTAMP '2026-10-11 12:00:00.000'
  AND max_by(json_extract_scalar(traits, '$.city'), occurred_at)
    FILTER (WHERE NOT json_extract_scalar(traits, '$.city') IS NULL) = 'Shanghai'""",
        f"""
SELECT profile_id FROM people_events
WHERE {_NOW}
GROUP BY profile_id
HAVING max(occurred_at) <= '2026-10-11 12:00:00.000'
  AND argMaxIf(JSONExtractString(traits, 'city'), occurred_at, traits != '') = 'Shanghai'""",
    ),
    Case(
        "favourite category",
        ("view",),
        {
            "type": "favourite",
            "event": "view",
            "within_days": 90,
            "test": {"property": "category", "operator": "equals", "value": "c3"},
        },
        f"""
SELECT profile_id FROM (
  SELECT profile_id, category,
    row_number() OVER (
      PARTITION BY profile_id ORDER BY times DESC, latest DESC, category DESC
    ) AS place
  FROM (
    SELECT profile_id, {_CATEGORY} AS category, count(*) AS times, max(occurred_at) AS latest
    FROM people_events WHERE name = 'view' AND {_since("2026-08-13")}
    GROUP BY profile_id, {_CATEGORY}
  ) counted
) placed WHERE place = 1 AND category = 'c3'""",
    ),
    Case(
        "viewed, then bought within a day, without asking for support",
        ("view", "order", "support"),
        {
            "type": "sequence",
            "steps": [{"event": "view"}, {"event": "order"}],
            "without": {"event": "support"},
            "within_seconds": 86_400,
            "within_days": 30,
        },
        f"""
SELECT DISTINCT profile_id FROM (
  SELECT profile_id, name, occurred_at,
    max(CASE WHEN name = 'view' THEN occurred_at END) OVER earlier AS viewed_at,
    max(CASE WHEN name = 'support' THEN occurred_at END) OVER earlier AS asked_at
  FROM people_events
  WHERE name IN ('view', 'order', 'support') AND {_since("2026-10-11")}
  WINDOW earlier AS (
    PARTITION BY profile_id ORDER BY occurred_at
    RANGE BETWEEN UNBOUNDED PRECEDING AND INTERVAL '0.001' SECOND PRECEDING
  )
) steps
WHERE name = 'order' AND occurred_at >= TIMESTAMP '2026-10-12 00:00:00.000'
  AND date_diff('millisecond', viewed_at, occurred_at) <= 86400000
  AND (asked_at IS NULL OR asked_at <= viewed_at)""",
        f"""
SELECT DISTINCT profile_id FROM (
  SELECT profile_id, name, ms,
    maxIf(ms, name = 'view') OVER earlier AS viewed_at,
    maxIf(ms, name = 'support') OVER earlier AS asked_at
  FROM (
    SELECT profile_id, name, toUnixTimestamp64Milli(occurred_at) AS ms FROM people_events
    WHERE name IN ('view', 'order', 'support') AND {_since("2026-10-11")}
  )
  WINDOW earlier AS (
    PARTITION BY profile_id ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
)
WHERE name = 'order' AND ms >= 1791763200000 AND ms - viewed_at <= 86400000
  AND asked_at <= viewed_at""",
    ),
    Case(
        "orders fell two months in a row",
        ("order",),
        {
            "type": "trend",
            "event": "order",
            "direction": "falling",
            "periods": 2,
            "unit": "month",
        },
        """
SELECT profile_id FROM (
  SELECT profile_id,
    count(*) FILTER (WHERE occurred_at < TIMESTAMP '2026-09-01 00:00:00.000') AS august,
    count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-09-01 00:00:00.000'
      AND occurred_at < TIMESTAMP '2026-10-01 00:00:00.000') AS september,
    count(*) FILTER (WHERE occurred_at >= TIMESTAMP '2026-10-01 00:00:00.000') AS october
  FROM people_events
  WHERE name = 'order' AND occurred_at >= TIMESTAMP '2026-08-01 00:00:00.000'
    AND occurred_at < TIMESTAMP '2026-11-01 00:00:00.000'
  GROUP BY profile_id
) months WHERE august > september AND september > october""",
    ),
    Case(
        "bought within a week of the first cart",
        ("cart", "order"),
        _did(
            "order",
            window={"type": "after", "anchor": {"event": "cart"}, "seconds": 604_800},
        ),
        f"""
SELECT DISTINCT o.profile_id
FROM (SELECT profile_id, occurred_at FROM people_events WHERE name = 'order' AND {_NOW}) o
JOIN (
  SELECT profile_id, min(occurred_at) AS first_at FROM people_events
  WHERE name = 'cart' AND {_NOW} GROUP BY profile_id
) c ON c.profile_id = o.profile_id
WHERE o.occurred_at > c.first_at
  AND date_diff('millisecond', c.first_at, o.occurred_at) <= 604800000""",
    ),
)
