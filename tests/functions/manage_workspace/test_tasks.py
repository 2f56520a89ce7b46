"""Tasks that journeys gave, and journeys that are entered by call."""

from datetime import timedelta

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.aws.task_store import TaskStore
from shared.domain.events.packing import decode
from shared.domain.journeys.actions import ActionRequest, Task
from tests.conftest import NOON

EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>"}
CALLED = {
    "title": "By call",
    "entry": {"type": "call"},
    "steps": [{"type": "send", "name": "thank you", "template_id": "hello"}],
}


@pytest.fixture
def queued(api):
    def read():
        sqs, url = session.client("sqs"), handler.wiring().ports.events._url
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [event for one in got for event in decode(one["Body"])]
        return found

    return read


@pytest.fixture
def give(api, dynamodb, ada, make_event):
    ada.does(make_event("cart"))

    def made(task_id, to, hours):
        request = ActionRequest(
            workspace_id="default",
            profile_id=ada.profile_id,
            action_id=task_id,
            enrolment_id="e1",
            journey_id="welcome",
            journey_version=1,
            step="call them",
            visit=1,
            asked_at=NOON,
            action=Task(title=f"Call for {to}", to=to, due=NOON + timedelta(hours=hours)),
        )
        TaskStore(dynamodb, "profiles").assign(request, request.action)

    return made


def test_people_are_asked_into_a_journey_that_is_entered_by_call(api, queued):
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/called", CALLED)
    body = {"people": [{"kind": "user_id", "value": "ada"}], "properties": {"cart": "c1"}}
    assert api.post("/journeys/called/calls", body).status == 409
    assert api.post("/journeys/called/publish").status == 200
    assert api.post("/journeys/called/calls", body).body == {"success": True, "accepted": 1}
    [event] = queued()
    assert (event.name, event.user_id) == ("$journey_asked", "ada")
    assert event.properties == {"journey_id": "called", "cart": "c1"}


def test_nobody_is_asked_into_a_journey_that_nobody_enters(api, queued):
    """An answer of "accepted" would be all that the caller ever heard."""
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/called", CALLED)
    api.post("/journeys/called/publish")
    body = {"people": [{"kind": "user_id", "value": "ada"}]}
    for stop, state in (("pause", "paused"), ("archive", "archived")):
        assert api.post(f"/journeys/called/{stop}").status == 200
        answer = api.post("/journeys/called/calls", body)
        assert (answer.status, state in answer.body["message"]) == (409, True)
        assert queued() == []
        assert api.post("/journeys/called/resume").status == 200
        assert api.post("/journeys/called/calls", body).body["accepted"] == 1
        assert len(queued()) == 1


def test_a_journey_that_is_entered_otherwise_cannot_be_called(api, queued):
    api.put("/templates/hello", EMAIL)
    api.put("/journeys/called", {**CALLED, "entry": {"type": "event", "event": "cart"}})
    api.post("/journeys/called/publish")
    body = {"people": [{"kind": "user_id", "value": "ada"}]}
    answer = api.post("/journeys/called/calls", body)
    assert (answer.status, "not by call" in answer.body["message"]) == (400, True)
    assert api.post("/journeys/nothing/calls", body).status == 404
    assert queued() == []


def test_tasks_are_listed_by_when_they_are_due_and_go_when_they_are_done(api, give, queued):
    give("t2", "sales", 30)
    give("t1", "sales", 48)
    give("t3", "care", -1)
    listed = api.get("/tasks").body["tasks"]
    assert [(one["task_id"], one["overdue"]) for one in listed] == [
        ("t3", True),
        ("t2", False),
        ("t1", False),
    ]
    mine = api("GET", "/tasks", query={"to": "sales"}).body["tasks"]
    assert [one["task_id"] for one in mine] == ["t2", "t1"]

    assert api.post("/tasks/t2/done").body["task"]["title"] == "Call for sales"
    [event] = queued()
    assert (event.name, event.properties, event.user_id) == ("$task_done", {"task_id": "t2"}, "ada")
    assert [one["task_id"] for one in api.get("/tasks").body["tasks"]] == ["t3", "t1"]
    assert api.post("/tasks/t2/done").status == 404
    assert queued() == []


def test_tasks_come_page_by_page_in_the_order_in_which_they_are_due(api, give):
    for place, hours in enumerate([5, 1, 3, 3, 2]):
        give(f"t{place}", "sales" if place else "care", hours)
    found, query = [], {"limit": "2"}
    while True:
        page = api("GET", "/tasks", query=query).body
        found.append([one["task_id"] for one in page["tasks"]])
        if page["cursor"] is None:
            break
        query["cursor"] = page["cursor"]
        # Who is done meanwhile moves nobody to another page.
        api.post(f"/tasks/{found[-1][-1]}/done")
    assert found == [["t1", "t4"], ["t2", "t3"], ["t0"]]
    sales = api("GET", "/tasks", query={"limit": "2", "to": "sales"}).body
    assert ([one["task_id"] for one in sales["tasks"]], sales["cursor"]) == (["t1", "t2"], None)


@pytest.mark.parametrize("cursor", ["t1", "|t1", "2026-11-22|t1", "0001-01-01T00:00:00+23:59|t1"])
def test_a_cursor_of_tasks_that_no_answer_gave_is_refused(api, cursor):
    answer = api("GET", "/tasks", query={"cursor": cursor})
    assert (answer.status, answer.body["message"][:7]) == (400, "cursor:")
