"""The one way to make a bucket for people's data: what is deleted in it is gone."""

from collections.abc import Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.options import Options


class PersonalBucket(s3.Bucket):
    """Encrypted, never public, without versions: an erasure must be one."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        options: Options,
        key: kms.IKey | None,
        rules: Sequence[s3.LifecycleRule],
    ) -> None:
        """`options.retain` decides whether deleting the stack keeps it; `rules` say what goes when.

        What is left of an upload that broke off goes after a day.
        """
        super().__init__(
            scope,
            construct_id,
            encryption=s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=key,
            bucket_key_enabled=bool(key),
            enforce_ssl=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=False,
            removal_policy=RemovalPolicy.RETAIN if options.retain else RemovalPolicy.DESTROY,
            lifecycle_rules=[
                *rules,
                s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
        )
