"""The rows that a query of Athena wrote to S3, read as a stream."""

import csv
import io
from collections.abc import Iterator, Mapping
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


class _Ranges(io.RawIOBase):
    """An object of S3 as a file, fetched a few megabytes at a time."""

    def __init__(self, client: Any, bucket: str, key: str) -> None:
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._offset = 0
        self._piece = memoryview(b"")
        self._size: int | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there is something; 0 at the end."""
        if not self._piece and self._offset != self._size:
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
                    self._size = self._offset
                    return b""
                case "NoSuchKey":
                    # An erasure takes results away, for they may hold what it erases.
                    raise TransientError("the result is gone", hint="ask again") from error
                case _:
                    raise
        self._offset += len(body)
        self._size = int(answer["ContentRange"].rpartition("/")[2])
        return body
