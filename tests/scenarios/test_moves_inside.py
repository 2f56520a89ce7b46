"""Editing while people are inside: planned, moved, cut off and carried on, by either clock."""

import time
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.stack

FAST = {"rehearsal": True, "time_scale": 43_200, "email_from": "shop@example.com"}  # a day: 2 s
PEOPLE = 5
WENT = 2  # of them stand in the second wait when it is taken away

THANKS = {
    "kind": "template",
    "template_id": "moved-thanks",
    "channel": "email",
    "subject": "Thanks",
    "html": "<p>Thanks</p>",
}


def journey(clock, *, newer):
    """The first wait becomes shorter, and the second one is taken away."""
    name = f"moved-{clock.replace('_', '-')}"
    call = {
        "type": "wait_for",
        "name": "call",
        "events": [{"event": f"{name} called"}],
        "timeout": "P20D" if newer else "P180D",
        "on_event": "thanks" if newer else "old pause",
        "on_timeout": "thanks",
    }
    pause = {"type": "wait", "name": "old pause", "duration": "P180D"}
    thanks = {"type": "send", "name": "thanks", "template_id": "moved-thanks"}
    return {
        "kind": "journey",
        "journey_id": name,
        "title": f"Moved by {clock}",
        "clock": clock,
        "entry": {"type": "event", "event": f"{name} began"},
        "steps": [call, thanks] if newer else [call, pause, thanks],
    }


class Inside:
    """People who stand in a journey."""

    def __init__(self, stack, admin, write_key, journey_id):
        self.stack, self.admin, self.write_key, self.name = stack, admin, write_key, journey_id
        self.users = [f"{journey_id}-{uuid4().hex[:10]}" for _ in range(PEOPLE)]
        for user in self.users:
            traits = {"email": f"{user}@example.com"}
            consent = {"consent": {"categoryPreferences": {"marketing": True}}}
            self.send(
                {"type": "identify", "userId": user, "traits": traits, "context": consent},
                {"type": "track", "userId": user, "event": f"{journey_id} began"},
            )
        admin.until(lambda: all(self.at(user) == "call" for user in self.users))
        for user in self.users[:WENT]:
            self.send({"type": "track", "userId": user, "event": f"{journey_id} called"})
        admin.until(lambda: all(self.at(user) == "old pause" for user in self.users[:WENT]))

    def send(self, *events):
        batch = [{**each, "messageId": uuid4().hex} for each in events]
        answer = httpx.post(
            f"{self.stack.api_url}/v1/batch",
            json={"batch": batch},
            auth=(self.write_key, ""),
            timeout=60,
        )
        assert answer.json().get("accepted") == len(batch), answer.text

    def enrolment(self, user):
        if not self.admin.known("user_id", user):
            return None
        runs = self.admin.profile("user_id", user)["enrolments"]
        return next((run for run in runs if run["journey_id"] == self.name), None)

    def at(self, user):
        run = self.enrolment(user)
        waits = run and run["trace"][-1]["decision"] in ("waiting", "waits_on")
        return run["step"] if waits else None

    def sent(self, user):
        messages = self.admin.messages(user)
        return [(one["step"], one["status"]) for one in messages if one["journey_id"] == self.name]

    def mails(self, user):
        return [text for text in map(str, self.stack.emails()) if f"{user}@example.com" in text]


def waited(admin, journey_id, number, *stages):
    place = f"/journeys/{journey_id}/moves/{number}"
    admin.until(lambda: admin.call("GET", place)["move"]["status"] in stages)
    return admin.call("GET", place)["move"]


def executions(stack, name):
    states = stack.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    arns = [one["stateMachineArn"] for one in machines if one["name"] == name]
    return [
        run
        for arn in arns
        for run in states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    ]


CLOCKS = [
    ("due_index", "step_functions"),
    pytest.param("step_functions", "due_index", marks=pytest.mark.nightly),
    pytest.param("step_functions", "step_functions", marks=pytest.mark.nightly),
]


@pytest.mark.parametrize(("before", "after"), CLOCKS)
def test_people_inside_are_planned_moved_and_accounted_for(stack, admin, write_key, before, after):
    admin.apply({"kind": "settings", **FAST}, THANKS, journey(before, newer=False))
    name = journey(before, newer=False)["journey_id"]
    inside = Inside(stack, admin, write_key, name)
    admin.apply({**journey(before, newer=True), "clock": after})

    number = admin.call("POST", f"/journeys/{name}/moves")["move"]["move"]
    counted = waited(admin, name, number, "counted")
    assert [(one["step"], one["what"], one["waiting"]) for one in counted["lines"]] == [
        ("old pause", "choose", WENT),
        ("call", "same", PEOPLE - WENT),
    ]

    admin.call("POST", f"/journeys/{name}/moves/{number}/run", {"to": {"old pause": "thanks"}})
    admin.until(lambda: bool(executions(stack, "move-rapport")))
    for run in executions(stack, "move-rapport"):  # killed on the way
        stack.client("stepfunctions").stop_execution(executionArn=run["executionArn"])
    assert waited(admin, name, number, "failed", "moved")["status"] == "failed"
    admin.call("POST", f"/journeys/{name}/moves/{number}/retry")
    moved = waited(admin, name, number, "moved")
    accounted = sum(moved[what] for what in ("moved", "ended", "kept", "unchosen", "passed"))
    assert (accounted, moved["failed"], moved["attempt"]) == (PEOPLE, 0, 1)
    assert moved["moved"] == PEOPLE

    newest = admin.call("GET", f"/journeys/{name}")["published_version"]
    admin.until(lambda: all(inside.sent(user) == [("thanks", "sent")] for user in inside.users))
    admin.until(lambda: all(inside.enrolment(user)["status"] != "active" for user in inside.users))
    for user in inside.users:
        run = inside.enrolment(user)
        decisions = [entry["decision"] for entry in run["trace"]]
        assert (run["status"], run["journey_version"]) == ("completed", newest)
        assert decisions.count("moved") == 1
    time.sleep(2)  # whatever came twice would have come by now
    assert all(len(inside.mails(user)) == 1 for user in inside.users), "each message came once"
    admin.until(lambda: not executions(stack, f"rapport-default-{name}"))
    admin.until(lambda: not executions(stack, f"rapport-default-{name}-MOVED"))

    admin.call("POST", f"/journeys/{name}/archive")
    number = admin.call("POST", f"/journeys/{name}/moves")["move"]["move"]
    assert waited(admin, name, number, "counted")["inside"] == 0
    assert admin.call("DELETE", f"/journeys/{name}")["outcome"] == "deleted"
    states = stack.client("stepfunctions").list_state_machines()["stateMachines"]
    assert not [one["name"] for one in states if name in one["name"]], "no machine is left"
