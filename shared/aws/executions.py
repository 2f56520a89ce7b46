"""Step Functions: the state machines of journeys, their executions and the tokens of Tasks."""

import json
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.resuming import MOVED, execution_name, version_of
from shared.domain.text import to_text
from shared.errors import InvalidInputError

MAX_NAME: Final = 80

# AWS keeps 1,000 versions of a machine, for ever: who comes to an older one again uses it again.
_LOOKED_THROUGH: Final = 100

_TASK_IS_OVER: Final = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_UNKNOWN: Final = "ExecutionDoesNotExist"
_EXECUTION_IS_OVER: Final = frozenset({_UNKNOWN, "ValidationException"})
_GOES_ON: Final = frozenset({"RUNNING", "PENDING_REDRIVE"})


class StepFunctions:
    """Executions of journeys (the port `Executions`); a machine is named by its ARN.

    Behind that may stand how often an enrolment was started again (`resuming.again`).
    """

    def __init__(self, client: Callable[[], Any]) -> None:
        """`client` gives a low-level Step Functions client; asked when one is needed.

        Making one is a tenth of a cold start, and most calls of run_step need none.
        """
        self._client = client

    def start(self, machine: str, ref: Ref, answer: dict[str, str | None]) -> None:
        """Start the execution named by the enrolment, unless it was started before."""
        data = {"enrolment": ref._asdict(), "answer": answer}
        try:
            with faults_are_transient():
                self._client().start_execution(
                    stateMachineArn=version_of(machine),
                    name=execution_name(machine, ref.enrolment_id),
                    input=to_text(data),
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def stop(self, machine: str, ref: Ref, cause: str) -> None:
        """Stop the execution named by the enrolment, if it is running."""
        try:
            with faults_are_transient():
                self._client().stop_execution(
                    executionArn=_execution(machine, ref),
                    error="EnrolmentEndedError",
                    cause=cause,
                )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _EXECUTION_IS_OVER:
                raise

    def redeem(self, token: str, answer: dict[str, str | None]) -> bool:
        """End the Task behind a token with an answer; False when it has ended already."""
        try:
            with faults_are_transient():
                self._client().send_task_success(taskToken=token, output=to_text(answer))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _TASK_IS_OVER:
                raise
            return False
        return True

    def is_running(self, machine: str, ref: Ref) -> bool:
        """Whether the execution named by the enrolment goes on, as it was a moment ago."""
        try:
            with faults_are_transient():
                told = self._client().describe_execution(executionArn=_execution(machine, ref))
        except ClientError as error:
            if error.response["Error"]["Code"] != _UNKNOWN:
                raise
            return False
        return told["status"] in _GOES_ON


def _execution(machine: str, ref: Ref) -> str:
    return execution_arn(machine, execution_name(machine, ref.enrolment_id))


def execution_arn(machine: str, name: str) -> str:
    """The ARN of an execution by the ARN of its machine, with or without a version."""
    arn, partition, service, region, account, _, machine_name, *_ = machine.split(":")
    return ":".join((arn, partition, service, region, account, "execution", machine_name, name))


def publish_machine(
    client: Any,
    *,
    workspace_id: str,
    journey: Journey,
    version: int,
    role_arn: str,
    run_step_arn: str,
    resumes: bool = False,
) -> str:
    """Make the state machine of a valid journey what this version of it compiles to.

    Gives the ARN of that very version of the machine: an execution started on it runs this graph,
    whatever is published later. The same call again makes nothing new. One that `resumes` is the
    machine of those who are moved to the version: there it makes nothing new either where others
    came in between, as people go on under several versions of a journey at once. Raises
    InvalidInputError when the names are too long, TransientError.
    """
    name = machine_name(workspace_id, journey.journey_id)
    if resumes:
        name = moved_name(name)
    graph = compile_machine(journey, version, run_step_arn, resumes=resumes)
    wanted = {"definition": to_text(graph), "roleArn": role_arn}
    machine = _machine_arn(name, run_step_arn)
    with faults_are_transient():
        current = _describe(client, machine)
        if current is None:
            made = client.create_state_machine(name=name, type="STANDARD", publish=True, **wanted)
        elif found := _version(client, machine, wanted, _LOOKED_THROUGH if resumes else 1):
            return found
        elif _agrees(current, wanted):
            made = client.publish_state_machine_version(stateMachineArn=machine)
        else:
            made = client.update_state_machine(stateMachineArn=machine, publish=True, **wanted)
    return str(made["stateMachineVersionArn"])


def machine_name(workspace_id: str, journey_id: str) -> str:
    """The name of a journey's state machine; raises InvalidInputError when it is too long."""
    name = f"rapport-{workspace_id}-{journey_id}"
    if len(name) > MAX_NAME:
        raise InvalidInputError(
            f'"{name}" is too long for a state machine: {MAX_NAME} characters are the most',
            where="journey_id",
        )
    return name


def moved_name(name: str) -> str:
    """The name of the machine for those who are moved, by that of the journey's own."""
    if len(name) + len(MOVED) > MAX_NAME:
        digest = sha256(name.encode()).hexdigest()[:8]
        name = f"{name[: MAX_NAME - len(MOVED) - len(digest) - 1]}-{digest}"
    return name + MOVED


def delete_machines(client: Any, workspace_id: str, journey_id: str, run_step_arn: str) -> None:
    """Delete both machines of a journey with whatever runs on them; may be repeated.

    They lie where `run_step` does. Raises TransientError.
    """
    name = machine_name(workspace_id, journey_id)
    for each in (name, moved_name(name)):
        # AWS minds nothing that is not there; not everything that speaks its language is as calm.
        with faults_are_transient(), suppress(client.exceptions.StateMachineDoesNotExist):
            client.delete_state_machine(stateMachineArn=_machine_arn(each, run_step_arn))


def _machine_arn(name: str, run_step_arn: str) -> str:
    _, partition, _, region, account, *_ = run_step_arn.split(":")
    return f"arn:{partition}:states:{region}:{account}:stateMachine:{name}"


def _describe(client: Any, machine: str) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = client.describe_state_machine(stateMachineArn=machine)
    except client.exceptions.StateMachineDoesNotExist:
        return None
    return described


def _agrees(described: dict[str, Any], wanted: dict[str, str]) -> bool:
    same_graph: bool = json.loads(described["definition"]) == json.loads(wanted["definition"])
    return same_graph and described["roleArn"] == wanted["roleArn"]


def _version(client: Any, machine: str, wanted: dict[str, str], most: int) -> str | None:
    """Which of the newest versions of a machine is what is wanted; None if none of these is."""
    listed = client.list_state_machine_versions(stateMachineArn=machine, maxResults=most)
    for version in listed["stateMachineVersions"]:
        arn = str(version["stateMachineVersionArn"])
        described = _describe(client, arn)
        if described and _agrees(described, wanted):
            return arn
    return None
