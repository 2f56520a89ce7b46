"""Parquet files as rows, by DuckDB: streamed, in bounded memory, from any row on.

DuckDB ships in a layer of its own, because only this reader needs it; see decision 0013.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from shared.domain.imports.reading import Position, Row
from shared.domain.imports.rejected import RowError
from shared.domain.imports.values import plain
from shared.errors import PermanentError

MEMORY: Final = "200MB"
_FETCH: Final = 500


def read_parquet(path: Path, start: Position) -> Iterator[Row]:
    """Every row from `start` on; raises PermanentError when the file cannot be read."""
    connection = _connect()
    described = _described(connection, path)
    names = [name for name, _ in described]
    try:
        found = connection.execute(
            f"SELECT {', '.join(_selected(*each) for each in described)} "  # noqa: S608  quoted
            "FROM read_parquet(?, file_row_number = true) WHERE file_row_number >= ?",
            [str(path), start.offset],
        )
        number = start.offset
        while rows := found.fetchmany(_FETCH):
            for values in rows:
                number += 1
                yield _row(number, dict(zip(names, values, strict=True)))
    except _errors() as error:
        raise _broken(error) from error


def _row(number: int, values: dict[str, Any]) -> Row:
    after = Position(number, number + 1)
    try:
        return Row(number, {name: plain(value) for name, value in values.items()}, after)
    except RowError as error:
        return Row(number, values, after, error)


def _connect() -> Any:  # noqa: ANN401  DuckDB is in a layer that only this needs
    import duckdb

    # One thread keeps the rows in their order and the memory small.
    return duckdb.connect(config={"threads": 1, "memory_limit": MEMORY})


def _errors() -> tuple[type[Exception], ...]:
    import duckdb

    return (duckdb.Error,)


def _described(connection: Any, path: Path) -> list[tuple[str, str]]:  # noqa: ANN401
    try:
        found = connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)])
        return [(str(name), str(kind)) for name, kind, *_ in found.fetchall()]
    except _errors() as error:
        raise _broken(error) from error


def _selected(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":  # as milliseconds since 1970, which no zone can move
        return f"epoch_ms({quoted})"
    return f"decode({quoted})" if kind == "BLOB" else quoted


def _broken(error: Exception) -> PermanentError:
    said = str(error).splitlines()[0][:200]
    return PermanentError(f"the Parquet file cannot be read: {said}", hint="write it again")
