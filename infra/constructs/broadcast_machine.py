"""The state machine of broadcasts: it asks what comes next, does it, and asks again.

An execution carries one broadcast on until it is over, paused or handed to the next execution. A
round is a Distributed Map over slices of batches; that no minute has more people than it may is up
to the function, whatever the concurrency.
"""

import json
from typing import Any, Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.function import PythonFunction
from infra.constructs.lake import BROADCASTS, Lake

NAME: Final = "broadcast-rapport"  # the machines of journeys are called rapport-…
_OUTCOMES: Final = f"{BROADCASTS}outcomes"
_IDS: Final = ("workspace_id", "broadcast_id", "run")

Json = dict[str, Any]


class BroadcastMachine(Construct):
    """One Standard state machine; an execution for each time that a broadcast is begun."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function: PythonFunction,
        lake: Lake,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`function` carries out every task, so many slices at the same time."""
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="What the state machine of broadcasts may do",
        )
        called = function.function.function_arn
        self._may("lambda:InvokeFunction", on=[called])
        self._may("states:StartExecution", on=[machine_arn(self)])
        executions = [_arn(self, "execution", "/*"), _arn(self, "execution", ":*")]
        self._may("states:DescribeExecution", "states:StopExecution", on=executions)
        lake.let_map(self.role, BROADCASTS)
        self.machine = stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=NAME,
            definition_body=stepfunctions.DefinitionBody.from_string(
                json.dumps(_definition(called, lake.bucket.bucket_name, concurrency))
            ),
            role=self.role,
            comment="Asks the people of a segment into a journey, at their hour and pace",
        )
        period = Duration.minutes(5)
        for name, metric in {
            "Failed": self.machine.metric_failed(period=period),
            "TimedOut": self.machine.metric_timed_out(period=period),
        }.items():
            alarms.when_above(
                self,
                name,
                metric,
                0,
                description="A broadcast stopped by itself; rapport broadcast show says why, and "
                "rapport broadcast resume goes on",
            )

    def _may(self, *actions: str, on: list[str]) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=on))


def machine_arn(scope: Construct) -> str:
    """The ARN of the machine; the function that it calls cannot wait until it is made."""
    return _arn(scope, "stateMachine")


def _arn(scope: Construct, resource: str, tail: str = "") -> str:
    return Stack.of(scope).format_arn(
        service="states",
        resource=resource,
        resource_name=f"{NAME}{tail}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


def _definition(function: str, bucket: str, concurrency: int) -> Json:
    ways = {"gather": "Gather", "wait": "Wait", "ask": "Ask", "decide": "Decide"}
    states = {
        "Next": {
            **_task(function, "next"),
            "ResultSelector": {
                name: f"$.Payload.{name.removesuffix('.$')}"
                for name in ("do.$", "at.$", "bucket.$", "key.$")
            },
            "ResultPath": "$.next",
            "Next": "What",
        },
        "What": {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.next.do", "StringEquals": said, "Next": state}
                for said, state in ways.items()
            ],
            "Default": "Stopped",
        },
        "Stopped": {"Type": "Succeed"},
        "Wait": {"Type": "Wait", "TimestampPath": "$.next.at", "Next": "Next"},
        "Gather": {**_task(function, "gather"), "ResultPath": None, "Next": "Next"},
        "Decide": {**_task(function, "decide"), "ResultPath": None, "Next": "Next"},
        "Ask": _round(function, bucket, concurrency),
        "Failed": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {
                "FunctionName": function,
                "Payload": {"task": "failed", **_ids(), "error.$": "$.failure.Error"},
            },
            "ResultPath": None,
            "Retry": [_retry(10)],
            "Next": "Paused",
        },
        "Paused": {
            "Type": "Fail",
            "Error": "BroadcastPaused",
            "Cause": "A task failed; the broadcast says which error it was",
        },
    }
    return {"StartAt": "Next", "States": states}


def _ids() -> dict[str, str]:
    return {f"{name}.$": f"$.{name}" for name in _IDS}


def _task(function: str, task: str) -> Json:
    """A Task in which the function does one thing."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": {"task": task, **_ids()}},
        "Retry": [_retry(4)],
        "Catch": [_FAILED],
    }


_FAILED: Final = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Failed"}


def _round(function: str, bucket: str, concurrency: int) -> Json:
    """A Map over the slices of a file; each goes on where its batch has got to."""
    fields = ("wave", "batch", "most")
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": function,
            "Payload": {
                "task": "ask",
                **_ids(),
                **{f"{name}.$": f"$.slice.{name}" for name in fields},
            },
        },
        "OutputPath": "$.Payload",
        "Retry": [_retry(6)],
        "End": True,
    }
    return {
        "Type": "Map",
        "Label": "Round",
        "MaxConcurrency": concurrency,
        "ToleratedFailureCount": 0,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket.$": "$.next.bucket", "Key.$": "$.next.key"},
        },
        "ItemSelector": {**_ids(), "slice.$": "$$.Map.Item.Value"},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": "AskPeople",
            "States": {"AskPeople": task},
        },
        # What thousands of slices answer does not fit into the 256 KB that a state may hand on.
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": _OUTCOMES},
        },
        "ResultPath": None,
        "Catch": [_FAILED],
        "Next": "Next",
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
