"""A build has one execution, and what is told of it is what Step Functions knows."""

import json

import pytest
from botocore.exceptions import ClientError

from shared.aws.build_machine import BuildMachine, Run
from shared.errors import TransientError

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:build-rapport"
EXECUTION = "arn:aws:states:us-east-1:123456789012:execution:build-rapport:default-7"


class States:
    """Step Functions with at most one execution, which has two Map Runs."""

    def __init__(self, status="RUNNING", **told):
        self.status, self.told, self.started = status, told, []
        self.refuses = None

    def _refuse(self, code):
        raise ClientError({"Error": {"Code": code, "Message": ""}}, "Call")

    def start_execution(self, stateMachineArn, name, input):  # noqa: A002, N803
        if self.refuses:
            self._refuse(self.refuses)
        if self.started:
            self._refuse("ExecutionAlreadyExists")
        self.started.append((stateMachineArn, name, json.loads(input)))

    def describe_execution(self, executionArn):  # noqa: N803
        if executionArn != EXECUTION:
            self._refuse("ExecutionDoesNotExist")
        return {"status": self.status, **self.told}

    def list_map_runs(self, executionArn):  # noqa: N803
        return {"mapRuns": [{"mapRunArn": "one"}, {"mapRunArn": "two"}]}

    def describe_map_run(self, mapRunArn):  # noqa: N803
        failed = int(mapRunArn == "two")
        return {"itemCounts": {"succeeded": 4, "failed": failed, "timedOut": failed}}


def test_a_build_is_started_once():
    states = States()
    machine = BuildMachine(states, MACHINE)
    machine.start("default", 7)
    machine.start("default", 7)
    assert states.started == [(MACHINE, "default-7", {"workspace_id": "default", "build": 7})]


def test_a_build_that_is_tried_again_has_another_execution():
    states = States()
    machine = BuildMachine(states, MACHINE)
    machine.start("default", 7, 2)
    assert [name for _, name, _ in states.started] == ["default-7-2"]
    assert machine.run("default", 7, 2) is None, "the first one is another execution"
    assert machine.run("default", 7) is not None


@pytest.mark.parametrize(
    ("status", "lost"),
    [("RUNNING", False), ("SUCCEEDED", False), ("PENDING_REDRIVE", False), ("FAILED", True),
     ("TIMED_OUT", True), ("ABORTED", True)],
)  # fmt: skip
def test_what_ended_before_its_end_is_lost(status, lost):
    found = BuildMachine(States(status), MACHINE).run("default", 7)
    assert found.is_lost is lost


def test_what_aws_refuses_is_not_taken_for_started():
    states = States()
    states.refuses = "ThrottlingException"
    with pytest.raises(TransientError):
        BuildMachine(states, MACHINE).start("default", 7)
    states.refuses = "AccessDeniedException"
    with pytest.raises(ClientError):
        BuildMachine(states, MACHINE).start("default", 7)


def test_batches_of_both_lists_are_added_up():
    failed = States("FAILED", error="States.ExceedToleratedFailureThreshold")
    assert BuildMachine(failed, MACHINE).run("default", 7) == Run(
        "FAILED", "States.ExceedToleratedFailureThreshold", 8, 2
    )
    assert BuildMachine(States(), MACHINE).run("default", 7) == Run("RUNNING", "", 8, 2)


def test_nothing_is_told_of_what_nobody_remembers():
    assert BuildMachine(States(), MACHINE).run("default", 8) is None
