"""Takes people out of the lake: the objects that hold their rows are written again without them.

An object is replaced by one call, on the condition that nobody else has replaced it since it was
read, so a crash leaves each object either as it was or without the erased. Running it again does
what is left.
"""

import gzip
import io
import json
from collections.abc import Iterable, Set
from contextlib import AbstractContextManager, nullcontext
from hashlib import sha256
from typing import IO, Any, Final, NamedTuple, cast

from botocore.exceptions import ClientError

from shared.aws.athena import Athena
from shared.aws.faults import faults_are_transient
from shared.domain.lake import sql
from shared.domain.lake.rows import erased_row, line
from shared.domain.lake.tables import DAY, DAYS_SINCE, IDENTITIES, TABLES
from shared.errors import TransientError

LAG_SECONDS: Final = 900
"""How long a row may be on its way unless an alarm tells otherwise.

That is a minute in the stream's window, five in which nobody is told that the writer is behind,
five in Firehose's buffer, and some more. Whoever erases runs the eraser once at once, and once
again after this time.
"""
RESULTS: Final = "results/"
_MOST_ROWS: Final = 1_000_000  # a person with a long history lies in thousands of objects
_GZIP: Final = b"\x1f\x8b"
_TRIES: Final = 5
_PATIENCE_SECONDS: Final = 600.0


class Strand(NamedTuple):
    """A strand of one workspace."""

    workspace_id: str
    strand_id: str


class LakeEraser:
    """Erases strands from all tables of the lake."""

    def __init__(self, client: Any, athena: Athena, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._athena = athena
        self._bucket = bucket

    def erase(self, workspace_id: str, strand_ids: Iterable[str]) -> list[str]:
        """Erase everything of these strands that has arrived; gives the keys that were changed.

        From the first call on no query of people shows the strands, not even rows that arrive
        later; those are erased by the next call, after `LAG_SECONDS`. Whatever arrived even later
        of anybody who was erased before is erased by this call, too. A call with nothing left to
        do gives an empty list. Raises TransientError when AWS is busy; then call it again.
        """
        with faults_are_transient():
            self._hide(workspace_id, sorted(set(strand_ids)))
            found = self._rows_of_erased()
            changed = [key for key in sorted(found) if self._rewrite(key, found[key])]
            self._forget_results()
        return changed

    def _hide(self, workspace_id: str, strand_ids: list[str]) -> None:
        """Write down that they are erased: an object of the same name whenever it is done again."""
        if not strand_ids:
            return
        rows = "".join(line(erased_row(workspace_id, strand_id)) for strand_id in strand_ids)
        name = sha256(rows.encode()).hexdigest()
        key = f"{IDENTITIES.folder}{DAY}={DAYS_SINCE}/erased-{name}.json"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=rows.encode())

    def _rows_of_erased(self) -> dict[str, set[Strand]]:
        """Key of each object that holds rows of erased strands, and whose."""
        found: dict[str, set[Strand]] = {}
        for table in TABLES:
            query = sql.rows_of_erased(table.name)
            for row in self._athena.query(query, max_rows=_MOST_ROWS, patience=_PATIENCE_SECONDS):
                key = str(row[sql.OBJECT]).removeprefix(f"s3://{self._bucket}/")
                strand = Strand(str(row["workspace_id"]), str(row["strand_id"]))
                found.setdefault(key, set()).add(strand)
        return found

    def _rewrite(self, key: str, strands: Set[Strand]) -> bool:
        """Write an object again without the strands; says whether it held any of them."""
        for _ in range(_TRIES):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=key)
                before = found["Body"].read()
                after = without(before, strands)
                if after == before:
                    return False
                if after:
                    self._client.put_object(
                        Bucket=self._bucket, Key=key, Body=after, IfMatch=found["ETag"]
                    )
                else:
                    self._client.delete_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in ("NoSuchKey", "404"):
                    return False  # another run has deleted it
                if code not in ("PreconditionFailed", "ConditionalRequestConflict"):
                    raise
                continue  # another run has replaced it
            return True
        raise TransientError("objects of the lake change all the time", hint="erase again")

    def _forget_results(self) -> None:
        """Results of queries are copies, which would go by themselves within a day."""
        pages = {"Bucket": self._bucket, "Prefix": RESULTS}
        while keys := self._client.list_objects_v2(**pages).get("Contents"):
            for each in keys:
                self._client.delete_object(Bucket=self._bucket, Key=each["Key"])


def without(body: bytes, strands: Set[Strand]) -> bytes:
    """An object's content without the rows of the strands; empty when none is left.

    Rows that only say that a strand is erased stay, and so does the content, byte for byte, when
    there is nothing to take out. What is compressed is never in memory as a whole but so.
    """
    is_compressed = body.startswith(_GZIP)
    kept, is_empty, is_same = io.BytesIO(), True, True
    with _reading(body, is_compressed) as rows, _writing(kept, is_compressed) as rest:
        for each in rows:
            if _is_of(each, strands):
                is_same = False
            else:
                rest.write(each)
                is_empty = False
    if is_same:
        return body
    return b"" if is_empty else kept.getvalue()


def _reading(body: bytes, is_compressed: bool) -> IO[bytes]:
    raw = io.BytesIO(body)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if is_compressed else raw


def _writing(target: io.BytesIO, is_compressed: bool) -> AbstractContextManager[IO[bytes]]:
    """Where rows are written to; `target` stays open."""
    if not is_compressed:
        return nullcontext(target)
    return cast("IO[bytes]", gzip.GzipFile(fileobj=target, mode="wb", mtime=0))


def _is_of(text: bytes, strands: Set[Strand]) -> bool:
    if not text.strip():
        return False
    row = json.loads(text)
    return (row["workspace_id"], row["strand_id"]) in strands and not row.get("erased")
