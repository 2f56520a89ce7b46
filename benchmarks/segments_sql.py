"""Segments rebuilt by generated SQL, beside SQL by hand on the same tables, and beside ClickHouse.

By hand twice: over the view `people_events`, as an analyst would, and over the leaner scan that
generated queries use, so that it shows what of the difference is the scan. ClickHouse runs in this
process (chdb) over the same rows in its own tables. All must find the same people.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import duckdb
import sqlglot
from pydantic import TypeAdapter

from benchmarks.segments_by_hand import CASES, NOW, Case
from benchmarks.segments_made import WORKSPACE, fill
from shared.domain.lake.sql import people_events
from shared.domain.lake.tables import TABLES
from shared.domain.segments.condition import Condition
from shared.domain.segments.sql import members
from shared.domain.segments.sql.scan import events_of_people

EVENTS: Final = 5_000_000
PEOPLE: Final = 200_000
BUDGET: Final = 1.3  # times what the same segments cost by hand
RUNS: Final = 1  # of each query; with more the best counts

_UTC: Final = ZoneInfo("UTC")
_READ: Final = TypeAdapter[Any](Condition)


def measure(
    events: int = EVENTS, people: int = PEOPLE, runs: int = RUNS, *, clickhouse: bool = True
) -> dict[str, Any]:
    """Processor seconds of each segment in each way, and what the ways come to for each other.

    `clickhouse` can be left out, as it is not installed for tests.
    """
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(f"{folder}/lake.duckdb")
        fill(connection, events, people)
        peer = _ClickHouse(connection, Path(folder)) if clickhouse else None
        rows = [_measured(case, connection, peer, runs) for case in CASES]
        if peer:
            peer.close()
        connection.close()
    ways = {way: sum(row["seconds"][way] for row in rows) for way in rows[0]["seconds"]}
    ratios = {way: round(ways["generated"] / seconds, 2) for way, seconds in ways.items()}
    return {
        "events": events,
        "people": people,
        "segments": rows,
        "seconds": {way: round(seconds, 2) for way, seconds in ways.items()},
        "generated_to": {way: ratio for way, ratio in ratios.items() if way != "generated"},
        "budget_to_by_hand": BUDGET,
    }


def _measured(
    case: Case, connection: duckdb.DuckDBPyConnection, peer: "_ClickHouse | None", runs: int
) -> dict[str, Any]:
    def on_duckdb(sql: str) -> Callable[[], set[str]]:
        (said,) = sqlglot.transpile(sql, read="athena", write="duckdb")
        return lambda: {profile_id for (profile_id,) in connection.execute(said).fetchall()}

    condition = _READ.validate_python(case.condition)
    view = f"(SELECT * FROM ({people_events()}) every WHERE workspace_id = '{WORKSPACE}') shop"
    ways = {
        "generated": on_duckdb(members(condition, NOW, _UTC, WORKSPACE)),
        "by hand": on_duckdb(case.by_hand.replace("people_events", view)),
        "by hand, lean scan": on_duckdb(case.by_hand.replace("people_events", _lean(case))),
    }
    if peer:
        ways["clickhouse"] = partial(peer.query, case)
    seconds, found = {}, {}
    for way, ask in ways.items():
        seconds[way], found[way] = _cpu(ask, runs)
    for way, ids in found.items():
        assert ids == found["generated"], (case.name, way, len(ids), len(found["generated"]))
    return {
        "name": case.name,
        "members": len(found["generated"]),
        "seconds": {way: round(each, 3) for way, each in seconds.items()},
        "to_by_hand": round(seconds["generated"] / seconds["by hand"], 2),
    }


def _lean(case: Case) -> str:
    """The scan of generated queries, for the events of a case, in the shape of `people_events`."""
    names = ", ".join(f"'{name}'" for name in case.names)
    until = f"'{NOW.isoformat(timespec='milliseconds')[:23]}'"
    scan = events_of_people(WORKSPACE, until, f"name IN ({names})", everybody=False)
    return (
        "(SELECT profile_id, name, properties, traits,"
        f" CAST(replace(t, 'T', ' ') AS timestamp(3)) AS occurred_at FROM ({scan}) scanned) shop"
    )


class _ClickHouse:
    """ClickHouse in this process, with the lake's rows in tables of its own."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        from chdb.session import Session

        self._session = Session(str(folder / "clickhouse"))
        self._session.query("CREATE DATABASE lake")
        for table in TABLES:
            file = folder / f"{table.name}.parquet"
            connection.execute(f"COPY {table.name} TO '{file}' (FORMAT parquet)")
            self._session.query(
                f"CREATE TABLE lake.{table.name} ENGINE = MergeTree ORDER BY tuple()"
                f" AS SELECT * FROM file('{file}', Parquet)"
            )
            file.unlink()

    def query(self, case: Case) -> set[str]:
        """The members of a case."""
        sql = case.by_clickhouse
        if sql is None:
            (sql,) = sqlglot.transpile(case.by_hand, read="athena", write="clickhouse")
        answer = self._session.query(sql.replace("people_events", self._people_events(case)), "CSV")
        return {line.strip('"') for line in str(answer).splitlines()}

    def close(self) -> None:
        """Stop it, so that its files can go."""
        self._session.close()

    @staticmethod
    def _people_events(case: Case) -> str:
        names = ", ".join(f"'{name}'" for name in case.names)
        strands = (
            "SELECT strand_id, argMax(profile_id, position) AS profile_id,"
            f" max(coalesce(erased, false)) AS erased FROM lake.identities"
            f" WHERE workspace_id = '{WORKSPACE}' GROUP BY strand_id"
        )
        return f"""(
SELECT coalesce(root.profile_id, own.profile_id, e.strand_id) AS profile_id,
  e.name AS name, e.occurred_at AS occurred_at, e.properties AS properties, e.traits AS traits
FROM (
  SELECT strand_id, assumeNotNull(name) AS name, properties, coalesce(traits, '') AS traits,
    toDateTime64(replaceOne(substr(assumeNotNull(occurred_at), 1, 23), 'T', ' '), 3, 'UTC')
      AS occurred_at
  FROM lake.events WHERE workspace_id = '{WORKSPACE}' AND name IN ({names})
  LIMIT 1 BY strand_id, message_id, "timestamp"
) e
LEFT JOIN ({strands}) own ON own.strand_id = e.strand_id
LEFT JOIN ({strands}) root ON root.strand_id = own.profile_id
WHERE NOT coalesce(own.erased, false) AND NOT coalesce(root.erased, false)
) shop"""


def _cpu(ask: Callable[[], set[str]], runs: int) -> tuple[float, set[str]]:
    """Processor seconds of a query, the best of some runs, and the ids that it gives."""
    seconds = float("inf")
    for _ in range(runs):
        start = time.process_time()
        found = ask()
        seconds = min(seconds, time.process_time() - start)
    return seconds, found
