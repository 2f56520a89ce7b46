"""Reading a whole text in one go, as the tests compare with."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.mapping import Mapper, Origin
from shared.domain.imports.reading import HEAD_BYTES, Position, Row, read_layout, read_rows

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def definition(**fields: Any) -> ImportDefinition:
    return ImportDefinition.model_validate({"kind": "events", **fields})


def cut(data: bytes, *places: int) -> Iterator[bytes]:
    ends = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    yield from (data[a:b] for a, b in itertools.pairwise(ends))


def rows_of(data: bytes, start: Position | None = None, places=(), **fields: Any) -> list[Row]:
    """Rows from a position on, with the bytes cut at some places."""
    defined = definition(**fields)
    layout = read_layout(data[:HEAD_BYTES], defined)
    begin = start or layout.start
    return list(read_rows(cut(data[begin.offset :], *places), layout, defined, begin))


def plain(rows: list[Row]) -> list[tuple[Any, ...]]:
    """Rows without the identity of their errors."""
    return [(r.number, r.values, r.after, r.error and r.error.problem) for r in rows]


def mapper(**fields: Any) -> Mapper:
    zone = ZoneInfo("Asia/Shanghai")
    return Mapper(definition(**fields), Origin("default", "i1", zone, NOON))
