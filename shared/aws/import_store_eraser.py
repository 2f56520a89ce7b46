"""Takes a person out of the files of imports: what names them is deleted as a whole file."""

import codecs
from collections.abc import Callable, Iterator
from typing import Any, Final

from shared.aws.faults import faults_are_transient
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.domain.imports.progress import OPEN
from shared.domain.imports.unpacking import is_gzip, uncompressed
from shared.errors import PermanentError

PENDING: Final = "pending:"
_PARQUET: Final = b"PAR1"
_ENCODINGS: Final = ("utf-8", "gb18030")
_OVERLAP: Final = 8 * 1024  # characters looked at again, so that no piece cuts a name in two


class ImportEraser:
    """Over the bucket of imports; doing it again does no harm."""

    def __init__(self, s3: Any, bucket: str, dynamodb: Any, profiles_table: str) -> None:
        """`s3` and `dynamodb` are low-level clients."""
        self._client = s3
        self._files = ImportFiles(s3, bucket)
        self._jobs = ImportStore(dynamodb, profiles_table)

    def erase(self, workspace_id: str, matches: Callable[[str], bool]) -> list[str]:
        """Delete every file in whose text `matches` finds the person; gives the keys.

        A file that is being imported stays, and its key begins with `pending:`: come again. Other
        rejected rows that go with it can be made again by a dry run of the file.
        """
        running = {job.import_id for job in self._jobs.all(workspace_id) if job.status in OPEN}
        gone: list[str] = []
        for folder in ("rejected", "uploads"):
            for key, tag in self._objects(f"{folder}/{workspace_id}/"):
                if not self._holds(key, tag, matches):
                    continue
                if key.split("/")[2] in running:
                    gone.append(f"{PENDING}{key}")
                    continue
                with faults_are_transient():
                    self._client.delete_object(Bucket=self._files.bucket, Key=key)
                gone.append(key)
        return gone

    def _objects(self, prefix: str) -> Iterator[tuple[str, str]]:
        request: dict[str, Any] = {"Bucket": self._files.bucket, "Prefix": prefix}
        while True:
            with faults_are_transient():
                page = self._client.list_objects_v2(**request)
            yield from ((each["Key"], each["ETag"]) for each in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _holds(self, key: str, tag: str, matches: Callable[[str], bool]) -> bool:
        """Whether the person is in a file; one that cannot be looked into counts as if."""

        def read_from(offset: int) -> Iterator[bytes]:
            return self._files.read_from(key, tag, offset)

        try:
            head = next(read_from(0), b"")
            if head.startswith(_PARQUET):
                return True
            gzip = is_gzip(head)
            return any(
                _found(uncompressed(read_from, gzip=gzip, offset=0), encoding, matches)
                for encoding in _ENCODINGS
            )
        except PermanentError:
            return self._files.facts(key) is not None  # it may just have been deleted


def _found(pieces: Iterator[bytes], encoding: str, matches: Callable[[str], bool]) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    before = ""
    for piece in pieces:
        text = before + decoder.decode(piece)
        if matches(text):
            return True
        before = text[-_OVERLAP:]
    return False
