"""The state machine that carries broadcasts on: an execution for each time that one is begun."""

from typing import Any

from botocore.exceptions import ClientError

from shared.aws.faults import faults_are_transient
from shared.domain.text import to_text


class BroadcastMachine:
    """Executions of the machine; every method raises TransientError."""

    def __init__(self, client: Any, machine: str) -> None:
        """`client` is a low-level Step Functions client, `machine` the ARN."""
        self._client = client
        self._machine = machine

    def start(self, workspace_id: str, broadcast_id: str, run: int) -> None:
        """Start an execution of a broadcast, unless it was started before."""
        data = {"workspace_id": workspace_id, "broadcast_id": broadcast_id, "run": run}
        try:
            with faults_are_transient():
                self._client.start_execution(
                    stateMachineArn=self._machine,
                    name=f"{workspace_id}-{broadcast_id}-{run}",
                    input=to_text(data),
                )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
                raise
