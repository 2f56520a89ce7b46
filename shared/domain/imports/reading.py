"""Text files as rows, from any position at which a row begins, in bounded memory.

A position that a row gives is where the next one begins, so reading can stop after any row and
go on there, in another process, with the same result. A row that cannot be read costs itself only:
reading goes on at the line after the one on which it began.
"""

import csv
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.lines import (
    MAX_LINE_BYTES,
    Encoding,
    Line,
    detect,
    lines,
    require_unicode,
)
from shared.domain.imports.rejected import RowError
from shared.domain.repeats import repeated
from shared.errors import PermanentError

HEAD_BYTES: Final = 256 * 1024  # what the encoding, delimiter and columns are told from
MAX_COLUMNS: Final = 1_000
MAX_ROW_LINES: Final = 1_000  # that quoted line breaks may spread a row over
_DELIMITERS: Final = (",", "\t", ";", "|")
WHITESPACE: Final = "whitespace"
_QUOTE_REMEDY: Final = "put texts that hold quotes in quotes, and double the quotes inside"


class Position(NamedTuple):
    """Where a row begins: the byte in the uncompressed file, and the number of the line.

    In Parquet both are the number of the row.
    """

    offset: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `values` by column, or the `error` that kept it from being read.

    `number` is what the row is called in messages; `after` is where the next one begins.
    """

    number: int
    values: dict[str, Any]
    after: Position
    error: RowError | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What the beginning of a file says about the whole; the same whenever it is asked."""

    encoding: Encoding
    delimiter: str
    columns: tuple[str, ...]
    start: Position


def read_layout(head: bytes, definition: ImportDefinition) -> Layout:
    """Look at the first `HEAD_BYTES` of a file; raises PermanentError when it cannot be read."""
    encoding, mark = detect(head)
    if definition.encoding != "auto":
        encoding = definition.encoding
    start = Position(mark, 1)
    if definition.format == "jsonl":
        return Layout(encoding, "", (), start)
    delimiter = (
        _delimiter(head[mark:], encoding)
        if definition.delimiter == "auto"
        else str(definition.delimiter)
    )
    feed = _Feed(lines([head[mark:]], encoding), start)
    first = next((cells for _, cells, _ in _csv_rows(feed, delimiter) if cells), None)
    if first is None or isinstance(first, RowError):
        raise PermanentError(
            "there is no row to tell the columns from" + (f": {first.problem}" if first else ""),
            hint="the first line must name the columns, unless `header: false`",
        )
    if definition.header:
        columns, start = tuple(each.strip() for each in first), feed.position
    else:
        columns = tuple(str(number) for number in range(1, len(first) + 1))
    _require_columns(columns, definition)
    return Layout(encoding, delimiter, columns, start)


def read_rows(
    chunks: Iterable[bytes], layout: Layout, definition: ImportDefinition, start: Position
) -> Iterator[Row]:
    """Every row from `start` on; `chunks` are the file's bytes from there."""
    feed = _Feed(lines(chunks, layout.encoding), start)
    if definition.format == "jsonl":
        return _json_rows(feed, layout)
    return (
        _csv_row(layout, number, cells, after)
        for number, cells, after in _csv_rows(feed, layout.delimiter)
        if isinstance(cells, RowError) or any(cell.strip() for cell in cells)
    )


# --- lines, with the way back -------------------------------------------------------------------


class _Feed:
    """Lines one by one, for a reader that may take several for one row."""

    def __init__(self, source: Iterator[Line], start: Position) -> None:
        self._source = source
        self._again: list[Line] = []
        self._taken: list[Line] = []
        self._taken_bytes = 0
        self.position = start

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._source)
        self._taken.append(line)
        self._taken_bytes += line.size
        if (
            line.text is None
            or self._taken_bytes > MAX_LINE_BYTES
            or len(self._taken) > MAX_ROW_LINES
        ):
            raise csv.Error("too long")
        return line.text

    def keep(self) -> None:
        """What was taken is one row."""
        self.position = Position(
            self.position.offset + self._taken_bytes, self.position.line + len(self._taken)
        )
        self._taken = []
        self._taken_bytes = 0

    def keep_first(self) -> None:
        """Only the first line of what was taken is gone; the others come again."""
        first, *others = self._taken
        self._again.extend(reversed(others))
        self._taken, self._taken_bytes = [first], first.size
        self.keep()


# --- CSV ----------------------------------------------------------------------------------------

_CsvRow = tuple[int, list[str] | RowError, Position]


def _csv_rows(feed: _Feed, delimiter: str) -> Iterator[_CsvRow]:
    while True:
        reader = _reader(feed, delimiter)
        number = feed.position.line
        try:
            for cells in reader:
                feed.keep()
                yield number, cells, feed.position
                number = feed.position.line
        except csv.Error as error:
            feed.keep_first()
            yield number, _csv_error(error), feed.position
        else:
            return


def _reader(feed: _Feed, delimiter: str) -> Iterator[list[str]]:
    if delimiter == WHITESPACE:
        return (line.split() for line in feed)
    return csv.reader(feed, delimiter=delimiter, strict=True)


def _csv_row(layout: Layout, number: int, cells: list[str] | RowError, after: Position) -> Row:
    if isinstance(cells, RowError):
        return Row(number, {}, after, cells)
    while len(cells) > len(layout.columns) and not cells[-1].strip():
        cells.pop()
    values = dict(zip(layout.columns, cells, strict=False))
    try:
        if len(cells) != len(layout.columns):
            raise RowError(
                f"the row has {len(cells)} cells, and there are {len(layout.columns)} columns",
                "put texts that hold the delimiter in quotes",
            )
        for column, cell in values.items():
            require_unicode(cell, layout.encoding, column)
    except RowError as error:
        return Row(number, values, after, error)
    return Row(number, values, after)


def _csv_error(error: csv.Error) -> RowError:
    said = str(error)
    if "too long" in said or "field larger" in said:
        return RowError(
            "the row is too long, as when a quote is opened and never closed", _QUOTE_REMEDY
        )
    if "unexpected end" in said:
        return RowError("a quote is opened and never closed", _QUOTE_REMEDY)
    if "expected after" in said:
        return RowError("something stands between a closing quote and the delimiter", _QUOTE_REMEDY)
    return RowError(f"the row cannot be read: {said}", _QUOTE_REMEDY)


def _delimiter(head: bytes, encoding: Encoding) -> str:
    """What the first line that says something is cut by most often, outside of quotes."""
    for line in lines([head], encoding):
        text = line.text or ""
        if text.strip():
            bare = "".join(text.split('"')[::2])
            found = max(_DELIMITERS, key=bare.count)
            if bare.count(found):
                return found
            return WHITESPACE if len(bare.split()) > 1 else ","
    return ","


def _require_columns(columns: tuple[str, ...], definition: ImportDefinition) -> None:
    named = [column for column in columns if column]
    if len(columns) > MAX_COLUMNS:
        raise PermanentError(f"there are more than {MAX_COLUMNS:,} columns")
    if twice := sorted(repeated(named)):
        raise PermanentError(
            f"the column {twice[0]!r} is there twice", hint="give every column its own name"
        )
    if missing := sorted(definition.columns.keys() - set(columns)):
        raise PermanentError(
            f"there is no column {missing[0]!r}; there are {', '.join(named[:30])}",
            where=f"columns.{missing[0]}",
            hint="columns are named as the first line of the file writes them",
        )
    if any("\ud800" <= letter <= "\udfff" for column in columns for letter in column):
        raise PermanentError(
            "the first line cannot be decoded", hint="say which encoding the file is in"
        )


# --- JSON Lines ---------------------------------------------------------------------------------


def _json_rows(feed: _Feed, layout: Layout) -> Iterator[Row]:
    while True:
        number = feed.position.line
        values: dict[str, Any] = {}
        failed: RowError | None = None
        try:
            line = next(feed)
        except StopIteration:
            return
        except csv.Error:
            line = " too long"
            failed = RowError("the line is too long", "an event is at most 32 KB of JSON")
        feed.keep()
        if not line.strip():
            continue
        if not failed:
            try:
                values = _read_object(line, layout.encoding)
            except RowError as error:
                failed = error
        yield Row(number, values, feed.position, failed)


def _read_object(line: str, encoding: Encoding) -> dict[str, Any]:
    require_unicode(line, encoding)
    try:
        data = json.loads(line, parse_constant=_no_number, object_pairs_hook=_distinct)
    except RecursionError:
        raise RowError("the line is nested too deep", "flatten it") from None
    except ValueError as error:
        said = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise RowError(
            f"the line is no JSON: {said}", "every line is one JSON object, and whole"
        ) from None
    if not isinstance(data, dict):
        raise RowError("the line is no JSON object", 'write it as {"user_id": "u-1", …}')
    return data


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        raise ValueError("a key is there twice")
    return data
