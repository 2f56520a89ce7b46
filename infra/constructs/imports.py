"""The bucket of imports: files on their way in, and the rows that were not taken."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.bucket import PersonalBucket
from infra.constructs.function import PythonFunction
from infra.constructs.options import Options

# A file is deleted when its import is done; what nobody imported goes after a week.
UPLOADS_KEPT: Final = Duration.days(7)
REJECTED_KEPT: Final = Duration.days(30)


class Imports(PersonalBucket):
    """Files that were uploaded, and rows that were rejected."""

    def __init__(
        self, scope: Construct, construct_id: str, *, options: Options, key: kms.IKey | None
    ) -> None:
        """Make it; `options.retain` decides whether deleting the stack keeps it."""
        super().__init__(
            scope,
            construct_id,
            options=options,
            key=key,
            rules=[
                s3.LifecycleRule(prefix="uploads/", expiration=UPLOADS_KEPT),
                s3.LifecycleRule(prefix="rejected/", expiration=REJECTED_KEPT),
            ],
        )

    def let_import(self, function: PythonFunction) -> None:
        """Let a function read files, delete what was uploaded, and write down what it rejects."""
        function.may("s3:ListBucket", on=[self.bucket_arn])
        function.may("s3:GetObject", on=[self.arn_for_objects("*")])
        function.may("s3:DeleteObject", on=[self.arn_for_objects("uploads/*")])
        function.may(
            "s3:AbortMultipartUpload", "s3:PutObject", on=[self.arn_for_objects("rejected/*")]
        )

    def let_hand_out(self, function: PythonFunction) -> None:
        """Let a function look at files and sign links to upload and download."""
        function.may("s3:ListBucket", on=[self.bucket_arn])  # else a missing file is “forbidden”
        function.may("s3:GetObject", on=[self.arn_for_objects("*")])
        function.may("s3:PutObject", on=[self.arn_for_objects("uploads/*")])

    def let_erase(self, function: PythonFunction) -> None:
        """Let a function find what somebody's data may be in, and delete it."""
        function.may("s3:ListBucket", on=[self.bucket_arn])
        function.may("s3:DeleteObject", "s3:GetObject", on=[self.arn_for_objects("*")])
