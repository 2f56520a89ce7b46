"""The lake: a bucket, the streams that fill it, the tables over it and the workgroup that reads it.

Nothing here runs: a stream costs what goes through it, a table nothing, a query what it scans.
"""

from typing import Final

from aws_cdk import Duration, Size, Stack
from aws_cdk import aws_athena as athena
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesisfirehose as firehose
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.alarm import USUAL_PERIOD, About, Alarms, Words
from infra.constructs.bucket import PersonalBucket
from infra.constructs.function import PythonFunction
from infra.constructs.lake_tables import LakeTables
from infra.constructs.options import Options
from shared.domain.broadcasts.model import KEPT
from shared.domain.lake.tables import DATABASE, DAY, TABLES, Table

WORKGROUP: Final = "rapport"
RESULTS: Final = "results/"  # of queries
REFUSED: Final = "refused/"  # what Firehose could not write where it belongs
BROADCASTS: Final = "broadcasts/"  # who is asked, by wave and batch, and whom to ask next
BUILDS: Final = "builds/"  # everybody in batches, for the machine of builds

BUFFER: Final = Duration.minutes(5)
BUFFER_SIZE: Final = Size.mebibytes(64)  # before compression: an object stays easy to rewrite
SCAN_LIMIT: Final = Size.gibibytes(100)  # half a dollar a query
_RESULTS_KEPT: Final = Duration.days(1)
_REFUSED_KEPT: Final = Duration.days(30)
_BROADCASTS_KEPT: Final = Duration.days(KEPT.days + 2)  # longer than a broadcast may take
_BUILDS_KEPT: Final = Duration.days(3)  # for as long as a build can be redriven
_LATE: Final = Duration.minutes(30)


class Lake(Construct):
    """Everything that outlives a deployment of the lake; who may use it is said by `let_…`."""

    def __init__(
        self, scope: Construct, construct_id: str, *, options: Options, key: kms.IKey | None
    ) -> None:
        """Make it; `options.retain` decides whether deleting the stack keeps the bucket."""
        super().__init__(scope, construct_id)
        self._key = key
        self.bucket = PersonalBucket(
            self,
            "Bucket",
            options=options,
            key=key,
            rules=[
                s3.LifecycleRule(prefix=RESULTS, expiration=_RESULTS_KEPT),
                s3.LifecycleRule(prefix=REFUSED, expiration=_REFUSED_KEPT),
                s3.LifecycleRule(prefix=BUILDS, expiration=_BUILDS_KEPT),
                s3.LifecycleRule(prefix=BROADCASTS, expiration=_BROADCASTS_KEPT),
            ],
        )
        LakeTables(self, "Tables", bucket=self.bucket)
        role = self._delivery_role()
        self.streams = {table.name: self._stream(table, role) for table in TABLES}
        self.workgroup = self._workgroup()

    def let_write(self, function: PythonFunction) -> None:
        """Let a function put rows in."""
        arns = [stream.attr_arn for stream in self.streams.values()]
        function.may("firehose:PutRecordBatch", on=arns)

    def let_query(self, function: PythonFunction) -> None:
        """Let a function run queries in the workgroup, within its limits."""
        stack = Stack.of(self)
        function.may(
            "athena:GetQueryExecution",
            "athena:GetQueryResults",
            "athena:StartQueryExecution",
            "athena:StopQueryExecution",
            on=[stack.format_arn(service="athena", resource="workgroup", resource_name=WORKGROUP)],
        )
        function.may(
            "glue:GetDatabase",
            "glue:GetPartitions",
            "glue:GetTable",
            on=[
                stack.format_arn(service="glue", resource="catalog"),
                stack.format_arn(service="glue", resource="database", resource_name=DATABASE),
                stack.format_arn(service="glue", resource="table", resource_name=f"{DATABASE}/*"),
            ],
        )
        folders = [self.bucket.arn_for_objects(f"{table.folder}*") for table in TABLES]
        results = self.bucket.arn_for_objects(f"{RESULTS}*")
        function.may("s3:GetObject", on=[*folders, results])
        function.may("s3:AbortMultipartUpload", "s3:PutObject", on=[results])
        function.may("s3:GetBucketLocation", "s3:ListBucket", on=[self.bucket.bucket_arn])

    def let_replay(self, function: PythonFunction) -> None:
        """Let a function read everything, object by object."""
        folders = [self.bucket.arn_for_objects(f"{table.folder}*") for table in TABLES]
        function.may("s3:GetObject", on=folders)
        function.may("s3:ListBucket", on=[self.bucket.bucket_arn])

    def let_erase(self, function: PythonFunction) -> None:
        """Let a function find, rewrite and delete objects."""
        self.let_query(function)
        folders = [self.bucket.arn_for_objects(f"{table.folder}*") for table in TABLES]
        function.may("s3:PutObject", "s3:DeleteObject", on=folders)
        function.may("s3:DeleteObject", on=[self.bucket.arn_for_objects(f"{RESULTS}*")])

    def let_build(self, function: PythonFunction) -> None:
        """Let a function write the files of builds."""
        files = self.bucket.arn_for_objects(f"{BUILDS}*")
        function.may("s3:AbortMultipartUpload", "s3:PutObject", on=[files])

    def let_broadcast(self, function: PythonFunction) -> None:
        """Let a function write the files of broadcasts and read them again."""
        files = self.bucket.arn_for_objects(f"{BROADCASTS}*")
        function.may("s3:GetObject", "s3:PutObject", on=[files])

    def let_map(self, role: iam.Role, folder: str = BUILDS) -> None:
        """Let a state machine read the files of a folder, and write down what came of each one."""
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "s3:AbortMultipartUpload",
                    "s3:GetObject",
                    "s3:ListMultipartUploadParts",
                    "s3:PutObject",
                ],
                resources=[self.bucket.arn_for_objects(f"{folder}*")],
            )
        )

    def watch(self, alarms: Alarms, scope: Construct) -> None:
        """Raise an alarm when rows stay on their way for long."""
        for name, stream in self.streams.items():
            age = cloudwatch.Metric(
                namespace="AWS/Firehose",
                metric_name="DeliveryToS3.DataFreshness",
                dimensions_map={"DeliveryStreamName": stream.ref},
                statistic="Maximum",
                period=USUAL_PERIOD,
            )
            minutes = f"{_LATE.to_minutes():.0f}"
            says = Words(
                f"{name} need more than {minutes} minutes to the lake",
                f"{name} 写入数据湖超过 {minutes} 分钟",
            )
            about = About("lake-late", name, says)
            alarms.when_above(scope, f"Late{name.title()}", age, _LATE.to_seconds(), about)

    def _delivery_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "DeliveryRole",
            assumed_by=iam.ServicePrincipal(
                "firehose.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="What Firehose may do in the lake",
        )
        folders = [*(table.folder for table in TABLES), REFUSED]
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"{folder}*") for folder in folders],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=[
                    "s3:GetBucketLocation",
                    "s3:ListBucket",
                    "s3:ListBucketMultipartUploads",
                ],
                resources=[self.bucket.bucket_arn],
            )
        )
        return role

    def _stream(self, table: Table, role: iam.Role) -> firehose.CfnDeliveryStream:
        stream = firehose.CfnDeliveryStream(
            self,
            f"{table.name.title()}Stream",
            delivery_stream_type="DirectPut",
            delivery_stream_encryption_configuration_input=(
                firehose.CfnDeliveryStream.DeliveryStreamEncryptionConfigurationInputProperty(
                    key_type="CUSTOMER_MANAGED_CMK" if self._key else "AWS_OWNED_CMK",
                    key_arn=self._key.key_arn if self._key else None,
                )
            ),
            extended_s3_destination_configuration=(
                firehose.CfnDeliveryStream.ExtendedS3DestinationConfigurationProperty(
                    bucket_arn=self.bucket.bucket_arn,
                    role_arn=role.role_arn,
                    prefix=f"{table.folder}{DAY}=!{{timestamp:yyyy-MM-dd}}/",
                    error_output_prefix=(
                        f"{REFUSED}{table.folder}!{{firehose:error-output-type}}/"
                        f"{DAY}=!{{timestamp:yyyy-MM-dd}}/"
                    ),
                    compression_format="GZIP",
                    buffering_hints=firehose.CfnDeliveryStream.BufferingHintsProperty(
                        interval_in_seconds=int(BUFFER.to_seconds()),
                        size_in_m_bs=int(BUFFER_SIZE.to_mebibytes()),
                    ),
                    cloud_watch_logging_options=(
                        firehose.CfnDeliveryStream.CloudWatchLoggingOptionsProperty(enabled=False)
                    ),
                )
            ),
        )
        stream.node.add_dependency(role)
        return stream

    def _workgroup(self) -> athena.CfnWorkGroup:
        results = athena.CfnWorkGroup.ResultConfigurationProperty(
            output_location=f"s3://{self.bucket.bucket_name}/{RESULTS}",
            encryption_configuration=athena.CfnWorkGroup.EncryptionConfigurationProperty(
                encryption_option="SSE_KMS" if self._key else "SSE_S3",
                kms_key=self._key.key_arn if self._key else None,
            ),
        )
        return athena.CfnWorkGroup(
            self,
            "Workgroup",
            name=WORKGROUP,
            description="Queries over the event history of Rapport",
            recursive_delete_option=True,
            work_group_configuration=athena.CfnWorkGroup.WorkGroupConfigurationProperty(
                enforce_work_group_configuration=True,
                bytes_scanned_cutoff_per_query=int(SCAN_LIMIT.to_gibibytes()) * 2**30,
                publish_cloud_watch_metrics_enabled=False,
                engine_version=athena.CfnWorkGroup.EngineVersionProperty(
                    selected_engine_version="Athena engine version 3"
                ),
                result_configuration=results,
            ),
        )
