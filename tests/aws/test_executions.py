"""A version of a journey is one state machine version; calls about executions may be repeated."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws.executions import StepFunctions, execution_arn, publish_machine
from shared.aws.session import client
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ports import Ref
from shared.domain.text import to_text
from shared.errors import InvalidInputError
from tests.functions.manage_workspace.conftest import machine_versions  # noqa: F401

ROLE = "arn:aws:iam::123456789012:role/journeys"
RUN_STEP = "arn:aws:lambda:us-east-1:123456789012:function:run_step"
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rapport-default-hello"
REF = Ref("default", "ada", "e1")
STEP = {"type": "wait_for", "name": "w", "events": [{"event": "paid"}], "timeout": "P1D"}
HELLO = Journey.model_validate(
    {
        "journey_id": "hello",
        "title": "Hello",
        "entry": {"type": "event", "event": "cart"},
        "steps": [STEP],
    }
)


@pytest.fixture
def stepfunctions(dynamodb: Any, machine_versions: None) -> Any:  # noqa: F811
    return client("stepfunctions")


def publish(stepfunctions: Any, journey: Journey = HELLO, **more: Any) -> str:
    given: dict[str, Any] = {
        "workspace_id": "default",
        "version": 1,
        "role_arn": ROLE,
        "run_step_arn": RUN_STEP,
        **more,
    }
    return publish_machine(stepfunctions, journey=journey, **given)


def test_publishing_gives_the_arn_of_exactly_this_version(stepfunctions: Any):
    first = publish(stepfunctions)
    assert first == f"{MACHINE}:1"
    assert publish(stepfunctions) == first, "the same again makes nothing new"
    second = publish(stepfunctions, version=2)
    assert second == f"{MACHINE}:2"
    assert publish(stepfunctions, version=2) == second
    graph = stepfunctions.describe_state_machine(stateMachineArn=MACHINE)["definition"]
    assert json.loads(graph)["Comment"] == "Hello (hello, version 2)"


def test_who_comes_to_an_older_graph_again_uses_its_version_again(stepfunctions: Any):
    longer = HELLO.model_copy(update={"title": "Longer"})
    for _ in range(3):
        assert publish(stepfunctions) == f"{MACHINE}:1"
        assert publish(stepfunctions, longer, version=2) == f"{MACHINE}:2"
        moved = [publish(stepfunctions, version=one, resumes=True) for one in (1, 2, 3)]
        assert moved == [f"{MACHINE}-MOVED:{number}" for number in (1, 2, 3)]
    assert publish(stepfunctions, role_arn=f"{ROLE}-new") == f"{MACHINE}:3", "another role is new"


def test_a_graph_of_which_there_is_no_version_yet_becomes_one(stepfunctions: Any):
    graph = to_text(compile_machine(HELLO, 1, RUN_STEP))
    stepfunctions.create_state_machine(name="rapport-default-hello", definition=graph, roleArn=ROLE)
    assert publish(stepfunctions) == f"{MACHINE}:1"


def test_a_name_that_is_too_long_for_a_machine_is_refused(stepfunctions: Any):
    with pytest.raises(InvalidInputError, match="80 characters"):
        publish(stepfunctions, workspace_id="a-workspace", journey=_named("h" * 64))
    assert publish(stepfunctions, journey=_named("h" * 64))


def _named(journey_id: str) -> Journey:
    return HELLO.model_copy(update={"journey_id": journey_id})


def test_an_execution_is_started_and_stopped_once(stepfunctions: Any):
    publish(stepfunctions)
    machines = StepFunctions(lambda: stepfunctions)
    machines.stop(MACHINE, REF, "not started yet")
    for _ in range(2):
        machines.start(MACHINE, REF, {"next": "w", "wake_at": None})
    found = stepfunctions.describe_execution(executionArn=execution_arn(MACHINE, "e1"))
    assert json.loads(found["input"]) == {
        "enrolment": REF._asdict(),
        "answer": {"next": "w", "wake_at": None},
    }
    for _ in range(2):
        machines.stop(MACHINE, REF, "exit rule: paid")
    found = stepfunctions.describe_execution(executionArn=execution_arn(MACHINE, "e1"))
    assert found["status"] == "ABORTED"


def test_a_token_that_nobody_knows_any_more_is_no_error():
    class Over:
        def send_task_success(self, **request: str) -> None:
            raise ClientError({"Error": {"Code": request["taskToken"]}}, "SendTaskSuccess")

    for code in ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken"):
        StepFunctions(Over).redeem(code, {})
    with pytest.raises(ClientError):
        StepFunctions(Over).redeem("AccessDeniedException", {})


def test_an_execution_has_the_same_name_under_every_version_of_its_machine():
    wanted = "arn:aws:states:us-east-1:123456789012:execution:rapport-default-hello:e1"
    assert execution_arn(MACHINE, "e1") == execution_arn(f"{MACHINE}:7", "e1") == wanted
