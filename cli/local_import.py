"""Looks at a file on this machine: which column is what, the first rows, what would be rejected."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, cast
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from cli.errors import CommandError
from shared.domain.events.model import Event
from shared.domain.imports.definition import Column, FileFormat, ImportDefinition
from shared.domain.imports.mapping import Mapper, Origin
from shared.domain.imports.reading import HEAD_BYTES, Position, Row, read_layout, read_rows
from shared.domain.imports.rejected import RejectedRow, RowError, header, to_csv
from shared.domain.imports.unpacking import head_of, is_gzip, uncompressed

SHOWN: Final = 5
_PIECE: Final = 1024 * 1024
_IDS: Final[tuple[str, ...]] = ("user_id", "anonymous_id")
_FORMATS: Final[Mapping[str, FileFormat]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}

Progress = Callable[[int], None]
"""Hears how many bytes were read so far."""


@dataclass(slots=True)
class Look:
    """What a file would become."""

    targets: dict[str, Column] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0
    problems: Counter[tuple[str, str]] = field(default_factory=Counter)


def read_definition(path: Path | None, file: str, options: Mapping[str, Any]) -> ImportDefinition:
    """The mapping file, if there is one, with what the command line says on top of it."""
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) if path else {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandError(f"{path}: {error}") from error
    if not isinstance(data, dict):
        raise CommandError(f"{path}: a mapping file is a mapping")
    constants: dict[str, Any] = dict(data.get("constants") or {})
    for name, value in options.items():
        if value is None:
            continue
        if name == "event":
            constants["event"] = value
        else:
            data[name] = value
    data.setdefault("format", _format_of(file))
    if constants:
        data["constants"] = constants
    try:
        return ImportDefinition.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise CommandError(f"the mapping is not valid: {place}: {first['msg']}") from error


def _format_of(file: str) -> FileFormat:
    suffixes = [suffix.lower() for suffix in Path(file).suffixes if suffix.lower() != ".gz"]
    return _FORMATS.get(suffixes[-1] if suffixes else "", "csv")


def import_id_of(path: Path, definition: ImportDefinition, progress: Progress) -> str:
    """An id that the same file with the same mapping always has, so that it is imported once."""
    digest = sha256(definition.model_dump_json().encode())
    with path.open("rb") as file:
        for piece in _pieces(file):
            digest.update(piece)
            progress(file.tell())
    return digest.hexdigest()[:32]


def look(
    path: Path,
    definition: ImportDefinition,
    zone: ZoneInfo,
    progress: Progress,
    rejected_file: IO[str] | None = None,
) -> Look:
    """Read a whole file as an import would; raises PermanentError when it cannot be read."""
    origin = Origin("local", "dry-run", zone, datetime.now(UTC))
    mapper = Mapper(definition, origin)
    found = Look()
    if rejected_file:
        rejected_file.write(header())
    for row in _rows(path, definition, progress):
        found.rows += 1
        for column in row.values:
            if column and column not in found.targets:
                found.targets[column] = mapper.target(column)
        try:
            event = mapper.event(row)
        except RowError as error:
            found.rejected += 1
            found.problems[error.column, error.remedy] += 1
            if rejected_file:
                rejected = RejectedRow.because(error, row.number, row.values)
                rejected_file.write(to_csv([rejected]))
        else:
            if len(found.events) < SHOWN:
                found.events.append(event)
    return found


def _rows(path: Path, definition: ImportDefinition, progress: Progress) -> Iterator[Row]:
    if definition.format == "parquet":
        yield from _parquet(path)
        return
    with path.open("rb") as file:

        def read_from(offset: int) -> Iterator[bytes]:
            file.seek(offset)
            for piece in _pieces(file):
                progress(file.tell())
                yield piece

        gzip = is_gzip(next(read_from(0), b""))
        layout = read_layout(head_of(read_from, gzip=gzip, size=HEAD_BYTES), definition)
        pieces = uncompressed(read_from, gzip=gzip, offset=layout.start.offset)
        yield from read_rows(pieces, layout, definition, layout.start)


def _parquet(path: Path) -> Iterator[Row]:
    try:
        from shared.runtime.parquet import read_parquet
    except ImportError as error:
        raise CommandError("to look into Parquet files here, `pip install duckdb`") from error
    return read_parquet(path, Position())


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


def told(event: Event) -> str:
    """An event in one line: when, what, who, with what."""
    data = event.to_json()
    others = cast("list[dict[str, str]]", event.context.get("externalIds", []))
    who = {name: str(data[name]) for name in _IDS if name in data}
    who |= {each["type"]: each["id"] for each in others}
    what = event.properties or event.traits or event.context.get("consent", {})
    people = ", ".join(f"{kind} {value}" for kind, value in who.items())
    return f"{data['occurred_at']}  {event.name}  {people}  {json.dumps(what, ensure_ascii=False)}"
