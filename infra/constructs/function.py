"""The one way to make a Lambda function: its code, environment, role, logs and alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.alarm import USUAL_PERIOD, About, Alarms, Words
from infra.constructs.bundle import PARQUET_LOCK, Bundles
from infra.constructs.options import Options
from infra.constructs.platform import Platform
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.runtime.settings import environment_name

MEMORY_MB: Final = 512  # about a third of a core; start-up and JSON are what it is spent on

WORKSPACE_ROWS: Final = (f"{DEFAULT_WORKSPACE}#*",)
"""The partitions of both tables that are of the workspace which a deployment serves."""

_ARCHITECTURES: Final = {
    "arm64": lambda_.Architecture.ARM_64,
    "x86_64": lambda_.Architecture.X86_64,
}


@dataclass(frozen=True)
class Workshop:
    """What all functions of a stack share: platform, code, dependencies, alarms and key.

    `key` is the owner's own key, or None where AWS's are used.
    """

    platform: Platform
    bundles: Bundles
    layer: lambda_.ILayerVersion
    alarms: Alarms
    key: kms.IKey | None

    def parquet_layer(self, scope: Construct) -> lambda_.ILayerVersion:
        """What only the reader of Parquet files needs."""
        return _layer(scope, "Parquet", self.platform, self.bundles.layer(PARQUET_LOCK))

    @classmethod
    def open(
        cls, scope: Construct, options: Options, bundles: Bundles, key: kms.IKey | None
    ) -> "Workshop":
        """Make the dependency layer and the topic of the alarms."""
        layer = _layer(scope, "Dependencies", options.platform, bundles.layer())
        alarms = Alarms(scope, "Alarms", runbooks=options.runbooks, key=key)
        return cls(options.platform, bundles, layer, alarms, key)


class PythonFunction(Construct):
    """A function with everything around it; grants are added to `function.role` by its owner."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workshop: Workshop,
        name: str,
        purpose: str,
        settings: type,
        values: Mapping[str, str],
        timeout: Duration,
        memory_mb: int = MEMORY_MB,
    ) -> None:
        """`name` is the folder below `functions/`; `values` has a value for each settings field."""
        super().__init__(scope, construct_id)
        log_group = logs.LogGroup(
            self,
            "Logs",
            retention=logs.RetentionDays.ONE_MONTH,
            encryption_key=workshop.key,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {name} may do",
        )
        log_group.grant_write(role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=purpose,
            code=lambda_.Code.from_asset(str(workshop.bundles.function(name))),
            handler=f"functions.{name}.handler.handle",
            runtime=_runtime(workshop.platform),
            architecture=_ARCHITECTURES[workshop.platform.architecture],
            layers=[workshop.layer],
            memory_size=memory_mb,
            timeout=timeout,
            environment=environment_of(settings, values),
            environment_encryption=workshop.key,
            role=role,
            log_group=log_group,
        )
        self.role = role
        self.timeout = timeout
        self._alarm_on_failures(workshop.alarms, name)

    def may(self, *actions: str, on: list[str], rows: Sequence[str] = WORKSPACE_ROWS) -> None:
        """Allow actions on resources, and nothing else; on tables those alone that match `rows`.

        IAM knows of no row while a table is scanned, and lets a scan see all of them.
        """
        of_tables = any(action.startswith("dynamodb:") for action in actions)
        condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(rows)}}
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=list(actions), resources=on, conditions=condition if of_tables else None
            )
        )

    def _alarm_on_failures(self, alarms: Alarms, name: str) -> None:
        """Whether it is throttled depends on the account, and is watched once for all functions."""
        errors = self.function.metric_errors(period=USUAL_PERIOD)
        about = About("failing", name, Words(f"{name} failed", f"函数 {name} 运行失败"))
        alarms.when_above(self, "Failing", errors, 0, about)


def environment_of(settings: type, values: Mapping[str, str]) -> dict[str, str]:
    """The environment that fills a settings class; raises ValueError when fields and values differ.

    A variable that the function does not read is as wrong as one that it misses.
    """
    required = {spec.name for spec in fields(settings)}
    missing, extra = sorted(required - values.keys()), sorted(values.keys() - required)
    if missing or extra:
        place = f"{settings.__module__}.{settings.__qualname__}"
        raise ValueError(f"{place}: no value for {missing}, no field for {extra}")
    return {environment_name(name): value for name, value in sorted(values.items())}


def _layer(
    scope: Construct, construct_id: str, platform: Platform, asset: Path
) -> lambda_.ILayerVersion:
    return lambda_.LayerVersion(
        scope,
        construct_id,
        code=lambda_.Code.from_asset(str(asset)),
        compatible_architectures=[_ARCHITECTURES[platform.architecture]],
        compatible_runtimes=[_runtime(platform)],
        description=f"{construct_id} of functions",
    )


def _runtime(platform: Platform) -> lambda_.Runtime:
    return lambda_.Runtime(f"python{platform.python}", lambda_.RuntimeFamily.PYTHON)
