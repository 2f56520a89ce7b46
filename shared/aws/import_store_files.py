"""The files of imports in their bucket: what was uploaded, and the rows that were rejected.

uploads/<workspace>/<import>/<name>           deleted when the import is done
rejected/<workspace>/<import>/parts/<offset>  rejected rows of one chunk
rejected/<workspace>/<import>/rejected.csv    all of them, once the import is done
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError, ResponseStreamingError

from shared.aws.faults import faults_are_transient
from shared.domain.imports.progress import Import
from shared.errors import PermanentError, TransientError

# One read: memory against the number of calls. Nothing is held open while rows are applied.
READ_BYTES: Final = 4 * 1024 * 1024
LINK_SECONDS: Final = 3600
_LEAST_PART: Final = 8 * 1024 * 1024  # of a multipart upload; AWS wants 5 MiB
_GONE: Final = frozenset({"404", "NoSuchKey", "NotFound"})


class FileFacts(NamedTuple):
    """Size in bytes, and a tag that another content would not have."""

    size: int
    tag: str


def upload_key(workspace_id: str, import_id: str, name: str) -> str:
    """Where a file is uploaded to."""
    return f"{uploads_of(workspace_id, import_id)}{name}"


def uploads_of(workspace_id: str, import_id: str) -> str:
    """The folder of what was uploaded for an import."""
    return f"uploads/{workspace_id}/{import_id}/"


def rejected_key(workspace_id: str, import_id: str) -> str:
    """Where all rejected rows of an import lie in the end."""
    return f"rejected/{workspace_id}/{import_id}/rejected.csv"


class ImportFiles:
    """Every method raises TransientError when S3 is busy or out of reach."""

    def __init__(self, client: Any, bucket: str) -> None:
        """`client` is a low-level S3 client."""
        self._client = client
        self.bucket = bucket

    # --- what is imported ---------------------------------------------------------------------

    def facts(self, key: str) -> FileFacts | None:
        """What is known of a file; None when there is none."""
        try:
            with faults_are_transient():
                head = self._client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return None
            raise
        return FileFacts(head["ContentLength"], head["ETag"])

    def read_from(self, key: str, tag: str, offset: int) -> Iterator[bytes]:
        """The bytes of a file from a place on, a few megabytes a piece.

        Raises PermanentError when the file is gone or not the one of `tag` any more.
        """
        while True:
            piece, size = self._piece(key, tag, offset)
            if piece:
                yield piece
            offset += len(piece)
            if offset >= size:
                return

    def _piece(self, key: str, tag: str, offset: int) -> tuple[bytes, int]:
        """Some bytes, and the size of the whole file."""
        try:
            with faults_are_transient():
                answer = self._client.get_object(
                    Bucket=self.bucket,
                    Key=key,
                    IfMatch=tag,
                    Range=f"bytes={offset}-{offset + READ_BYTES - 1}",
                )
            body: bytes = answer["Body"].read()
        except ResponseStreamingError as error:
            raise TransientError("S3 broke off in the middle of a file") from error
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "InvalidRange":
                    return b"", 0
                case "PreconditionFailed" | "412":
                    raise PermanentError(
                        "the file was replaced while it was imported", hint="start a new import"
                    ) from error
                case "NoSuchKey":
                    raise PermanentError("the file is gone", hint="upload it again") from error
                case _:
                    raise
        return body, int(answer["ContentRange"].rpartition("/")[2])

    def delete_upload(self, job: Import) -> None:
        """Delete what was uploaded for an import; files that lay elsewhere stay."""
        if job.file_key.startswith(uploads_of(job.workspace_id, job.import_id)):
            with faults_are_transient():
                self._client.delete_object(Bucket=self.bucket, Key=job.file_key)

    # --- what was rejected --------------------------------------------------------------------

    def put_part(self, job: Import, text: str) -> None:
        """Keep the rejected rows of the chunk that begins where the import stands.

        Doing the chunk again writes the same part again.
        """
        with faults_are_transient():
            self._client.put_object(
                Bucket=self.bucket, Key=f"{_parts_of(job)}{job.offset:020d}.csv", Body=text.encode()
            )

    def join_parts(self, job: Import, header: str) -> None:
        """Make one file of all parts, a few megabytes at a time; doing it again gives the same."""
        with faults_are_transient():
            names = list(self._names(_parts_of(job)))
            if names:
                self._write_joined(rejected_key(job.workspace_id, job.import_id), header, names)

    def _write_joined(self, key: str, header: str, names: list[str]) -> None:
        target = {"Bucket": self.bucket, "Key": key}
        upload_id = ""
        done: list[dict[str, Any]] = []
        gathered = header.encode()
        for name in names:
            gathered += self._client.get_object(Bucket=self.bucket, Key=name)["Body"].read()
            if len(gathered) < _LEAST_PART:
                continue
            upload_id = upload_id or self._client.create_multipart_upload(**target)["UploadId"]
            done.append(self._upload_part(target, upload_id, len(done) + 1, gathered))
            gathered = b""
        if not upload_id:
            self._client.put_object(**target, Body=gathered)
            return
        if gathered:
            done.append(self._upload_part(target, upload_id, len(done) + 1, gathered))
        self._client.complete_multipart_upload(
            **target, UploadId=upload_id, MultipartUpload={"Parts": done}
        )

    def _upload_part(
        self, target: dict[str, str], upload_id: str, number: int, body: bytes
    ) -> dict[str, Any]:
        answer = self._client.upload_part(
            **target, UploadId=upload_id, PartNumber=number, Body=body
        )
        return {"PartNumber": number, "ETag": answer["ETag"]}

    def _names(self, prefix: str) -> Iterator[str]:
        request: dict[str, Any] = {"Bucket": self.bucket, "Prefix": prefix}
        while True:
            page = self._client.list_objects_v2(**request)
            yield from (each["Key"] for each in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    # --- links --------------------------------------------------------------------------------

    def upload_link(self, key: str) -> str:
        """An address to PUT a file to, for an hour."""
        return self._link("put_object", key)

    def download_link(self, key: str) -> str:
        """An address to GET a file from, for an hour."""
        return self._link("get_object", key)

    def _link(self, operation: str, key: str) -> str:
        return str(
            self._client.generate_presigned_url(
                operation,
                Params={"Bucket": self.bucket, "Key": key},
                ExpiresIn=LINK_SECONDS,
            )
        )


def _parts_of(job: Import) -> str:
    return f"rejected/{job.workspace_id}/{job.import_id}/parts/"
