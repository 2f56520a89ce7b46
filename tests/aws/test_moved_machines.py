"""Those who are moved have a machine of their own, which goes with the journey."""

import json
from typing import Any

import pytest

from shared.aws.executions import (
    MAX_NAME,
    StepFunctions,
    delete_machines,
    execution_arn,
    machine_name,
    moved_name,
)
from tests.aws.test_executions import (  # noqa: F401
    MACHINE,
    REF,
    RUN_STEP,
    machine_versions,
    publish,
    stepfunctions,
)


def names(states: Any) -> set[str]:
    return {one["name"] for one in states.list_state_machines()["stateMachines"]}


def test_both_machines_of_a_journey_are_published_apart(stepfunctions: Any):  # noqa: F811
    own = publish(stepfunctions)
    moved = publish(stepfunctions, resumes=True)
    assert (own, moved) == (f"{MACHINE}:1", f"{MACHINE}-MOVED:1")
    assert publish(stepfunctions) == own, "neither makes the other a new version"
    assert publish(stepfunctions, resumes=True) == moved
    found = stepfunctions.describe_state_machine(stateMachineArn=f"{MACHINE}-MOVED")
    assert json.loads(found["definition"])["StartAt"] == "journey: resume"


def test_both_go_with_the_journey_as_often_as_asked(stepfunctions: Any):  # noqa: F811
    publish(stepfunctions)
    publish(stepfunctions, resumes=True)
    for _ in range(2):
        delete_machines(stepfunctions, "default", "hello", RUN_STEP)
        assert names(stepfunctions) == set()


def test_who_is_moved_has_an_execution_beside_the_old_one(stepfunctions: Any):  # noqa: F811
    publish(stepfunctions)
    publish(stepfunctions, resumes=True)
    machines = StepFunctions(lambda: stepfunctions)
    machines.start(MACHINE, REF, {"next": "w"})
    machines.stop(MACHINE, REF, "moved")
    machines.start(f"{MACHINE}-MOVED", REF, {"next": "w"})
    machines.start(f"{MACHINE}-MOVED", REF, {"next": "w"})
    arns = [execution_arn(MACHINE, "e1"), execution_arn(f"{MACHINE}-MOVED", "e1-0")]
    found = [stepfunctions.describe_execution(executionArn=arn)["status"] for arn in arns]
    assert found[0] == "ABORTED"
    assert found[1] != "ABORTED"


@pytest.mark.parametrize("length", [1, 40, 58, 59, 64])
def test_every_journey_that_can_be_published_has_a_name_for_it(length: int):
    name = machine_name("default", "j" * length)
    assert len(moved_name(name)) <= MAX_NAME
    assert moved_name(name).endswith("-MOVED")
    others = {moved_name(machine_name("default", "j" * other)) for other in range(1, 65)}
    assert len(others) == 64
