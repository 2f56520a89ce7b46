"""A machine that people are started in anywhere is as sound as one that they begin."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import ListeningStep, WaitStep
from shared.domain.journeys.resuming import execution_name, resume_key
from tests.domain.journeys.stage import ARN, compiled
from tests.domain.journeys.strategies import journeys
from tests.domain.journeys.test_asl import successors
from tests.domain.journeys.validators import asl_validator, statelint

MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:rapport-default-cart"


def resuming(definition: Journey) -> dict[str, Any]:
    return compile_machine(definition, 2, ARN, resumes=True)


@given(journeys())
def test_the_switch_leads_to_every_step_and_into_every_wait(definition: Journey):
    machine = resuming(definition)
    states = machine["States"]
    switch = states[machine["StartAt"]]
    assert set(successors(switch)) <= states.keys()
    ways = {rule["StringEquals"]: rule["Next"] for rule in switch["Choices"]}
    wanted = {resume_key(step.name, waits=False) for step in definition.steps} | {
        resume_key(step.name, waits=True)
        for step in definition.steps
        if isinstance(step, WaitStep | ListeningStep)
    }
    assert ways.keys() == wanted
    for step in definition.steps:
        assert states[ways[resume_key(step.name, waits=False)]]["Type"] == "Task"
        if isinstance(step, WaitStep):
            assert states[ways[resume_key(step.name, waits=True)]]["Type"] == "Wait"
        elif isinstance(step, ListeningStep):
            assert ways[resume_key(step.name, waits=True)] == step.name
            assert states[step.name]["TimeoutSecondsPath"] == "$.answer.rest"


@given(journeys())
def test_whoever_begins_at_the_first_step_meets_no_switch(definition: Journey):
    assert compiled(definition)["StartAt"] != resuming(definition)["StartAt"]


@pytest.mark.slow
@pytest.mark.parametrize("validate", [asl_validator, statelint])
def test_both_validators_accept_them(validate: Any):
    machines = [resuming(one) for one in islice(_drawn(), 100)]
    assert [problems for problems in validate(machines) if problems] == []


def _drawn() -> Iterator[Journey]:
    found: list[Journey] = []

    @settings(
        max_examples=120,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(journeys())
    def draw(definition: Journey) -> None:
        found.append(definition)

    draw()
    yield from found


def test_an_execution_is_named_by_the_version_that_somebody_is_moved_to():
    assert execution_name(MACHINE, "e1") == execution_name(f"{MACHINE}:7", "e1") == "e1"
    assert execution_name(f"{MACHINE}-MOVED:3", "e1") == "e1-3"
    assert execution_name(f"{MACHINE}-MOVED", "e1") == "e1-0"
