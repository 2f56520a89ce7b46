"""The state machine of builds: everybody in batches, each judged by one invocation, then a report.

Before that come the thresholds of tags that are about shares of buyers. Where some are computed
they begin a build of their own, which does the rest in place of this one.

Everybody whom the lake knows is judged at once. Whose first rows were still on their way to it is
found by a second list, when everything from before the build has arrived.
"""

import json
from typing import Any, Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.function import PythonFunction
from infra.constructs.lake import BUILDS, Lake

NAME: Final = "build-rapport"  # the machines of journeys are called rapport-…
# Functions go by definitions that are up to 5 seconds old, and the next edit is often close behind.
SETTLE_SECONDS: Final = 10
_OUTCOMES: Final = f"{BUILDS}outcomes"

Json = dict[str, Any]


class BuildMachine(Construct):
    """One Standard state machine; each of its executions is a build, named by its number."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        builder: PythonFunction,
        judge: PythonFunction,
        lake: Lake,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`builder` lists people and reports, `judge` judges a batch, so many at the same time."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="What the state machine of builds may do",
        )
        lists, judges = builder.function.function_arn, judge.function.function_arn
        self._may("lambda:InvokeFunction", on=[lists, judges])
        self._may("states:StartExecution", on=[machine_arn(self)])
        executions = [self._arn("execution", "/*"), self._arn("execution", ":*")]
        self._may("states:DescribeExecution", "states:StopExecution", on=executions)
        self._may("states:RedriveExecution", on=[self._arn("execution", "/*")])
        lake.let_map(self.role)
        self.machine = stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=NAME,
            definition_body=stepfunctions.DefinitionBody.from_string(
                json.dumps(_definition(lists, judges, lake.bucket.bucket_name, concurrency))
            ),
            role=self.role,
            comment="Judges everybody by a definition that is new or has another meaning now",
        )
        self._alarm(alarms)

    def let_start(self, function: PythonFunction) -> None:
        """Let a function start builds and look at them."""
        function.may("states:StartExecution", on=[machine_arn(self)])
        execution = self._arn("execution", ":*")
        function.may("states:DescribeExecution", "states:ListMapRuns", on=[execution])
        function.may("states:DescribeMapRun", on=[self._arn("mapRun", "/*")])

    def _may(self, *actions: str, on: list[str]) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=on))

    def _arn(self, resource: str, tail: str = "") -> str:
        return _arn(self, resource, tail)

    def _alarm(self, alarms: Alarms) -> None:
        period = Duration.minutes(5)
        metrics: dict[str, cloudwatch.IMetric] = {
            "Failed": self.machine.metric_failed(period=period),
            "TimedOut": self.machine.metric_timed_out(period=period),
        }
        for name, metric in metrics.items():
            alarms.when_above(
                self,
                name,
                metric,
                0,
                description="A build did not get to its end; rapport builds retry begins it again",
            )


def machine_arn(scope: Construct) -> str:
    """The ARN of the machine; functions that it calls itself cannot wait until it is made."""
    return _arn(scope, "stateMachine")


def _arn(scope: Construct, resource: str, tail: str = "") -> str:
    return Stack.of(scope).format_arn(
        service="states",
        resource=resource,
        resource_name=f"{NAME}{tail}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _definition(builder: str, judge: str, bucket: str, concurrency: int) -> Json:
    def a_map(label: str, whom: str, then: str) -> Json:
        return _judging(judge, bucket, concurrency, label, whom, then)

    states = {
        "Settle": {"Type": "Wait", "Seconds": SETTLE_SECONDS, "Next": "ComputeThresholds"},
        "ComputeThresholds": {
            **_asking(builder, "thresholds"),
            "ResultPath": None,
            "Next": "ListEverybody",
        },
        "ListEverybody": _listing(builder, "people", "IsNewest"),
        "IsNewest": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.people.superseded", "BooleanEquals": True, "Next": "Superseded"},
                {"Variable": "$.people.batches", "NumericGreaterThan": 0, "Next": "JudgeEverybody"},
            ],
            "Default": "WaitForLake",
        },
        "Superseded": {"Type": "Succeed"},
        "JudgeEverybody": a_map("Everybody", "people", "WaitForLake"),
        "WaitForLake": {
            "Type": "Wait",
            "TimestampPath": "$.people.late_at",
            "Next": "ListLatecomers",
        },
        "ListLatecomers": _listing(builder, "latecomers", "IsAnybodyLate"),
        "IsAnybodyLate": {
            "Type": "Choice",
            "Choices": [
                {
                    "Variable": "$.latecomers.batches",
                    "NumericGreaterThan": 0,
                    "Next": "JudgeLatecomers",
                }
            ],
            "Default": "Report",
        },
        "JudgeLatecomers": a_map("Latecomers", "latecomers", "Report"),
        "Report": {**_asking(builder, "report"), "ResultPath": None, "End": True},
    }
    return {"StartAt": "Settle", "States": states}


def _asking(function: str, task: str) -> Json:
    """A Task in which the builder does one thing."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": function,
            "Payload": {
                "task": task,
                "workspace_id.$": "$.workspace_id",
                "build.$": "$.build",
            },
        },
        "Retry": [_retry(4)],
    }


def _listing(builder: str, whom: str, then: str) -> Json:
    return {
        **_asking(builder, whom),
        "ResultSelector": {
            "bucket.$": "$.Payload.bucket",
            "key.$": "$.Payload.key",
            "batches.$": "$.Payload.batches",
            "superseded.$": "$.Payload.superseded",
            "late_at.$": "$.Payload.late_at",
        },
        "ResultPath": f"$.{whom}",
        "Next": then,
    }


def _judging(judge: str, bucket: str, concurrency: int, label: str, whom: str, then: str) -> Json:
    """A Map over the batches of a file; it catches nothing, so that it can be redriven."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": judge,
            "Payload": {
                "workspace_id.$": "$.workspace_id",
                "profile_ids.$": "$.profile_ids",
            },
        },
        "OutputPath": "$.Payload",
        "Retry": [_retry(6)],
        "End": True,
    }
    return {
        "Type": "Map",
        "Label": label,
        "MaxConcurrency": concurrency,
        "ToleratedFailureCount": 0,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket.$": f"$.{whom}.bucket", "Key.$": f"$.{whom}.key"},
        },
        "ItemSelector": {
            "workspace_id.$": "$.workspace_id",
            "profile_ids.$": "$$.Map.Item.Value",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "Judge",
            "States": {"Judge": task},
        },
        # What 10,000 batches answer does not fit into the 256 KB that a state may hand on.
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": _OUTCOMES},
        },
        "ResultPath": None,
        "Next": then,
    }


def _retry(times: int) -> Json:
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": times,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }
