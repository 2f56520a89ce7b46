"""Takes people out of the lake: the objects that hold their rows are written again without them.

An object is replaced by one call, on the condition that nobody else has replaced it since it was
read, so a crash leaves each object either as it was or without the erased. Running it again does
what is left.
"""

import gzip
import json
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.athena import Athena
from shared.aws.faults import faults_are_transient
from shared.domain.lake import sql
from shared.domain.lake.rows import erased_row, line
from shared.domain.lake.tables import DAY, DAYS_SINCE, EVENTS, IDENTITIES
from shared.errors import TransientError

LAG_SECONDS: Final = 900
"""How long a row may be on its way unless an alarm tells otherwise.

That is a minute in the stream's window, five in which nobody is told that the writer is behind,
five in Firehose's buffer, and some more. Whoever erases runs the eraser once at once, and once
again after this time.
"""
RESULTS: Final = "results/"
_MAX_STRANDS: Final = 1_000  # in one query, whose text may have 256 KB
_GZIP: Final = b"\x1f\x8b"
_TRIES: Final = 5
_PATIENCE_SECONDS: Final = 600.0


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
        later; those are erased by the next call, after `LAG_SECONDS`. A call with nothing left to
        do gives an empty list. Raises TransientError when AWS is busy; then call it again.
        """
        strands = sorted(set(strand_ids))
        changed: set[str] = set()
        with faults_are_transient():
            for start in range(0, len(strands), _MAX_STRANDS):
                some = strands[start : start + _MAX_STRANDS]
                self._hide(workspace_id, some)
                changed |= self._erase_some(workspace_id, frozenset(some))
            self._forget_results()
        return sorted(changed)

    def _hide(self, workspace_id: str, strand_ids: list[str]) -> None:
        """Write down that they are erased: an object of the same name whenever it is done again."""
        rows = "".join(line(erased_row(workspace_id, strand_id)) for strand_id in strand_ids)
        name = sha256(rows.encode()).hexdigest()
        key = f"{IDENTITIES.folder}{DAY}={DAYS_SINCE}/erased-{name}.json"
        self._client.put_object(Bucket=self._bucket, Key=key, Body=rows.encode())

    def _erase_some(self, workspace_id: str, strand_ids: frozenset[str]) -> set[str]:
        changed = set()
        for table in (EVENTS, IDENTITIES):
            query = sql.objects_of(table.name, workspace_id, strand_ids)
            for row in self._athena.query(query, patience=_PATIENCE_SECONDS):
                key = str(row[sql.OBJECT]).removeprefix(f"s3://{self._bucket}/")
                if self._rewrite(key, workspace_id, strand_ids):
                    changed.add(key)
        return changed

    def _rewrite(self, key: str, workspace_id: str, strand_ids: frozenset[str]) -> bool:
        """Write an object again without the strands; says whether it held any of them."""
        for _ in range(_TRIES):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=key)
                before = found["Body"].read()
                after = without(before, workspace_id, strand_ids)
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


def without(body: bytes, workspace_id: str, strand_ids: frozenset[str]) -> bytes:
    """An object's content without the rows of the strands; empty when none is left.

    Rows that only say that a strand is erased stay, and so does the content, byte for byte, when
    there is nothing to take out.
    """
    is_compressed = body.startswith(_GZIP)
    lines = (gzip.decompress(body) if is_compressed else body).splitlines(keepends=True)
    kept = [each for each in lines if not _is_of(each, workspace_id, strand_ids)]
    if len(kept) == len(lines):
        return body
    text = b"".join(kept)
    return gzip.compress(text, mtime=0) if text and is_compressed else text


def _is_of(text: bytes, workspace_id: str, strand_ids: frozenset[str]) -> bool:
    if not text.strip():
        return False
    row = json.loads(text)
    return (
        row["strand_id"] in strand_ids
        and row["workspace_id"] == workspace_id
        and not row.get("erased")
    )
