"""The state machine that carries builds out: starting it once for each, and looking at it."""

from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from botocore.exceptions import ClientError

from shared.aws.executions import execution_arn
from shared.aws.faults import faults_are_transient
from shared.domain.text import to_text

Status = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"]

UNKNOWN_EXECUTION: Final = "ExecutionDoesNotExist"


@dataclass(frozen=True, slots=True)
class Run:
    """How an execution stands: batches that were judged, and those that could not be.

    `error` names what ended it, where it failed.
    """

    status: Status
    error: str
    judged: int
    failed: int

    @property
    def is_lost(self) -> bool:
        """Whether it ended without getting to its end."""
        return self.status in ("FAILED", "TIMED_OUT", "ABORTED")


class BuildMachine:
    """Executions of the machine, each named by its build; every method raises TransientError.

    A build that failed is tried again by another execution, which begins anew: there is no other
    way that AWS and emulators have in common, and whoever was judged already costs a read.
    """

    def __init__(self, client: Any, machine: str) -> None:
        """`client` is a low-level Step Functions client, `machine` the ARN."""
        self._client = client
        self._machine = machine

    def start(self, workspace_id: str, number: int, attempt: int = 0) -> None:
        """Start an execution of a build, unless it was started before."""
        data = {"workspace_id": workspace_id, "build": number}
        try:
            with faults_are_transient():
                self._client.start_execution(
                    stateMachineArn=self._machine,
                    name=_name(workspace_id, number, attempt),
                    input=to_text(data),
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise

    def run(self, workspace_id: str, number: int, attempt: int = 0) -> Run | None:
        """How an execution of a build stands; None when there is none, or none any more."""
        arn = execution_arn(self._machine, _name(workspace_id, number, attempt))
        try:
            with faults_are_transient():
                told = self._client.describe_execution(executionArn=arn)
                maps = self._client.list_map_runs(executionArn=arn)["mapRuns"]
                counts = [self._batches(each["mapRunArn"]) for each in maps]
        except ClientError as error:
            if error.response["Error"]["Code"] != UNKNOWN_EXECUTION:
                raise
            return None
        return Run(
            cast("Status", told["status"]),
            told.get("error") or "",
            sum(each["succeeded"] for each in counts),
            sum(each["failed"] + each["timedOut"] for each in counts),
        )

    def _batches(self, map_run_arn: str) -> dict[str, int]:
        counts: dict[str, int] = self._client.describe_map_run(mapRunArn=map_run_arn)["itemCounts"]
        return counts


def _name(workspace_id: str, number: int, attempt: int) -> str:
    return f"{workspace_id}-{number}-{attempt}" if attempt else f"{workspace_id}-{number}"
