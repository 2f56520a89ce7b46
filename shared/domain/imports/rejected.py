"""Rows that could not be taken, as a file that says of each what to do."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.cells import harmless

COLUMNS: Final = ("row", "column", "problem", "remedy", "content")
# So that spreadsheets read Chinese texts as they are.
BYTE_ORDER_MARK: Final = "\ufeff"
MAX_CONTENT_CHARACTERS: Final = 8_000


class RowError(Exception):
    """A row that cannot be taken: what was wrong, and what to do about it."""

    def __init__(self, problem: str, remedy: str, column: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy
        self.column = column


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """`row` is the line in a text file on which the row begins, and its number in Parquet."""

    row: int
    column: str
    problem: str
    remedy: str
    content: dict[str, Any] | str = field(default="")

    @classmethod
    def because(cls, error: RowError, row: int, content: dict[str, Any] | str) -> "RejectedRow":
        """The row that an error is about."""
        return cls(row, error.column, error.problem, error.remedy, content)


def header() -> str:
    """The first line of the file."""
    return BYTE_ORDER_MARK + _lines([COLUMNS])


def to_csv(rows: Iterable[RejectedRow]) -> str:
    """Rejected rows as lines of CSV; no cell can be taken for a formula."""
    return _lines(
        (each.row, _cell(each.column), _cell(each.problem), _cell(each.remedy), _content(each))
        for each in rows
    )


def _content(rejected: RejectedRow) -> str:
    if isinstance(rejected.content, str):
        shown = rejected.content
    else:
        shown = json.dumps(rejected.content, ensure_ascii=False, default=str)
    return _cell(shown[:MAX_CONTENT_CHARACTERS])


def _cell(text: str) -> str:
    """Undecodable bytes are shown, and a leading sign of a formula is made harmless."""
    return harmless(text.encode("utf-8", "backslashreplace").decode())


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue()
