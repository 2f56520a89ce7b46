"""The files of broadcasts in S3, profile ids and nothing else.

broadcasts/<workspace>/<broadcast>/<gathering>/<wave>/<batch>.json  people, in the order of asking
broadcasts/<workspace>/<broadcast>/rounds/<run>-<look>.json         whom to ask now
"""

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from shared.aws.faults import faults_are_transient
from shared.domain.broadcasts.pacing import Slice
from shared.domain.text import to_text

FOLDER: Final = "broadcasts/"


class File(NamedTuple):
    """Where a file lies."""

    bucket: str
    key: str


class BroadcastFiles:
    """The folder of broadcasts in a bucket; every method raises TransientError."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._bucket = bucket

    def write_batch(self, folder: str, wave: int, batch: int, people: Sequence[str]) -> None:
        """Write the people of one batch."""
        self._write(_batch(folder, wave, batch), list(people))

    def batch(self, folder: str, wave: int, batch: int) -> list[str]:
        """The people of one batch."""
        with faults_are_transient():
            found = self._client.get_object(Bucket=self._bucket, Key=_batch(folder, wave, batch))
            people: list[str] = json.loads(found["Body"].read())
        return people

    def write_round(
        self, workspace_id: str, broadcast_id: str, name: str, slices: Sequence[Slice]
    ) -> File:
        """Write down whom to ask now, for a Distributed Map to read."""
        key = f"{FOLDER}{workspace_id}/{broadcast_id}/rounds/{name}.json"
        self._write(key, [one._asdict() for one in slices])
        return File(self._bucket, key)

    def _write(self, key: str, data: object) -> None:
        with faults_are_transient():
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=to_text(data).encode(),
                ContentType="application/json",
            )


def folder_of(workspace_id: str, broadcast_id: str, gathering: str) -> str:
    """Where the people lie whom one gathering found."""
    return f"{FOLDER}{workspace_id}/{broadcast_id}/{gathering}"


def _batch(folder: str, wave: int, batch: int) -> str:
    return f"{folder}/{wave}/{batch:06d}.json"
