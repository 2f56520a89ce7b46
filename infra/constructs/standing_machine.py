"""The state machines that stand beside those of journeys: what all of them have in common."""

import json
from typing import Any

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra.constructs.alarm import USUAL_PERIOD, About, Alarms, Words
from infra.constructs.function import PythonFunction

Json = dict[str, Any]


def role_of_machines(scope: Construct, description: str) -> iam.Role:
    """A role that only the state machines of this account can run under."""
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(
            "states.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}},
        ),
        description=description,
    )


def machine_arn(scope: Construct, name: str) -> str:
    """The ARN of a machine; functions that it calls itself cannot wait until it is made."""
    return arn_of(scope, name, "stateMachine")


def arn_of(scope: Construct, name: str, resource: str, tail: str = "") -> str:
    """The ARN of something of a machine's, such as its executions."""
    return Stack.of(scope).format_arn(
        service="states",
        resource=resource,
        resource_name=f"{name}{tail}",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


class StandingMachine(Construct):
    """One Standard state machine that is deployed with the stack and maps over its own parts."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        of: str,
        calls: list[PythonFunction],
    ) -> None:
        """`of` says whose machine it is; it may call these functions and run its own parts."""
        super().__init__(scope, construct_id)
        self._name = name
        self.role = role_of_machines(self, f"What the state machine of {of} may do")
        self.may("lambda:InvokeFunction", on=[one.function.function_arn for one in calls])
        self.may("states:StartExecution", on=[machine_arn(self, name)])
        executions = [self.arn("execution", "/*"), self.arn("execution", ":*")]
        self.may("states:DescribeExecution", "states:StopExecution", on=executions)

    def make(self, definition: Json, comment: str) -> stepfunctions.StateMachine:
        """Make the machine itself, when its role has all that it needs."""
        return stepfunctions.StateMachine(
            self,
            "Machine",
            state_machine_name=self._name,
            definition_body=stepfunctions.DefinitionBody.from_string(json.dumps(definition)),
            role=self.role,
            comment=comment,
        )

    def let_start(self, function: PythonFunction) -> None:
        """Let a function start executions and look at them."""
        function.may("states:StartExecution", on=[machine_arn(self, self._name)])
        function.may("states:DescribeExecution", on=[self.arn("execution", ":*")])

    def may(self, *actions: str, on: list[str]) -> None:
        """Let the machine do something."""
        self.role.add_to_policy(iam.PolicyStatement(actions=list(actions), resources=on))

    def arn(self, resource: str, tail: str = "") -> str:
        """The ARN of something of this machine's."""
        return arn_of(self, self._name, resource, tail)


def alarm_when_it_ends_badly(
    scope: Construct, machine: stepfunctions.StateMachine, alarms: Alarms, of: str, says: Words
) -> None:
    """Raise an alarm when an execution fails or lasts too long; `of` is what it works on."""
    ended = cloudwatch.MathExpression(
        expression=f"FILL({of}_failed, 0) + FILL({of}_late, 0)",
        using_metrics={
            f"{of}_failed": machine.metric_failed(period=USUAL_PERIOD),
            f"{of}_late": machine.metric_timed_out(period=USUAL_PERIOD),
        },
        period=USUAL_PERIOD,
        label=of,
    )
    alarms.when_above(scope, "Failed", ended, 0, About("machine-stopped", of, says))


def retry(times: int) -> Json:
    """Try again whatever it was, after growing and random pauses of up to a minute."""
    return {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 2,
        "BackoffRate": 2,
        "MaxAttempts": times,
        "MaxDelaySeconds": 60,
        "JitterStrategy": "FULL",
    }


def call(function: str, payload: Json, times: int) -> Json:
    """A Task that calls a function, tried again so many times."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload": payload},
        "Retry": [retry(times)],
    }


def map_over_file(
    *,
    label: str,
    file: str,
    item: Json,
    step: tuple[str, Json],
    outcomes: tuple[str, str],
    concurrency: int,
    then: str,
) -> Json:
    """A Distributed Map over a JSON file in S3, whose place the state `file` holds.

    `step` is what is done for each item, by its name; `outcomes` are bucket and prefix: what
    thousands of them answer does not fit into the 256 KB that a state may hand on.
    """
    name, task = step
    bucket, prefix = outcomes
    return {
        "Type": "Map",
        "Label": label,
        "MaxConcurrency": concurrency,
        "ToleratedFailureCount": 0,
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket.$": f"{file}.bucket", "Key.$": f"{file}.key"},
        },
        "ItemSelector": item,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            "StartAt": name,
            "States": {name: {**task, "OutputPath": "$.Payload", "End": True}},
        },
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": prefix},
        },
        "ResultPath": None,
        "Next": then,
    }
