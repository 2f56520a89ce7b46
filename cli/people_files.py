"""People named on the command line or in the columns of a CSV file, in batches for the API."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TypeVar

from cli.errors import CommandError
from shared.domain.workspace.bodies import MAX_SAID

T = TypeVar("T")

_ENCODINGS = ("utf-8-sig", "gb18030")


def rows_of(path: Path, columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """The named columns of a CSV file with a header, row by row; empty first cells are skipped.

    Raises CommandError when the file cannot be read or lacks a column.
    """
    reader = csv.DictReader(io.StringIO(_text(path), newline=""))
    known = reader.fieldnames or ()
    for column in columns:
        if column not in known:
            there = ", ".join(known) or "none"
            raise CommandError(f"{path}: there is no column {column!r}; there are: {there}")
    for row in reader:
        found = tuple((row[column] or "").strip() for column in columns)
        if found[0]:
            yield found


def people(kind: str, values: Iterable[str]) -> Iterator[dict[str, str]]:
    """Identifiers of one kind, as the API takes them."""
    return ({"kind": kind, "value": value} for value in values)


def batches(found: Iterable[T]) -> Iterator[list[T]]:
    """As many at a time as one call takes."""
    each = iter(found)
    while batch := list(islice(each, MAX_SAID)):
        yield batch


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise CommandError(f"{path}: this is neither UTF-8 nor GB 18030")
