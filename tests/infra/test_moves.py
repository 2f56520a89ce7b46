"""The machine of moves walks every part of the table to its end, and may do nothing else."""

import pytest

from infra.constructs.move_machine import NAME, SETTLE_SECONDS
from tests.infra.helpers import listed, machine_named, resources, statements, states_of, target
from tests.infra.test_functions import functions


@pytest.fixture
def states(engine):
    return states_of(machine_named(engine, NAME))


def test_who_entered_by_older_definitions_has_entered_when_the_walk_begins(states):
    assert states["Settle"] == {"Type": "Wait", "Seconds": SETTLE_SECONDS, "Next": "Parts"}
    assert SETTLE_SECONDS > 5, "readers of the catalog may be so far behind"


def test_each_part_is_walked_until_it_says_that_it_is_done(states):
    parts = states["Parts"]
    assert (parts["MaxConcurrency"], parts["ToleratedFailureCount"]) == (20, 0)
    assert parts["ItemsPath"] == "$.segments"
    inner = parts["ItemProcessor"]["States"]
    assert inner["Walk"]["Next"] == "IsDone"
    (rule,) = inner["IsDone"]["Choices"]
    assert rule == {"Variable": "$.walked.done", "BooleanEquals": True, "Next": "Done"}
    assert inner["IsDone"]["Default"] == "Walk"
    assert parts["Next"] == "Finish"


def test_what_fails_is_tried_again_after_random_pauses(states):
    for task in (states["Finish"], states["Parts"]["ItemProcessor"]["States"]["Walk"]):
        (retry,) = task["Retry"]
        assert retry["JitterStrategy"] == "FULL"
        assert "Catch" not in task


def test_a_call_ends_within_what_an_erasure_and_the_due_index_wait_for(engine):
    _, found = functions(engine)["move_enrolments"]
    assert found["Timeout"] == 60


def test_the_function_scans_people_and_may_start_and_stop_executions(engine):
    _, found = functions(engine)["move_enrolments"]
    role = target(found["Role"])
    policies = resources(engine, "IAM::Policy")
    own = {name for name, each in policies.items()
           if role in map(target, each["Properties"]["Roles"])}  # fmt: skip
    said = [one for name, one in statements(engine) if name in own]
    actions = {action for one in said for action in listed(one["Action"])}
    assert {"dynamodb:Scan", "states:StartExecution", "states:StopExecution"} <= actions
    assert not any("*" in action for action in actions)
