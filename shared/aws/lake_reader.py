"""Reads the lake object by object, without any query: for whoever needs all of it once."""

import gzip
import json
from collections.abc import Iterator
from typing import IO, Any, Final, cast

from shared.aws.faults import faults_are_transient
from shared.domain.lake.tables import DAY, Table

_GZIP: Final = b"\x1f\x8b"


class LakeReader:
    """Objects of the lake's tables in the order of their keys, which is that of arrival by day.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._bucket = bucket

    def keys(self, table: Table, from_day: str = "", after: str = "") -> Iterator[str]:
        """Objects that arrived on a day or later, those after a key when one is given."""
        start = after or (f"{table.folder}{DAY}={from_day}" if from_day else "")
        request = {"Bucket": self._bucket, "Prefix": table.folder}
        if start:
            request["StartAfter"] = start
        while True:
            with faults_are_transient():
                page = self._client.list_objects_v2(**request)
            yield from (str(each["Key"]) for each in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def rows(self, key: str, after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
        """The rows of an object after so many lines, each with its line, from 1."""
        with faults_are_transient():
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for number, text in enumerate(_lines(body), start=1):
                if number > after and text.strip():
                    yield number, json.loads(text)


def _lines(body: Any) -> Iterator[bytes]:
    """Lines of an object, unpacked as they come."""
    raw = _Peeked(body)
    if raw.first == _GZIP:
        yield from cast("IO[bytes]", gzip.GzipFile(fileobj=cast("IO[bytes]", raw)))
        return
    rest = b""
    while piece := raw.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


class _Peeked:
    """A stream whose first two bytes are known before it is read."""

    def __init__(self, body: Any) -> None:
        self._body = body
        self.first = body.read(2)
        self._left = self.first

    def read(self, size: int = -1) -> bytes:
        """As every stream."""
        if self._left:
            left, self._left = self._left, b""
            return bytes(left)
        return bytes(self._body.read(None if size < 0 else size))
