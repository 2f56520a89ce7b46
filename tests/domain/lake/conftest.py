"""A lake in memory: rows in, the product's own SQL out, on DuckDB instead of Athena."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pytest
import sqlglot

from shared.domain.lake.rows import Row, line
from shared.domain.lake.tables import DAY, TABLES, Table


@dataclass
class Lake:
    """Two tables as Glue declares them; text is VARCHAR, `day` is where a row arrived."""

    connection: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(":memory:")
    )

    def __post_init__(self) -> None:
        for table in TABLES:
            columns = [f'"{c.name}" {c.type}' for c in table.columns]
            self.connection.execute(
                f'CREATE TABLE {table.name} ({", ".join(columns)}, {DAY} string, "$path" string)'
            )

    def add(
        self, table: Table, rows: Iterable[Row], day: str = "2026-11-22", path: str = "object"
    ) -> None:
        names = [column.name for column in table.columns]
        for row in rows:
            read = json.loads(line(row))
            assert read.keys() <= set(names), "a row has a column that the table has not"
            values = [*(read.get(name) for name in names), day, path]
            marks = ", ".join("?" for _ in (*names, DAY, "$path"))
            self.connection.execute(f"INSERT INTO {table.name} VALUES ({marks})", values)

    def query(self, sql: str) -> list[dict[str, Any]]:
        (said,) = sqlglot.transpile(sql, read="athena", write="duckdb")
        answer = self.connection.execute(said)
        names = [column[0] for column in answer.description]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.fixture
def lake() -> Lake:
    return Lake()


@pytest.fixture(scope="session")
def make_lake() -> type[Lake]:
    """For properties, which need a fresh lake an example."""
    return Lake
