"""`rapport journey moves / move / archive / delete / machines`, over the real handler."""

import json

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.domain.journeys.moving import Choices, Place
from tests.functions.manage_workspace.test_move_routes import (  # noqa: F401
    EMAIL,
    NEW,
    OLD,
    STANDING,
    moves,
    walked,
)


@pytest.fixture
def machine(moves, monkeypatch):  # noqa: F811
    """A machine that walks at once: what a walk of each kind finds can be set."""
    found = {"places": STANDING, "outcomes": {"moved": 1235}}
    start = moves.machine.start

    def at_once(workspace_id, job):
        start(workspace_id, job)
        if job.walk == "count":
            walked(moves, job.number, found["places"])
        else:
            walked(moves, job.number, **found["outcomes"])

    monkeypatch.setattr(moves.machine, "start", at_once)
    monkeypatch.setattr("cli.moves.POLL_SECONDS", 0)
    return found


def test_the_plan_is_a_table(rapport, machine):
    said = rapport("journey", "moves", "remind").out
    assert "1242 inside, 1235 of them under versions older than 2" in said
    assert "31 stand in “gone”, which is not there any more: choose" in said
    assert "1204 stand in “day 3” → “day 3”" in said
    assert (
        "1204 人停留在“day 3” → “day 3”"
        in rapport("--lang", "zh", "journey", "moves", "remind").out
    )


def test_a_move_needs_its_choices_and_tells_what_came_of_it(rapport, machine):
    refused = rapport("journey", "move", "remind")
    assert refused.code == 1
    assert "gone" in refused.err
    said = rapport("journey", "move", "remind", "--map", "gone=remind", "--wait")
    assert said.code == 0
    assert "moved" in said.out
    assert "1235 moved, 0 ended, 0 kept" in said.out
    assert rapport("journey", "move", "remind", "--map", "gone").code == 1


def test_a_move_that_was_cut_off_is_carried_on(rapport, machine, moves, monkeypatch):  # noqa: F811
    job = moves.count("default", handler.wiring().ports.edit().find("JOURNEY", "remind"))
    job = moves.store.load("default", "remind", job.number)
    monkeypatch.setattr(moves.machine, "start", lambda *asked: None)
    edit = handler.wiring().ports.edit()
    moves.run("default", edit, job, Choices(to={"gone": "remind"}))
    monkeypatch.setattr(moves.machine, "lost", lambda *asked: "Killed")
    said = rapport("journey", "move", "remind", "--map", "gone=remind")
    assert "moving" in said.out or "failed" in said.out
    assert moves.store.load("default", "remind", job.number).attempt == 1


def test_a_journey_is_archived_and_deleted_when_nobody_is_inside(rapport, machine):
    assert "is archived" in rapport("journey", "archive", "remind").out
    refused = rapport("journey", "delete", "remind")
    assert (refused.code, "1242 are inside" in refused.err) == (1, True)
    machine["places"] = {Place(2, "day 3", "waiting"): 2}
    machine["outcomes"] = {"ended": 2}
    said = rapport("journey", "archive", "remind", "--end", "--wait").out
    assert "0 moved, 2 ended" in said
    machine["places"] = {}
    assert rapport("journey", "delete", "remind").out == "deleted: remind\n"


def test_machines_of_a_stack_that_is_gone_are_shown_and_deleted(rapport):
    states, iam = session.client("stepfunctions"), session.client("iam")
    trust = {"Version": "2012-10-17", "Statement": []}
    role = iam.create_role(RoleName="there", AssumeRolePolicyDocument=json.dumps(trust))
    made = {"rapport-default-lives": role["Role"]["Arn"],
            "rapport-default-left": "arn:aws:iam::123456789012:role/gone",
            "another": "arn:aws:iam::123456789012:role/gone"}  # fmt: skip
    for name, arn in made.items():
        definition = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
        states.create_state_machine(name=name, definition=definition, roleArn=arn)
    said = rapport("journey", "machines", "--region", "us-east-1").out
    assert said == "left behind: rapport-default-left\n"
    assert "deleted" in rapport("journey", "machines", "--region", "us-east-1", "--delete").out
    left = {one["name"] for one in states.list_state_machines()["stateMachines"]}
    assert {"rapport-default-lives", "another"} <= left
    assert "rapport-default-left" not in left
