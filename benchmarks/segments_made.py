"""A shop's history for `segments_sql`: the lake's two tables, made in DuckDB, always the same."""

from typing import Final

import duckdb

from shared.domain.lake.tables import DAY, EVENTS, IDENTITIES

WORKSPACE: Final = "shop"
_FIRST: Final = "2026-03-01"
_DAYS: Final = 260
# Of 100 events so many are views, carts, orders, requests for support, and claims of traits.
_NAMES: Final = (("view", 60), ("cart", 18), ("order", 12), ("support", 4), ("$identify", 6))


def fill(connection: duckdb.DuckDBPyConnection, events: int, people: int) -> None:
    """Make the tables: a tenth of the people have a second strand, one row in 100 is doubled."""
    names = "".join(
        f" WHEN {_chance('name')} < {sum(share for _, share in _NAMES[: n + 1])} THEN '{name}'"
        for n, (name, _) in enumerate(_NAMES)
    )
    moment = f"TIMESTAMP '{_FIRST}' + to_milliseconds(hash(i, 'at') % {_DAYS * 86_400_000})"
    connection.execute(f"""
CREATE TABLE made AS
SELECT
  i,
  -- some do much more than others
  ((hash(i, 'who') % {people}) * (hash(i, 'more') % 1000) // 1000)::BIGINT AS person,
  CASE{names} END AS name,
  strftime({moment}, '%Y-%m-%dT%H:%M:%S.%gZ') AS happened,
  strftime({moment}, '%Y-%m-%d') AS arrived
FROM range({events}) made (i)
""")
    values = {
        "workspace_id": f"'{WORKSPACE}'",
        "strand_id": f"'p' || person || CASE WHEN {_chance('strand')} < 20 AND person % 10 = 0"
        " THEN '-device' ELSE '' END",
        "message_id": "'m' || i",
        "name": "name",
        "type": "CASE WHEN name = '$identify' THEN 'identify' ELSE 'track' END",
        "source_id": "'web'",
        "occurred_at": "happened",
        "received_at": "happened",
        "timestamp": "happened",
        "properties": _PROPERTIES,
        "traits": _TRAITS,
    }
    columns = ", ".join(f'{values.get(c.name, "NULL")} AS "{c.name}"' for c in EVENTS.columns)
    connection.execute(
        f"CREATE TABLE {EVENTS.name} AS SELECT {columns}, arrived AS {DAY} FROM made"
        f" UNION ALL SELECT {columns}, arrived AS {DAY} FROM made WHERE i % 100 = 0"
    )
    connection.execute(f"""
CREATE TABLE {IDENTITIES.name} AS
SELECT '{WORKSPACE}' AS workspace_id, 'p' || person || '-device' AS strand_id,
  'p' || person AS profile_id, '1' AS "position", NULL::BOOLEAN AS erased, '{_FIRST}' AS {DAY}
FROM range({people}) strands (person) WHERE person % 10 = 0
""")
    connection.execute("DROP TABLE made")


def _chance(what: str) -> str:
    return f"hash(i, '{what}') % 100"


_PROPERTIES: Final = """CASE name
  WHEN '$identify' THEN NULL
  WHEN 'order' THEN '{"amount":' || ((hash(i, 'amount') % 20000) / 100)::DECIMAL(9, 2)
    || ',"category":"c' || hash(i, 'category') % 12 || '","coupon":null,"paid":true}'
  ELSE '{"category":"c' || hash(i, 'category') % 12 || '","title":"Something nice, no. '
    || hash(i, 'title') % 9999 || '","url":"https://shop.example/goods/' || i || '"}'
END"""
_TRAITS: Final = """CASE name WHEN '$identify' THEN '{"born":"' || 1950 + hash(i, 'year') % 55
  || '-' || lpad((1 + hash(i, 'month') % 12)::VARCHAR, 2, '0')
  || '-' || lpad((1 + hash(i, 'day') % 28)::VARCHAR, 2, '0')
  || '","city":"' || ['Shanghai', 'Beijing', 'Chengdu', 'Xi''an'][1 + (hash(i, 'city') % 4)::INT]
  || '"}' END"""
