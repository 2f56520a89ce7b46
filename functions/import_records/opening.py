"""Opens the file of an import where the import stands, whatever its format and compression."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from shared.aws.import_store_files import ImportFiles
from shared.domain.imports.progress import Import
from shared.domain.imports.reading import HEAD_BYTES, Position, Row, read_layout, read_rows
from shared.domain.imports.unpacking import head_of, is_gzip, uncompressed
from shared.errors import PermanentError

# A Parquet file is read from its end, so it is fetched whole; Lambda's disk is given this much.
MAX_PARQUET_BYTES: Final = 4 * 1024**3


@dataclass(frozen=True, slots=True)
class OpenFile:
    """The rows that are left, and how many bytes of the file were read."""

    rows: Iterator[Row]
    read_bytes: Callable[[], int]


class _Counted:
    """Reads, and remembers how far into the file."""

    def __init__(self, files: ImportFiles, job: Import) -> None:
        self._read = partial(files.read_from, job.file_key, job.file_tag)
        self.position = 0

    def from_offset(self, offset: int) -> Iterator[bytes]:
        """The stored bytes from an offset on."""
        self.position = offset
        for piece in self._read(offset):
            self.position += len(piece)
            yield piece


@contextmanager
def open_file(files: ImportFiles, job: Import) -> Iterator[OpenFile]:
    """The rows from where the import stands; raises PermanentError when they cannot be read."""
    if job.definition.format == "parquet":
        with _parquet(files, job) as opened:
            yield opened
        return
    counted = _Counted(files, job)
    read_from = partial(files.read_from, job.file_key, job.file_tag)
    gzip = is_gzip(next(read_from(0), b""))
    unpacked = head_of(read_from, gzip=gzip, size=HEAD_BYTES)
    layout = read_layout(unpacked, job.definition)
    start = max(layout.start, job.position)
    bytes_left = uncompressed(counted.from_offset, gzip=gzip, offset=start.offset)
    yield OpenFile(read_rows(bytes_left, layout, job.definition, start), lambda: counted.position)


@contextmanager
def _parquet(files: ImportFiles, job: Import) -> Iterator[OpenFile]:
    from shared.runtime.parquet import read_parquet

    if job.size > MAX_PARQUET_BYTES:
        raise PermanentError(
            f"a Parquet file has at most {MAX_PARQUET_BYTES // 1024**3} GiB",
            hint="write several files",
        )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file.parquet")
        with path.open("wb") as copy:
            for piece in files.read_from(job.file_key, job.file_tag, 0):
                copy.write(piece)
        start = Position(job.offset, job.line)
        yield OpenFile(read_parquet(path, start), lambda: 0)
