"""The machine of broadcasts does what the function says, and may do nothing else."""

import json

import pytest

from infra.constructs.broadcast_machine import NAME
from shared.domain.broadcasts.model import KEPT
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from tests.infra.helpers import (
    allowed_to,
    followers,
    listed,
    machine_named,
    resources,
    statements,
    states_of,
    target,
)
from tests.infra.test_functions import functions

DOES = {"gather", "wait", "ask", "decide"}


@pytest.fixture
def machine(engine):
    return machine_named(engine, NAME)


@pytest.fixture
def states(machine):
    return states_of(machine)


def test_every_state_is_reached_and_leads_on_to_an_end(states):
    reached, waiting = set(), ["Next"]
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        state = states[name]
        waiting += [*followers(state), *(catch["Next"] for catch in state.get("Catch", ()))]
        assert state["Type"] in ("Succeed", "Fail") or any(followers(state))
    assert reached == states.keys()


def test_whatever_is_done_is_followed_by_the_question_what_comes_next(states):
    choices = {one["StringEquals"]: one["Next"] for one in states["What"]["Choices"]}
    assert choices.keys() == DOES
    assert {states[name]["Next"] for name in choices.values()} == {"Next"}
    assert states[states["What"]["Default"]]["Type"] == "Succeed"
    assert states["Wait"]["TimestampPath"] == "$.next.at"


def test_what_fails_is_tried_again_and_then_tells_the_broadcast_why(states):
    tasks = [state for state in states.values() if state["Type"] == "Task"]
    for task in (*tasks, states["Ask"]["ItemProcessor"]["States"]["AskPeople"]):
        (retry,) = task["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxAttempts"] >= 4
    caught = [name for name, state in states.items() if "Catch" in state]
    assert set(caught) == {"Next", "Gather", "Decide", "Ask"}
    payload = states["Failed"]["Parameters"]["Payload"]
    assert (payload["task"], payload["error.$"]) == ("failed", "$.failure.Error")


def test_people_are_asked_in_bounded_parallel_from_files(states):
    ask = states["Ask"]
    assert ask["MaxConcurrency"] == 20
    assert ask["ToleratedFailureCount"] == 0
    assert ask["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert "ItemBatcher" not in ask, "an emulator that ignores it would ask nobody"


def test_its_role_may_call_one_function_and_run_itself(engine):
    allowed = allowed_to(engine, "BroadcastsRole")
    called = {target(arn) for arn in allowed["lambda:InvokeFunction"]}
    assert called == {functions(engine)["run_broadcasts"][0]}
    assert {action.partition(":")[0] for action in allowed} == {"lambda", "s3", "states"}
    for action, resource in allowed.items():
        if action.startswith("states:"):
            assert all(NAME in json.dumps(one) for one in resource)
        if action.startswith("s3:"):
            assert all("broadcasts/*" in json.dumps(one) for one in resource)


def test_only_the_machine_its_function_and_the_admin_api_start_broadcasts(engine):
    starters = {
        name
        for name, statement in statements(engine)
        if "states:StartExecution" in listed(statement["Action"])
        and NAME in json.dumps(statement["Resource"])
    }
    assert {name.split("Role")[0] for name in starters} == {
        "RunBroadcasts",
        "Broadcasts",
        "ManageWorkspace",
    }


def test_schedules_are_looked_at_every_minute(engine):
    function = functions(engine)["run_broadcasts"][0]
    (found,) = [
        each
        for rule in resources(engine, "Events::Rule").values()
        if rule["Properties"].get("ScheduleExpression") == "rate(1 minute)"
        for each in rule["Properties"]["Targets"]
        if target(each["Arn"]) == function
    ]
    assert json.loads(found["Input"]) == {"task": "tick", "workspace_ids": [DEFAULT_WORKSPACE]}


def test_files_of_broadcasts_outlive_every_broadcast_and_no_more(data):
    rules = [
        rule
        for bucket in resources(data, "S3::Bucket").values()
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    ]
    (days,) = (one["ExpirationInDays"] for one in rules if one.get("Prefix") == "broadcasts/")
    assert KEPT.days < days <= KEPT.days + 7
