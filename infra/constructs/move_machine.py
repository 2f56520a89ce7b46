"""The state machine of moves: everybody inside a journey, in parts that are walked side by side."""

import json
from typing import Any, Final

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.constructs.alarm import Alarms
from infra.constructs.function import PythonFunction

NAME: Final = "move-rapport"  # the machines of journeys are called rapport-…
# Functions go by definitions that are up to 5 seconds old: who enters by an older version of the
# journey than the one to which people are moved has entered when the walk begins.
SETTLE_SECONDS: Final = 10

Json = dict[str, Any]


class MoveMachine(Construct):
    """One Standard state machine; each of its executions is one walk, begun by the admin API."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        mover: PythonFunction,
        concurrency: int,
        alarms: Alarms,
    ) -> None:
        """`mover` walks a part of the table, so many parts at the same time."""
        super().__init__(scope, construct_id)
        walks = mover.function.function_arn
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            ),
            description="What the state machine of moves may do",
        )
        self._may("lambda:InvokeFunction", on=[walks])
        self._may("states:StartExecution", on=[self._arn("stateMachine")])
        executions = [self._arn("execution", "/*"), self._arn("execution", ":*")]
        self._may("states:DescribeExecution", "states:StopExecution", on=executions)
        self.machine = stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=NAME,
            definition_body=stepfunctions.DefinitionBody.from_string(
                json.dumps(definition(walks, concurrency))
            ),
            role=self.role,
            comment="Counts who is inside a journey, and moves them to a newer version",
        )
        self.machine.node.add_dependency(self.role)
        alarms.when_above(
            self,
            "Failed",
            self.machine.metric_failed(period=Duration.minutes(5)),
            0,
            description="A move did not get to its end; rapport journey move carries it on",
        )

    def let_start(self, function: PythonFunction) -> None:
        """Let a function start walks and look at them."""
        function.may("states:StartExecution", on=[self._arn("stateMachine")])
        function.may("states:DescribeExecution", on=[self._arn("execution", ":*")])

    def _may(self, *actions: str, on: list[str]) -> None:
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=on))

    def _arn(self, resource: str, tail: str = "") -> str:
        return Stack.of(self).format_arn(
            service="states",
            resource=resource,
            resource_name=f"{NAME}{tail}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )


def definition(mover: str, concurrency: int) -> Json:
    """The machine as data: settle, walk every part to its end, close the walk."""
    walk = {
        **_call(mover, "walk", {"segment.$": "$.segment"}),
        "ResultSelector": {"done.$": "$.Payload.done"},
        "ResultPath": "$.walked",
        "Next": "IsDone",
    }
    is_done = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.walked.done", "BooleanEquals": True, "Next": "Done"}],
        "Default": "Walk",
    }
    parts = {
        "Type": "Map",
        "Label": "Parts",
        "MaxConcurrency": concurrency,
        "ToleratedFailureCount": 0,
        "ItemsPath": "$.segments",
        "ItemSelector": {
            "workspace_id.$": "$.workspace_id",
            "journey_id.$": "$.journey_id",
            "move.$": "$.move",
            "segment.$": "$$.Map.Item.Value",
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Walk",
            "States": {"Walk": walk, "IsDone": is_done, "Done": {"Type": "Succeed"}},
        },
        "ResultPath": None,
        "Next": "Finish",
    }
    states = {
        "Settle": {"Type": "Wait", "Seconds": SETTLE_SECONDS, "Next": "Parts"},
        "Parts": parts,
        "Finish": {**_call(mover, "finish", {}), "ResultPath": None, "End": True},
    }
    return {"StartAt": "Settle", "States": states}


def _call(mover: str, task: str, more: Json) -> Json:
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": mover,
            "Payload": {
                "task": task,
                "workspace_id.$": "$.workspace_id",
                "journey_id.$": "$.journey_id",
                "move.$": "$.move",
                **more,
            },
        },
        "Retry": [
            {
                "ErrorEquals": ["States.ALL"],
                "IntervalSeconds": 2,
                "BackoffRate": 2,
                "MaxAttempts": 6,
                "MaxDelaySeconds": 60,
                "JitterStrategy": "FULL",
            }
        ],
    }
