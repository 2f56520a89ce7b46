"""The files of builds: everybody in batches, for a Distributed Map to read.

builds/<workspace>/<number>/people.json      everybody whom the lake knew at first
builds/<workspace>/<number>/latecomers.json  those of whom something has arrived since

They hold profile ids and nothing else.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal, NamedTuple

from shared.aws.archives import Upload

FOLDER: Final = "builds/"

Round = Literal["people", "latecomers"]


class File(NamedTuple):
    """Where a file lies."""

    bucket: str
    key: str


class BuildFiles:
    """The folder of builds in a bucket; writing raises TransientError."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._bucket = bucket

    def write(self, workspace_id: str, number: int, whom: Round, pieces: Iterable[str]) -> File:
        """Write a file as its pieces come; doing it again replaces it."""
        file = File(self._bucket, f"{FOLDER}{workspace_id}/{number}/{whom}.json")
        upload = Upload(self._client, *file, content_type="application/json")
        try:
            for piece in pieces:
                upload.write(piece.encode())
            upload.finish()
        except BaseException:
            upload.give_up()
            raise
        return file
