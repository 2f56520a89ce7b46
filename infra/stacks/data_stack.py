"""What outlives every deployment: both tables, the lake, the bus and the secret of identities."""

from typing import Final

from aws_cdk import CfnOutput, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from infra.constructs.archives import Archives
from infra.constructs.imports import Imports
from infra.constructs.key import own_key
from infra.constructs.lake import Lake
from infra.constructs.operators import Operators
from infra.constructs.options import Options
from shared.aws.keys import audits

TTL_ATTRIBUTE: Final = "expires_at"
PIN_INDEX: Final = "pin"


class DataStack(Stack):
    """Tables are on demand, encrypted, recoverable to any second of the last 35 days, and kept."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        """Make tables and bus; `options.retain` decides what deleting the stack does to them."""
        super().__init__(scope, construct_id)
        self.key = key = own_key(self, options)
        self.profiles = _table(
            *(self, "Profiles", options, key), stream=dynamodb.StreamViewType.NEW_IMAGE
        )
        # No item has this attribute, so the index is empty and costs nothing. A table with a local
        # index keeps all items of a partition key together, so one person's changes stay in one
        # stream shard, in order.
        self.profiles.add_local_secondary_index(
            index_name=PIN_INDEX,
            sort_key=dynamodb.Attribute(name=PIN_INDEX, type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.catalog = _table(self, "Catalog", options, key, policy=_lasting_trail())
        self.lake = Lake(self, "Lake", options=options, key=key)
        self.imports = Imports(self, "Imports", options=options, key=key)
        self.archives = Archives(self, "Archives", options=options, key=key)
        self.operators = Operators(self, "Operators", options=options)
        self.bus = events.EventBus(self, "Bus", description="Domain events of Rapport")
        self.bus.apply_removal_policy(_removal(options))

        # Tombstones of the erased and proofs of who somebody is are derived from it. It is never
        # rotated: nobody could recognise a tombstone any more.
        self.identity_secret = secrets.Secret(
            self,
            "IdentitySecret",
            description="Makes tombstones of erased people and user hashes; must never change",
            generate_secret_string=secrets.SecretStringGenerator(
                password_length=64, exclude_punctuation=True
            ),
            encryption_key=key,
            removal_policy=_removal(options),
        )

        CfnOutput(self, "ProfilesTable", value=self.profiles.table_name)
        CfnOutput(self, "CatalogTable", value=self.catalog.table_name)
        CfnOutput(self, "ImportsBucket", value=self.imports.bucket_name)
        CfnOutput(self, "LakeBucket", value=self.lake.bucket.bucket_name)
        CfnOutput(self, "LakeWorkgroup", value=self.lake.workgroup.name)
        CfnOutput(self, "OperatorPoolId", value=self.operators.pool.user_pool_id)
        CfnOutput(self, "OperatorClientId", value=self.operators.client.user_pool_client_id)
        CfnOutput(self, "BusName", value=self.bus.event_bus_name)


def _table(
    scope: Construct,
    construct_id: str,
    options: Options,
    key: kms.IKey | None,
    stream: dynamodb.StreamViewType | None = None,
    policy: iam.PolicyDocument | None = None,
) -> dynamodb.Table:
    return dynamodb.Table(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=(
            dynamodb.TableEncryption.CUSTOMER_MANAGED
            if key
            else dynamodb.TableEncryption.AWS_MANAGED
        ),
        encryption_key=key,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        deletion_protection=options.retain,
        removal_policy=_removal(options),
        time_to_live_attribute=TTL_ATTRIBUTE,
        stream=stream,
        resource_policy=policy,
    )


def _lasting_trail() -> iam.PolicyDocument:
    """Nobody, whatever their role allows, changes or deletes lines of an audit trail."""
    return iam.PolicyDocument(
        statements=[
            iam.PolicyStatement(
                sid="AuditTrailIsAddedToOnly",
                effect=iam.Effect.DENY,
                principals=[iam.AnyPrincipal()],
                actions=[
                    *("dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"),
                    *("dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
                ],
                resources=["*"],
                conditions={
                    "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": [audits("*")]},
                },
            )
        ]
    )


def _removal(options: Options) -> RemovalPolicy:
    return RemovalPolicy.RETAIN if options.retain else RemovalPolicy.DESTROY
