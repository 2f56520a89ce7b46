"""Publishing: what is checked, what is made, and what a crash in between leaves behind."""

import json

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.catalog import CatalogReader
from tests.functions.manage_workspace.people import definitions_in

EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>"}
JOURNEY = {
    "title": "Thanks",
    "entry": {"type": "event", "event": "payment_done"},
    "steps": [
        {"type": "send", "name": "thank you", "template_id": "hello"},
        {"type": "wait_for", "name": "watch", "events": [{"event": "review"}], "timeout": "P1D"},
    ],
}
FAST = {"rehearsal": True, "time_scale": 3600}


@pytest.fixture
def machines(api):
    """The state machines of journeys as Step Functions has them: name → definition."""

    def now() -> dict:
        states = session.client("stepfunctions")
        arns = [one["stateMachineArn"] for one in states.list_state_machines()["stateMachines"]]
        found = [states.describe_state_machine(stateMachineArn=arn) for arn in arns]
        named = {one["name"]: json.loads(one["definition"]) for one in found}
        return {name: made for name, made in named.items() if name.startswith("rapport-")}

    return now


@pytest.fixture
def published(dynamodb, catalog_table):
    """What people can enter now, read anew each time."""
    return lambda: CatalogReader(dynamodb, catalog_table).journeys("default")


@pytest.fixture
def draft(api):
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/thanks", JOURNEY)


def test_a_draft_touches_nobody(api, draft, machines, published):
    answer = api.get("/journeys/thanks").body
    assert (answer["status"], answer["published_version"]) == ("draft", None)
    assert machines() == {}
    assert published() == ()


def test_publishing_makes_the_machine_and_lets_people_in(api, draft, machines, published):
    answer = api.post("/journeys/thanks/publish")
    assert (answer.status, answer.body["outcome"]) == (200, "updated")
    assert (answer.body["status"], answer.body["published_version"]) == ("published", 1)
    assert list(machines()) == ["rapport-default-thanks"]
    [journey] = published()
    assert (journey.version, journey.status) == (1, "published")
    assert journey.state_machine_arn == answer.body["state_machine_arn"]


def test_by_the_due_index_there_is_no_machine(api, draft, machines, published):
    api.put("/journeys/thanks", {**JOURNEY, "clock": "due_index"})
    answer = api.post("/journeys/thanks/publish")
    assert (answer.status, answer.body["state_machine_arn"]) == (200, None)
    assert machines() == {}
    [journey] = published()
    assert (journey.status, journey.state_machine_arn) == ("published", "")


def test_a_machine_stays_for_those_who_are_inside_when_the_clock_changes(
    api, draft, machines, published
):
    api.post("/journeys/thanks/publish")
    api.put("/journeys/thanks", {**JOURNEY, "clock": "due_index"})
    api.post("/journeys/thanks/publish")
    assert list(machines()) == ["rapport-default-thanks"]
    [journey] = published()
    assert (journey.version, journey.state_machine_arn) == (2, "")


def test_publishing_again_changes_nothing(api, draft, dynamodb, catalog_table):
    api.post("/journeys/thanks/publish")
    before = definitions_in(dynamodb, catalog_table)
    again = api.post("/journeys/thanks/publish")
    assert (again.status, again.body["outcome"]) == (200, "unchanged")
    assert definitions_in(dynamodb, catalog_table) == before


def test_a_change_touches_nobody_until_it_is_published(api, draft, published, machines):
    api.post("/journeys/thanks/publish")
    made = machines()
    changed = {**JOURNEY, "title": "Thanks a lot", "steps": JOURNEY["steps"][:1]}
    answer = api.put("/journeys/thanks", changed).body
    assert (answer["version"], answer["published_version"]) == (2, 1)
    assert answer["status"] == "published"
    assert [(one.version, one.journey.title) for one in published()] == [(1, "Thanks")]
    assert machines() == made
    api.post("/journeys/thanks/publish")
    assert [(one.version, one.journey.title) for one in published()] == [(2, "Thanks a lot")]
    assert machines() != made


def test_a_journey_that_names_what_is_not_there_is_refused_with_the_place(api, machines):
    api.put(
        "/journeys/thanks",
        {
            **JOURNEY,
            "entry": {"type": "segment", "segment_id": "nobody"},
            "steps": [{**JOURNEY["steps"][0], "next": "nowhere"}, JOURNEY["steps"][1]],
        },
    )
    answer = api.post("/journeys/thanks/publish")
    assert answer.status == 400
    places = {detail["path"] for detail in answer.body["details"]}
    assert {"entry.segment_id", "steps[0].template_id", "steps[0].next"} <= places
    assert machines() == {}


def test_pause_and_resume_can_be_repeated_and_keep_the_version(api, draft, published):
    api.post("/journeys/thanks/publish")
    api.put("/journeys/thanks", {**JOURNEY, "title": "a draft"})
    for verb, status, outcomes in (
        ("pause", "paused", ("updated", "unchanged")),
        ("resume", "published", ("updated", "unchanged")),
    ):
        answers = [api.post(f"/journeys/thanks/{verb}").body for _ in range(2)]
        assert tuple(answer["outcome"] for answer in answers) == outcomes
        assert [(one.status, one.version) for one in published()] == [(status, 1)]


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_a_draft_can_be_neither_paused_nor_resumed(api, draft, verb):
    answer = api.post(f"/journeys/thanks/{verb}")
    assert (answer.status, answer.body["code"]) == (409, "conflict")
    assert "publish" in answer.body["message"]


@pytest.mark.parametrize("verb", ["publish", "pause", "resume"])
def test_a_journey_that_is_not_there_is_said_to_be_missing(api, verb):
    assert api.post(f"/journeys/none/{verb}").status == 404


class PowerCutError(BaseException):
    """The function died here."""


@pytest.mark.parametrize("survives", ["nothing", "machine"])
def test_a_crash_while_publishing_is_repaired_by_publishing_again(
    api, draft, machines, published, monkeypatch, survives
):
    """Before or after the machine is made: nobody enters half a journey, and once more works."""
    ports = handler.wiring().ports
    publish_machine = ports.publish_machine

    def dying(*arguments):
        if survives == "machine":
            publish_machine(*arguments)
        raise PowerCutError

    object.__setattr__(ports, "publish_machine", dying)
    with pytest.raises(PowerCutError):
        api.post("/journeys/thanks/publish")
    assert published() == ()
    object.__setattr__(ports, "publish_machine", publish_machine)
    assert api.post("/journeys/thanks/publish").status == 200
    assert len(published()) == len(machines()) == 1


def test_a_new_time_scale_compiles_what_is_published_and_not_the_draft(
    api, draft, machines, published
):
    api.post("/journeys/thanks/publish")
    api.put("/journeys/thanks", {**JOURNEY, "steps": JOURNEY["steps"][:1]})
    wanted, [entered] = machines(), published()
    _made_when_machines_were_not_told_how_long_to_wait(entered.state_machine_arn)
    assert machines() != wanted
    answer = api.put("/settings", FAST)
    assert (answer.status, answer.body["republished"]) == (200, ["thanks"])
    [journey] = published()
    assert journey.version == 1
    assert machines() == wanted
    assert entered.journey == journey.journey
    assert api.put("/settings", {**FAST, "time_scale": 60}).body["republished"] == ["thanks"]
    assert published() == (journey,), "the same machine goes by any clock"
    api.put("/settings", FAST)
    again = api.put("/settings", FAST)
    assert (again.body["outcome"], again.body["republished"]) == ("unchanged", [])


def _made_when_machines_were_not_told_how_long_to_wait(version: str) -> None:
    states, arn = session.client("stepfunctions"), version.rpartition(":")[0]
    graph = states.describe_state_machine(stateMachineArn=arn)
    told = '"TimeoutSecondsPath":"$.answer.rest"'
    older = graph["definition"].replace(told, '"TimeoutSeconds":86400')
    assert older != graph["definition"]
    states.delete_state_machine(stateMachineArn=arn)
    states.create_state_machine(
        name=graph["name"], definition=older, roleArn=graph["roleArn"], publish=True
    )


def test_other_settings_compile_nothing(api, draft, machines):
    api.post("/journeys/thanks/publish")
    before = machines()
    answer = api.put("/settings", {"email_from": "shop@example.com"})
    assert (answer.body["outcome"], answer.body["republished"]) == ("created", [])
    assert machines() == before


def test_a_faster_clock_needs_a_rehearsal(api):
    answer = api.put("/settings", {"time_scale": 10})
    assert answer.status == 400
    assert "rehearsal" in answer.body["message"]
    assert api.get("/settings").body["settings"]["time_scale"] == 1
