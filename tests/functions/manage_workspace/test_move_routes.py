"""Moves by the admin API: counted, chosen for, carried on; and journeys that come to an end."""

from collections import Counter
from dataclasses import replace

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.catalog import CatalogReader
from shared.domain.journeys.move_job import SEGMENTS, Segment
from shared.domain.journeys.moving import Place

EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>"}
WAIT = {"type": "wait", "name": "day 3", "duration": "P3D"}
SEND = {"type": "send", "name": "remind", "template_id": "hello"}
OLD = {
    "title": "Remind",
    "entry": {"type": "event", "event": "cart"},
    "steps": [WAIT, {"type": "wait", "name": "gone", "duration": "P1D"}, SEND],
}
NEW = {**OLD, "steps": [{**WAIT, "duration": "P2D"}, SEND]}


@pytest.fixture
def moves(api):
    """A journey of which a second version is published, and what moves go by."""
    api.put("/templates/hello", EMAIL)
    for body in (OLD, NEW):
        api.put("/journeys/remind", body)
        api.post("/journeys/remind/publish")
    return handler.wiring().ports.moves


def machines():
    states = session.client("stepfunctions").list_state_machines()["stateMachines"]
    return {one["name"] for one in states if one["name"].startswith("rapport-")}


def walked(moves, number, places=(), **outcomes):
    """What the machine does: every part is walked, then the walk is closed."""
    job = moves.store.load("default", "remind", number)
    for part in range(SEGMENTS):
        segment = Segment(part, done=True)
        if part == 3:
            segment.places = Counter(dict(places))
            segment.outcomes = Counter(outcomes)
        moves.store.put_segment("default", job, segment)
    stage = "counted" if job.walk == "count" else "moved"
    moves.store.advance("default", job, replace(job, stage=stage, finished_at=moves.now()))


STANDING = {Place(1, "day 3", "waiting"): 1204, Place(1, "gone", "waiting"): 31,
            Place(2, "day 3", "waiting"): 7}  # fmt: skip


def test_the_plan_says_who_stands_where_and_where_each_would_go(api, moves):
    begun = api.post("/journeys/remind/moves").body["move"]
    assert (begun["status"], begun["version"], begun["lines"]) == ("counting", 2, [])
    again = api.post("/journeys/remind/moves").body["move"]
    assert again["move"] == begun["move"], "who asks twice counts once"
    walked(moves, 1, STANDING)
    told = api.get("/journeys/remind/moves/1").body["move"]
    assert (told["status"], told["inside"]) == ("counted", 1242)
    assert [line["text"]["en"] for line in told["lines"]] == [
        "31 stand in “gone”, which is not there any more: choose",
        "1204 stand in “day 3” → “day 3”",
    ]
    assert [(line["what"], line["to"]) for line in told["lines"]] == [
        ("choose", None),
        ("same", "day 3"),
    ]
    assert all("人" in line["text"]["zh"] for line in told["lines"])
    assert [one["move"] for one in api.get("/journeys/remind/moves").body["moves"]] == [1]


def test_who_stands_in_a_removed_step_needs_a_choice(api, moves):
    api.post("/journeys/remind/moves")
    walked(moves, 1, STANDING)
    refused = api.post("/journeys/remind/moves/1/run")
    assert (refused.status, refused.body["details"][0]["path"]) == (400, "gone")
    refused = api.post("/journeys/remind/moves/1/run", {"to": {"gone": "nowhere"}})
    assert refused.status == 400
    assert machines() == {"rapport-default-remind"}
    told = api.post("/journeys/remind/moves/1/run", {"to": {"gone": "remind"}})
    assert (told.status, told.body["move"]["status"]) == (200, "moving")
    assert machines() == {"rapport-default-remind", "rapport-default-remind-MOVED"}
    assert api.post("/journeys/remind/moves/1/run", {"to": {"gone": "remind"}}).status == 200
    assert api.post("/journeys/remind/moves/1/run", {"end": ["gone"]}).status == 409
    walked(moves, 1, moved=1230, passed=5)
    told = api.get("/journeys/remind/moves/1").body["move"]
    assert (told["status"], told["moved"], told["passed"]) == ("moved", 1230, 5)


def test_a_plan_for_a_version_that_is_no_more_published_is_not_carried_out(api, moves):
    api.post("/journeys/remind/moves")
    walked(moves, 1, {Place(1, "day 3", "waiting"): 1})
    api.put("/journeys/remind", {**NEW, "title": "Remind once more"})
    api.post("/journeys/remind/publish")
    assert api.post("/journeys/remind/moves/1/run").status == 409


def test_a_walk_that_was_cut_off_is_carried_on_by_another_execution(api, moves):
    api.post("/journeys/remind/moves")
    assert api.post("/journeys/remind/moves/1/retry").status == 409, "it is at work"
    states = session.client("stepfunctions")
    arn = moves.machine._machine
    (run,) = states.list_executions(stateMachineArn=arn)["executions"]
    states.stop_execution(executionArn=run["executionArn"], error="Killed")
    assert api.get("/journeys/remind/moves/1").body["move"]["status"] == "failed"
    told = api.post("/journeys/remind/moves/1/retry").body["move"]
    assert (told["status"], told["attempt"]) == ("counting", 1)
    assert len(states.list_executions(stateMachineArn=arn)["executions"]) == 2


def test_nobody_enters_an_archived_journey_and_those_inside_go_on(
    api, moves, dynamodb, catalog_table
):
    answer = api.post("/journeys/remind/archive").body
    assert (answer["outcome"], answer["move"]) == ("updated", None)
    reader = CatalogReader(dynamodb, catalog_table)
    assert [one.status for one in reader.journeys("default")] == ["archived"]
    assert reader.journey("default", "remind", 1).journey.steps[1].name == "gone"
    assert reader.journey_status("default", "remind") == "archived"
    assert api.post("/journeys/remind/archive").body["outcome"] == "unchanged"


def test_those_inside_may_be_ended_by_archiving(api, moves):
    move = api.post("/journeys/remind/archive", {"inside": "end"}).body["move"]
    assert move["status"] == "moving"
    job = moves.store.load("default", "remind", 1)
    assert job.choices.all_out


def test_a_draft_is_deleted_and_goes_on_counting_its_versions(api):
    api.put("/journeys/draft", {**OLD, "steps": [WAIT]})
    assert api.delete("/journeys/draft").body["outcome"] == "deleted"
    assert api.get("/journeys/draft").status == 404
    assert api.put("/journeys/draft", {**OLD, "steps": [WAIT]}).body["version"] == 2


def test_a_journey_is_deleted_only_when_nobody_is_inside(api, moves):
    api.post("/journeys/remind/moves")
    walked(moves, 1)
    assert api.delete("/journeys/remind").status == 409, "people may enter"
    api.post("/journeys/remind/archive")
    assert api.delete("/journeys/remind").status == 409, "counted before it was archived"
    api.post("/journeys/remind/moves")
    assert api.delete("/journeys/remind").status == 409, "nobody knows yet"
    walked(moves, 2, {Place(2, "day 3", "waiting"): 1})
    assert api.delete("/journeys/remind").status == 409, "somebody is inside"
    api.post("/journeys/remind/archive", {"inside": "end"})
    walked(moves, 3, ended=1)
    assert machines()
    assert api.delete("/journeys/remind").body["outcome"] == "deleted"
    assert machines() == set(), "no state machine is left"
    assert api.get("/journeys/remind").status == 404


def test_a_failure_to_end_somebody_keeps_the_journey(api, moves):
    api.post("/journeys/remind/archive", {"inside": "end"})
    job = moves.store.load("default", "remind", 1)
    part = Segment(0, done=True)
    part.fail("e1", "ValueError")
    walked(moves, 1)
    moves.store.put_segment("default", replace(job, stage="moved"), part)
    assert api.get("/journeys/remind/moves/1").body["move"]["failures"] == [
        {"enrolment_id": "e1", "reason": "ValueError"}
    ]
    assert api.delete("/journeys/remind").status == 409


def test_a_journey_that_nobody_published_has_nobody_to_move(api):
    api.put("/journeys/draft", {**OLD, "steps": [WAIT]})
    assert api.post("/journeys/draft/moves").status == 409
    assert api.post("/journeys/draft/archive").status == 409
    assert api.get("/journeys/draft/moves/9").status == 404
