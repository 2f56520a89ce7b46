"""The bucket of exports: everything in it is somebody's whole data, and is gone after a week."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.bucket import PersonalBucket
from infra.constructs.function import PythonFunction
from infra.constructs.options import Options

KEPT: Final = Duration.days(7)


class Archives(PersonalBucket):
    """Archives of people, each for a week."""

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
                s3.LifecycleRule(expiration=KEPT),
            ],
        )

    def let_write(self, function: PythonFunction) -> None:
        """Let a function put archives in, and take back one that came too late."""
        objects = self.arn_for_objects("*")
        function.may("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject", on=[objects])

    def let_hand_out(self, function: PythonFunction) -> None:
        """Let a function sign links to archives."""
        function.may("s3:GetObject", on=[self.arn_for_objects("*")])

    def let_erase(self, function: PythonFunction) -> None:
        """Let a function find archives and delete them."""
        function.may("s3:ListBucket", on=[self.bucket_arn])
        function.may("s3:DeleteObject", on=[self.arn_for_objects("*")])
