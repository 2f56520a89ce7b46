"""The KMS key of the owner, where one is wanted: what is at rest opens with it and with no other.

Who may use it is decided where the data is, as with the keys that AWS keeps: whoever of this
account may read a table may have it opened, through the service that holds it and in no other way.
So no role needs a statement for the key, and to disable it is to close everything at once.
"""

from typing import Final

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from infra.constructs.options import Options

_THROUGH: Final = ("dynamodb", "firehose", "lambda", "s3", "secretsmanager", "sns", "sqs")
# Services that put something into our queues, topics and log groups by themselves.
_SPEAKERS: Final = (*("budgets", "cloudwatch", "events", "ses", "sms-voice", "sns"),)
_USE: Final = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")


def own_key(scope: Construct, options: Options) -> kms.Key | None:
    """Make the key when `options.own_key` asks for it; it is turned each year and kept for ever."""
    if not options.own_key:
        return None
    key = kms.Key(
        scope,
        "Key",
        description="Encrypts what Rapport keeps",
        enable_key_rotation=True,
        removal_policy=RemovalPolicy.RETAIN if options.retain else RemovalPolicy.DESTROY,
    )
    account, region = Stack.of(scope).account, Stack.of(scope).region
    through = [f"{service}.{region}.{Aws.URL_SUFFIX}" for service in _THROUGH]
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ThroughTheServicesThatHoldTheData",
            principals=[iam.AnyPrincipal()],
            actions=[*_USE, "kms:CreateGrant", "kms:DescribeKey"],
            resources=["*"],
            conditions={"StringEquals": {"kms:CallerAccount": account, "kms:ViaService": through}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="ServicesThatSpeakToUs",
            principals=[iam.ServicePrincipal(f"{name}.amazonaws.com") for name in _SPEAKERS],
            actions=["kms:Decrypt", "kms:GenerateDataKey*"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="Logs",
            principals=[iam.ServicePrincipal(f"logs.{region}.amazonaws.com")],
            actions=[*_USE, "kms:DescribeKey"],
            resources=["*"],
            conditions={
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": Stack.of(scope).format_arn(
                        service="logs", resource="*"
                    )
                }
            },
        )
    )
    return key
