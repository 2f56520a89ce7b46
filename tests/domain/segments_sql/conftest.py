"""A lake of many people, on DuckDB instead of Athena."""

import json

import duckdb
import pytest
import sqlglot

from shared.domain.lake.rows import line
from shared.domain.lake.tables import DAY, TABLES


class Lake:
    """Two tables as Glue declares them; rows go in by the thousand."""

    def __init__(self):
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        for table in TABLES:
            columns = [f'"{c.name}" {c.type}' for c in table.columns]
            declared = ", ".join((*columns, f"{DAY} string"))
            self.connection.execute(f"CREATE TABLE {table.name} ({declared})")

    def add_many(self, table, rows):
        names = [column.name for column in table.columns]
        read = [(json.loads(line(row)), day) for row, day in rows]
        values = [[*(row.get(name) for name in names), day] for row, day in read]
        if values:
            marks = ", ".join("?" for _ in (*names, DAY))
            self.connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", values)

    def query(self, sql):
        (said,) = sqlglot.transpile(sql, read="athena", write="duckdb")
        return self.connection.execute(said).fetchall()


@pytest.fixture
def lake():
    return Lake()


@pytest.fixture(scope="session")
def make_lake():
    """For tests of many worlds."""
    return Lake
