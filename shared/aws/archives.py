"""Exports of people in S3: written in parts as they are made, handed out by a link for a while."""

import io
from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.domain.audiences.files import folder_of
from shared.domain.backtests.model import folder_of as folder_of_backtests
from shared.domain.erasure.letters import Wanted

PART_BYTES: Final = 8 * 1024 * 1024  # S3 takes parts from 5 MB on
LINK_SECONDS: Final = 900


def archive_key(workspace_id: str, profile_id: str, export_id: str) -> str:
    """Where an export lies; everything that was exported of a strand lies together."""
    return f"{_folder(workspace_id, profile_id)}{export_id}.zip"


def _folder(workspace_id: str, profile_id: str) -> str:
    return f"exports/{workspace_id}/{profile_id}/"


class Archives:
    """The bucket of exports; every method raises TransientError."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._bucket = bucket

    def open(self, key: str, content_type: str = "application/zip") -> "Upload":
        """Begin to write an export."""
        return Upload(self._client, self._bucket, key, content_type)

    def link(self, key: str, content_type: str = "application/zip") -> str:
        """An address from which anybody can fetch an export for a quarter of an hour."""
        url: str = self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentType": content_type,
            },
            ExpiresIn=LINK_SECONDS,
        )
        return url

    def remove(self, key: str) -> None:
        """Delete one export."""
        with faults_are_transient():
            self._client.delete_object(Bucket=self._bucket, Key=key)

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        """Remove all exports of a person, and all audiences and backtests: any may hold the person.

        These are copies that can be asked for again.
        """
        removed = 0
        for strand_id in person.strands:
            removed += self._empty(_folder(workspace_id, strand_id))
        return {
            "exports": removed,
            "audiences": self._empty(folder_of(workspace_id)),
            "backtests": self._empty(folder_of_backtests(workspace_id)),
        }

    def _empty(self, prefix: str) -> int:
        removed = 0
        while True:
            with faults_are_transient():
                page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=prefix)
                for found in page.get("Contents", []):
                    self._client.delete_object(Bucket=self._bucket, Key=found["Key"])
                    removed += 1
            if not page.get("IsTruncated"):
                return removed


class Upload(io.RawIOBase):
    """A file that goes to S3 in parts as it is written, so that its size does not matter.

    Nothing is there until `finish`; an upload that is given up leaves nothing behind.
    """

    def __init__(
        self, client: Any, bucket: str, key: str, content_type: str = "application/zip"
    ) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self._place = {"Bucket": bucket, "Key": key}
        self._waiting = bytearray()
        self._parts: list[dict[str, Any]] = []
        self._written = 0
        with faults_are_transient():
            begun = client.create_multipart_upload(**self._place, ContentType=content_type)
        self._upload = begun["UploadId"]

    def writable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """How much was written; whoever writes an archive asks."""
        return self._written

    def write(self, data: Any) -> int:
        """Take bytes; a part goes out when there are enough."""
        self._waiting += data
        self._written += len(data)
        if len(self._waiting) >= PART_BYTES:
            self._send()
        return len(data)

    def finish(self) -> None:
        """Send the last part; from now on the object is there."""
        self._send()
        with faults_are_transient():
            self._client.complete_multipart_upload(
                **self._place, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
            )

    def give_up(self) -> None:
        """Take back what was sent, if it was not finished already."""
        try:
            with faults_are_transient():
                self._client.abort_multipart_upload(**self._place, UploadId=self._upload)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchUpload":
                raise

    def _send(self) -> None:
        number = len(self._parts) + 1
        with faults_are_transient():
            sent = self._client.upload_part(
                **self._place,
                UploadId=self._upload,
                PartNumber=number,
                Body=bytes(self._waiting),
            )
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._waiting.clear()
