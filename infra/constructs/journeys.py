"""The state machines that journeys compile to: who may make them, run them and be run by them.

The product makes the machines itself when a journey is published; here are only their names, the
role that they run under, and the permissions of those who deal with them.
"""

from typing import Final

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.function import PythonFunction
from infra.constructs.standing_machine import role_of_machines

MACHINES: Final = "rapport-*"


class Journeys(Construct):
    """The role of all journeys: they may take steps, and nothing else."""

    def __init__(self, scope: Construct, construct_id: str, *, run_step: PythonFunction) -> None:
        """`run_step` is the function that takes a step."""
        super().__init__(scope, construct_id)
        self.role = role_of_machines(self, "What the state machines of journeys may do")
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"], resources=[run_step.function.function_arn]
            )
        )

    def let_start(self, function: PythonFunction) -> None:
        """Let a function start executions."""
        function.may("states:StartExecution", on=[self._arn("stateMachine", MACHINES)])

    def let_move(self, function: PythonFunction) -> None:
        """Let a function wake executions and stop them."""
        self.let_stop(function)
        # Step Functions knows no resource for a task token; the token itself is the permission.
        function.may("states:SendTaskSuccess", on=["*"])

    def let_stop(self, function: PythonFunction) -> None:
        """Let a function stop executions."""
        function.may("states:StopExecution", on=[self._arn("execution", f"{MACHINES}:*")])

    def let_look(self, function: PythonFunction) -> None:
        """Let a function see whether executions run."""
        function.may("states:DescribeExecution", on=[self._arn("execution", f"{MACHINES}:*")])

    def let_publish(self, function: PythonFunction, *, deletes: bool = True) -> None:
        """Let a function make state machines that run under the role, and perhaps delete them."""
        function.may(
            "states:CreateStateMachine",
            *(("states:DeleteStateMachine",) if deletes else ()),
            "states:DescribeStateMachine",
            "states:ListStateMachineVersions",
            "states:PublishStateMachineVersion",
            "states:UpdateStateMachine",
            on=[self._arn("stateMachine", MACHINES)],
        )
        function.role.add_to_policy(
            iam.PolicyStatement(
                actions=["iam:PassRole"],
                resources=[self.role.role_arn],
                conditions={"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}},
            )
        )

    def _arn(self, resource: str, name: str) -> str:
        return Stack.of(self).format_arn(
            service="states",
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
