"""The rows that a query of Athena wrote to S3, read as a stream."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError, ResponseStreamingError

from shared.aws.faults import faults_are_transient
from shared.errors import TransientError

# One read: memory against the number of calls. Nothing is held open while rows are worked on.
READ_BYTES: Final = 4 * 1024 * 1024


class QueryResults:
    """Results of queries; reading raises TransientError when S3 is busy, or they are gone."""

    def __init__(self, client: Any) -> None:
        """`client` is a low-level S3 client."""
        self._client = client

    def rows(self, address: str) -> Iterator[Mapping[str, str]]:
        """The rows by column name, from an address such as `s3://bucket/results/1.csv`.

        CSV does not tell null from the empty text: both are empty here.
        """
        place = urlsplit(address)
        raw = _Ranges(self._client, place.netloc, place.path.lstrip("/"))
        with io.TextIOWrapper(io.BufferedReader(raw), encoding="utf-8", newline="") as text:
            yield from csv.DictReader(text)

    def rows_from(self, address: str, columns: Sequence[str], offset: int = 0) -> "Reading":
        """The rows from a place on, where a `Reading` has stopped; `columns` are those of all."""
        return Reading(self._client, address, columns, offset)


class Reading:
    """Rows from a place on; `offset` is where the row begins that comes next.

    So whoever has to stop can go on later with the very next row.
    """

    def __init__(self, client: Any, address: str, columns: Sequence[str], offset: int) -> None:
        place = urlsplit(address)
        self._raw = _Ranges(client, place.netloc, place.path.lstrip("/"), offset)
        self._columns = columns
        self.offset = offset

    @property
    def done_share(self) -> float:
        """How much of the object lies behind, from 0 to 1."""
        return min(1.0, self.offset / self._raw.size) if self._raw.size else 0.0

    def __iter__(self) -> Iterator[Mapping[str, str]]:
        """The rows; the names of the columns in front of them are passed over."""
        reader = csv.reader(self._lines())
        if not self.offset:
            next(reader, None)
        for values in reader:
            yield dict(zip(self._columns, values, strict=True))

    def _lines(self) -> Iterator[str]:
        """Line by line as they are asked for: csv asks for no more than it needs for a row."""
        for line in io.BufferedReader(self._raw):
            self.offset += len(line)
            yield line.decode()


class _Ranges(io.RawIOBase):
    """An object of S3 as a file, fetched a few megabytes at a time."""

    def __init__(self, client: Any, bucket: str, key: str, offset: int = 0) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._offset = offset
        self._piece = memoryview(b"")
        self.size: int | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something; 0 at the end."""
        if not self._piece and self._offset != self.size:
            self._piece = memoryview(self._fetch())
        taken = self._piece[: len(buffer)]
        buffer[: len(taken)] = taken
        self._piece = self._piece[len(taken) :]
        return len(taken)

    def _fetch(self) -> bytes:
        span = f"bytes={self._offset}-{self._offset + READ_BYTES - 1}"
        try:
            with faults_are_transient():
                answer = self._client.get_object(**self._place, Range=span)
            body: bytes = answer["Body"].read()
        except ResponseStreamingError as error:
            raise TransientError("S3 broke off in the middle of a result") from error
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "InvalidRange":
                    self.size = self._offset
                    return b""
                case "NoSuchKey":
                    # An erasure takes results away, for they may hold what it erases.
                    raise TransientError("the result is gone", hint="ask again") from error
                case _:
                    raise
        self._offset += len(body)
        self.size = int(answer["ContentRange"].rpartition("/")[2])
        return body
