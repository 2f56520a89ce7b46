"""The machine of builds judges everybody once, within bounds, and may do nothing else."""

import json

import pytest

from infra.constructs.build_machine import NAME, SETTLE_SECONDS
from shared.aws.lake_eraser import LAG_SECONDS
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
    watched_by,
)
from tests.infra.test_functions import functions


@pytest.fixture
def machine(engine):
    return machine_named(engine, NAME)


@pytest.fixture
def states(machine):
    return states_of(machine)


def test_every_state_is_reached_and_leads_on_to_an_end(states):
    reached, waiting = set(), ["Settle"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += followers(states[name])
            assert (
                states[name]["Type"] == "Succeed"
                or "End" in states[name]
                or any(followers(states[name]))
            )
    assert reached == states.keys()


def test_a_build_waits_until_functions_know_the_definitions(states):
    assert states["Settle"] == {
        "Type": "Wait",
        "Seconds": SETTLE_SECONDS,
        "Next": "ComputeThresholds",
    }
    assert states["ComputeThresholds"]["Next"] == "ListEverybody", "they may begin a newer build"
    assert SETTLE_SECONDS > 5, "readers of the catalog may be so far behind"


def test_people_are_judged_in_bounded_parallel_and_no_batch_may_fail(states, synthesize):
    for name in ("JudgeEverybody", "JudgeLatecomers"):
        judging = states[name]
        assert judging["MaxConcurrency"] == 20
        assert judging["ToleratedFailureCount"] == 0
        assert "Catch" not in judging, "what is caught cannot be redriven"
        assert judging["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
        assert judging["ItemReader"]["ReaderConfig"] == {"InputType": "JSON"}
        assert "ItemBatcher" not in judging


def test_what_fails_is_tried_again_after_random_pauses(states):
    tasks = [state for state in states.values() if state["Type"] == "Task"]
    tasks += [
        states[f"Judge{whom}"]["ItemProcessor"]["States"]["Judge"]
        for whom in (
            "Everybody",
            "Latecomers",
        )
    ]
    for task in tasks:
        (retry,) = task["Retry"]
        assert retry["ErrorEquals"] == ["States.ALL"]
        assert retry["JitterStrategy"] == "FULL"
        assert retry["MaxAttempts"] >= 4


def test_a_batch_goes_to_the_function_that_judges_people(engine, states):
    judge = functions(engine)["update_tags"][0]
    task = states["JudgeEverybody"]["ItemProcessor"]["States"]["Judge"]
    assert task["Parameters"]["FunctionName"] == judge
    assert task["Parameters"]["Payload"].keys() == {"workspace_id.$", "profile_ids.$"}


def test_the_machine_is_none_of_a_journey(machine):
    assert machine["StateMachineName"] == NAME
    assert not NAME.startswith("rapport-")
    assert machine.get("StateMachineType", "STANDARD") == "STANDARD"


def test_its_role_may_call_two_functions_and_run_itself(engine):
    allowed = allowed_to(engine, "BuildsRole")
    called = {target(arn) for arn in allowed["lambda:InvokeFunction"]}
    assert called == {functions(engine)[name][0] for name in ("build_segments", "update_tags")}
    assert {action.partition(":")[0] for action in allowed} == {"lambda", "s3", "states"}
    for action, resource in allowed.items():
        if action.startswith("states:"):
            assert all(NAME in json.dumps(one) for one in resource)
        if action.startswith("s3:"):
            assert all("builds/*" in json.dumps(one) for one in resource)


def test_only_the_machine_its_builder_and_the_admin_api_start_builds(engine):
    starters = {
        name
        for name, statement in statements(engine)
        if "states:StartExecution" in listed(statement["Action"])
        and NAME in json.dumps(statement["Resource"])
    }
    assert {name.split("Role")[0] for name in starters} == {
        "BuildSegments",
        "Builds",
        "ManageWorkspace",
    }


def test_a_build_that_fails_raises_an_alarm(engine):
    machines = resources(engine, "StepFunctions::StateMachine")
    watched = {
        (machine, name)
        for alarm in resources(engine, "CloudWatch::Alarm").values()
        for namespace, name, machine in watched_by(alarm)
        if namespace == "AWS/States"
    }
    ends = ("ExecutionsFailed", "ExecutionsTimedOut")
    assert watched == {(machine, end) for machine in machines for end in ends}


def test_latecomers_are_looked_for_when_everything_has_arrived(engine, states):
    assert states["WaitForLake"]["TimestampPath"] == "$.people.late_at"
    builder = functions(engine)["build_segments"][1]["Environment"]["Variables"]
    assert int(builder["LAKE_LAG_SECONDS"]) >= LAG_SECONDS


def test_files_of_builds_are_gone_after_days(data):
    rules = [
        rule
        for bucket in resources(data, "S3::Bucket").values()
        for rule in bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    ]
    assert {"Prefix": "builds/", "ExpirationInDays": 3, "Status": "Enabled"} in rules


def test_thresholds_are_computed_every_week(engine):
    builder = functions(engine)["build_segments"][0]
    (target_of_rule,) = [
        each
        for rule in resources(engine, "Events::Rule").values()
        if rule["Properties"].get("ScheduleExpression") == "rate(7 days)"
        for each in rule["Properties"]["Targets"]
    ]
    assert target(target_of_rule["Arn"]) == builder
    assert json.loads(target_of_rule["Input"]) == {
        "task": "recompute",
        "workspace_ids": [DEFAULT_WORKSPACE],
    }
