"""The state machine that walks everybody inside a journey: starting a walk, and looking at it."""

from hashlib import sha256
from typing import Any

from botocore.exceptions import ClientError

from shared.aws.build_machine import UNKNOWN_EXECUTION
from shared.aws.executions import execution_arn
from shared.aws.faults import faults_are_transient
from shared.domain.journeys.move_job import SEGMENTS, MoveJob
from shared.domain.text import to_text


class MoveMachine:
    """Executions of the machine, one for each try of a walk; every method raises TransientError."""

    def __init__(self, client: Any, machine: str) -> None:
        """`client` is a low-level Step Functions client, `machine` the ARN."""
        self._client = client
        self._machine = machine

    def start(self, workspace_id: str, job: MoveJob) -> None:
        """Start the execution of a walk, unless it was started before."""
        data = {
            "workspace_id": workspace_id,
            "journey_id": job.journey_id,
            "move": job.number,
            "segments": list(range(SEGMENTS)),
        }
        try:
            with faults_are_transient():
                self._client.start_execution(
                    stateMachineArn=self._machine,
                    name=_name(workspace_id, job),
                    input=to_text(data),
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def lost(self, workspace_id: str, job: MoveJob) -> str | None:
        """Why a walk ended before its end; None when it goes on, and empty if nobody knows."""
        arn = execution_arn(self._machine, _name(workspace_id, job))
        try:
            with faults_are_transient():
                told = self._client.describe_execution(executionArn=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] != UNKNOWN_EXECUTION:
                raise
            return ""
        if told["status"] in ("RUNNING", "SUCCEEDED", "PENDING_REDRIVE"):
            return None
        return told.get("error") or str(told["status"])


def _name(workspace_id: str, job: MoveJob) -> str:
    """A name is good for one try; journeys' ids are longer than it may be."""
    digest = sha256(f"{workspace_id}#{job.journey_id}".encode()).hexdigest()[:12]
    return f"{job.journey_id[:32]}-{digest}-{job.number}-{job.walk}-{job.attempt}"
