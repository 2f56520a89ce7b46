"""Parquet files are read in order, from any row on, with values as plain data."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from shared.domain.imports.reading import Position
from shared.errors import PermanentError
from shared.runtime.parquet import read_parquet


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "it's.parquet"
    written = str(target).replace("'", "''")
    duckdb.execute(
        'COPY (SELECT \'u\' || i AS user_id, i AS "the ""n""", 1.5::DECIMAL(9, 2) AS price, '
        "DATE '2026-01-01' AS day, TIMESTAMPTZ '2026-01-01 08:00:00+08' AS moment, "
        "{'city': '上海', 'tags': ['a', NULL]} AS address, 'x'::BLOB AS blob, "
        "CASE WHEN i = 3 THEN 'nan'::DOUBLE ELSE 0.5 END AS odd "
        f"FROM range(3000) t(i)) TO '{written}' (FORMAT parquet, ROW_GROUP_SIZE 2048)"
    )
    return target


def test_rows_have_plain_values(path):
    first = next(read_parquet(path, Position()))
    assert first.values == {
        "user_id": "u0",
        'the "n"': 0,
        "price": 1.5,
        "day": "2026-01-01",
        "moment": int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000),
        "address": {"city": "上海", "tags": ["a", None]},
        "blob": "x",
        "odd": 0.5,
    }


def test_reading_goes_on_after_any_row(path):
    rows = list(read_parquet(path, Position()))
    assert [row.values["user_id"] for row in rows] == [f"u{number}" for number in range(3000)]
    assert [row.number for row in rows] == list(range(1, 3001))
    for place in (0, 1, 2047, 2048, 2998, 2999):
        rest = list(read_parquet(path, rows[place].after))
        assert [row.values["user_id"] for row in rest] == [
            f"u{number}" for number in range(place + 1, 3000)
        ]


def test_a_value_that_json_has_not_costs_its_row_only(path):
    rows = list(read_parquet(path, Position(2, 3)))
    assert [row.error is not None for row in rows[:3]] == [False, True, False]


def test_what_is_no_parquet_is_said_to_be_none(tmp_path):
    broken = tmp_path / "x"
    broken.write_bytes(b"user_id\nu1\n")
    with pytest.raises(PermanentError, match="cannot be read"):
        next(read_parquet(broken, Position()))
