"""The example segments of the starter playbook find the same real people in three ways.

Members by the evaluator, by generated SQL, and by SQL that was written by hand over a plain table
of the same events: it uses nothing of Rapport but the thresholds, which are written here again.
"""

import csv
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest
import sqlglot
import yaml
from pydantic import TypeAdapter

from shared.domain.lake.rows import event_row
from shared.domain.lake.tables import DAY, EVENTS, TABLES
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.references import references
from shared.domain.segments.sql import members
from tests.domain.segments.histories import view_of
from tests.domain.segments_sql import clickstream

PLAYBOOK = Path(__file__).parents[3] / "playbooks" / "starter"
ZONE = ZoneInfo("Asia/Shanghai")
READ = TypeAdapter(Condition)

# By hand: `clicks` has (user_id, name, day, moment, revenue), all until the instant $at; $today is
# its natural day in the zone. A window of N days is today and the N - 1 days before it.
BROWSED_NO_ORDER = """
    SELECT user_id FROM clicks GROUP BY user_id
    HAVING count(*) FILTER (WHERE name = 'product_viewed' AND day > $today - 30) >= 1
       AND count(*) FILTER (WHERE name = 'order_completed' AND day > $today - 30) = 0
       AND avg(revenue) FILTER (WHERE name = 'order_completed' AND day > $today - 365) >= 100
"""
LIVE_NO_ORDER = """
    SELECT user_id FROM clicks GROUP BY user_id
    HAVING count(*) FILTER (WHERE name = 'live_interacted' AND day > $today - 7) > 3
       AND count(*) FILTER (WHERE name = 'order_completed' AND day > $today - 7) = 0
"""
LOYAL_ORDERING_LESS = """
    WITH monthly AS (
        SELECT user_id, datediff('month', day, $today) AS ago, count(*) AS orders
        FROM clicks WHERE name = 'order_completed' GROUP BY user_id, ago
    ), four AS (
        SELECT user_id,
            coalesce(sum(orders) FILTER (WHERE ago = 4), 0) AS fourth,
            coalesce(sum(orders) FILTER (WHERE ago = 3), 0) AS third,
            coalesce(sum(orders) FILTER (WHERE ago = 2), 0) AS second,
            coalesce(sum(orders) FILTER (WHERE ago = 1), 0) AS latest
        FROM monthly GROUP BY user_id
    ), loyal AS (
        SELECT user_id FROM clicks GROUP BY user_id
        HAVING max(moment) > $at - INTERVAL 336 HOUR   -- not at risk: 14 days
           AND min(moment) <= $at - INTERVAL 720 HOUR  -- known for 30 days
           AND count(*) >= 50
    )
    SELECT user_id FROM four JOIN loyal USING (user_id)
    WHERE fourth > third AND third > second AND second > latest
"""


def segment(segment_id):
    """The shipped segment, of facts alone."""
    for file in sorted(PLAYBOOK.glob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if document.get("segment_id") == segment_id and document["kind"] == "segment":
                condition = READ.validate_python(document["condition"])
                return expand(condition, Definitions({}, {}))
    raise AssertionError(f"no segment {segment_id} is shipped")


@contextmanager
def tables_of(history, folder):
    """The lake's tables and a plain one, all with the same events."""
    with duckdb.connect(":memory:", config={"threads": 1}) as connection:
        for table in TABLES:
            rows = lake_rows(history) if table is EVENTS else []
            columns = {column.name: column.type for column in table.columns} | {DAY: "string"}
            fill(connection, folder / f"{table.name}.csv", columns, rows)
        plain = {"user_id": "text", "name": "text", "day": "date", "moment": "timestamp",
                 "revenue": "double"}  # fmt: skip
        fill(connection, folder / "plain.csv", plain, plain_rows(history))
        yield connection


def fill(connection, file, columns, rows):
    declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.execute(f"CREATE TABLE {file.stem} ({declared})")
    with file.open("w", newline="") as text:
        csv.DictWriter(text, columns).writerows(rows)
    form = "HEADER false, AUTO_DETECT false, QUOTE '\"', ESCAPE '\"'"
    connection.execute(f"COPY {file.stem} FROM '{file}' ({form})")


def lake_rows(history):
    for past in history.values():
        for each in past:
            row = event_row(each.strand_id, each.event().to_json())
            names = {column.name for column in EVENTS.columns}
            yield {n: v for n, v in row.items() if n in names} | {DAY: str(each.at.date())}


def plain_rows(history):
    for user_id, past in history.items():
        for each in past:
            yield {
                "user_id": user_id,
                "name": each.name,
                "day": each.at.astimezone(ZONE).date(),
                "moment": each.at.replace(tzinfo=None),
                "revenue": each.properties.get("revenue"),
            }


def by_evaluator(history, condition, at):
    needed = references(condition)
    known = {user_id: past for user_id, past in history.items() if past[0].at <= at}
    return {
        user_id
        for user_id, past in known.items()
        if evaluate(condition, view_of(past, needed, at, ZONE), at, ZONE).matches
    }


def by_sql(connection, condition, at):
    (said,) = sqlglot.transpile(members(condition, at, ZONE, "shop"), read="athena", write="duckdb")
    return {profile_id for (profile_id,) in connection.execute(said).fetchall()}


def by_hand(connection, sql, at):
    """What the query finds among everything until the instant."""
    now = f"TIMESTAMP '{at.replace(tzinfo=None)}'"
    connection.execute(
        f"CREATE OR REPLACE TEMP VIEW clicks AS SELECT * FROM plain WHERE moment <= {now}"
    )
    text = sql.replace("$at", now).replace("$today", f"DATE '{at.astimezone(ZONE).date()}'")
    return {user_id for (user_id,) in connection.execute(text).fetchall()}


def utc(month, day, hour=0):
    return datetime(2020, month, day, hour, tzinfo=UTC)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("segment_id", "made", "sql", "instants"),
    [
        ("high-value-browsers", (clickstream.as_it_was,), BROWSED_NO_ORDER,
         [utc(2, 10), utc(3, 31, 16), utc(4, 20, 3)]),
        ("live-fans-without-order", (clickstream.with_live_streams,), LIVE_NO_ORDER,
         [utc(2, 10), utc(3, 31, 16), utc(4, 20, 3)]),
        ("loyal-ordering-less", (clickstream.only_orders, 200), LOYAL_ORDERING_LESS,
         [utc(3, 10), utc(3, 31, 16), utc(4, 20, 3)]),
    ],
)  # fmt: skip
def test_an_example_segment_finds_the_same_real_people_as_sql_by_hand(
    tmp_path, segment_id, made, sql, instants
):
    history, condition = clickstream.people(*made), segment(segment_id)
    with tables_of(history, tmp_path) as connection:
        found = [by_hand(connection, sql, at) for at in instants]
        for at, wanted in zip(instants, found, strict=True):
            assert by_sql(connection, condition, at) == wanted, at
            assert by_evaluator(history, condition, at) == wanted, at
    assert all(0 < len(wanted) < len(history) / 2 for wanted in found), [*map(len, found)]
    assert len(set(map(frozenset, found))) > 1, "members change with time"
