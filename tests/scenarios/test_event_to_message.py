"""One event over HTTP becomes one message out of SES or SNS, or a reason why not."""

from datetime import UTC, datetime
from itertools import count
from uuid import uuid4

import pytest
import segment.analytics.client as segment

pytestmark = pytest.mark.stack

MOMENT = datetime.now(UTC)
NUMBERS = count(150)  # of telephones that nobody else has: else two people are in doubt

FAST = {"rehearsal": True, "time_scale": 43_200, "email_from": "shop@example.com"}  # a day: 2 s
SEGMENT = {
    "kind": "segment",
    "segment_id": "spine-visitors",
    "title": "Visitors",
    "condition": {"type": "event", "event": "spine visit"},
}
TEMPLATES = [
    {
        "kind": "template",
        "template_id": f"spine-{name}",
        "channel": "email",
        "subject": f"{name} {{{{ profile.first_name }}}}",
        "html": "<p>Dear {{ profile.first_name }}</p>",
    }
    for name in ("welcome", "cart", "thanks")
] + [
    {
        "kind": "template",
        "template_id": "spine-text",
        "channel": "sms",
        "text": "{{ profile.first_name }}, your cart waits",
    }
]
WELCOME = {
    "kind": "journey",
    "journey_id": "spine-welcome",
    "title": "Welcome",
    "entry": {"type": "segment", "segment_id": "spine-visitors"},
    "steps": [{"type": "send", "name": "welcome", "template_id": "spine-welcome"}],
}
CART = {
    "kind": "journey",
    "journey_id": "spine-cart",
    "title": "Cart",
    "entry": {"type": "event", "event": "spine cart"},
    "exit_on": [{"event": "spine paid"}],
    "steps": [
        {
            "type": "wait_for",
            "name": "checkout",
            "events": [{"event": "spine checkout", "where": {"step": 2}}],
            "timeout": "P2D",
            "on_event": "end",
            "on_timeout": "remind",
        },
        {"type": "send", "name": "remind", "template_id": "spine-cart"},
        {"type": "wait", "name": "a day", "duration": "P1D"},
        {"type": "send", "name": "text", "template_id": "spine-text"},
    ],
}
CART_BY_INDEX = {
    **CART,
    "journey_id": "spine-cart-by-index",
    "title": "The same by the due index",
    "clock": "due_index",
}
CARTS = ("spine-cart", "spine-cart-by-index")
# Where somebody acts while a run waits, it waits for long: 300 days are ten minutes.
PATIENT = [
    {
        **each,
        "journey_id": f"{each['journey_id']}-patient",
        "entry": {"type": "event", "event": "spine patient cart"},
        "steps": [{**CART["steps"][0], "timeout": "P300D"}, *CART["steps"][1:]],
    }
    for each in (CART, CART_BY_INDEX)
]
PATIENT_CARTS = tuple(each["journey_id"] for each in PATIENT)
THANKS = {
    "kind": "journey",
    "journey_id": "spine-thanks",
    "title": "Thanks",
    "purpose": "transactional",
    "entry": {"type": "event", "event": "spine paid"},
    "reentry": {"policy": "always"},
    "steps": [{"type": "send", "name": "thanks", "template_id": "spine-thanks"}],
}
PAUSABLE = {
    "kind": "journey",
    "journey_id": "spine-pausable",
    "title": "Can be paused",
    "entry": {"type": "event", "event": "spine pausable"},
    "steps": [{"type": "send", "name": "welcome", "template_id": "spine-welcome"}],
}


@pytest.fixture(scope="module")
def workspace(admin):
    journeys = (WELCOME, CART, CART_BY_INDEX, *PATIENT, THANKS)
    admin.apply({"kind": "settings", **FAST}, SEGMENT, *TEMPLATES, *journeys)
    return admin


@pytest.fixture
def shopper(stack, workspace, write_key):
    """A new person who agreed to marketing; tells what she does through the Segment client."""
    return Shopper(stack, workspace, write_key)


class Shopper:
    def __init__(self, stack, admin, write_key, consents=True):
        self.user_id = f"spine-{uuid4().hex[:12]}"
        self.stack, self.admin = stack, admin
        self.client = segment.Client(write_key, host=stack.api_url, sync_mode=True, timeout=60)
        self.traits = {
            "first_name": "Ann",
            "email": f"{self.user_id}@example.com",
            "phone": f"+1212555{next(NUMBERS):04d}",
        }
        consent = {"categoryPreferences": {"marketing": consents}}
        self.client.identify(self.user_id, self.traits, context={"consent": consent})

    def does(self, *events, **properties):
        for event in events:
            self.client.track(self.user_id, event, properties)

    def outcomes(self):
        return {(m["step"], m["status"], m["reason"]) for m in self.admin.messages(self.user_id)}

    def steps(self):
        return sorted((m["step"], m["status"]) for m in self.admin.messages(self.user_id))

    def enrolment(self, journey_id):
        if not self.admin.known("user_id", self.user_id):
            return None
        runs = self.admin.profile("user_id", self.user_id)["enrolments"]
        return next((run for run in runs if run["journey_id"] == journey_id), None)

    def carts(self, journeys=CARTS):
        """How the runs in both cart journeys stand, one by each clock."""
        return [(run["status"] if run else None) for run in map(self.enrolment, journeys)]

    def traces(self):
        """What was decided when and why in both; of facts the ids are the same, too."""
        return [
            [(each["step"], each["decision"], each["at"], each.get("due")) for each in run["trace"]]
            for run in map(self.enrolment, CARTS)
        ]

    def mail(self):
        return [
            str(mail) for mail in self.stack.emails() if self.traits["email"] in str(mail)
        ]  # fmt: skip


def test_entering_a_segment_starts_a_journey_and_sends_one_email(shopper):
    shopper.does("spine visit", "spine visit", "spine visit")

    shopper.admin.until(lambda: ("welcome", "sent", None) in shopper.outcomes())
    assert len(shopper.mail()) == 1
    assert "welcome Ann" in shopper.mail()[0]

    def story():
        return shopper.admin.profile("user_id", shopper.user_id)

    def visits():
        counts = {each["event"]: each["times"] for each in story()["counts"]}
        return counts.get("spine visit", 0)

    members = {each["segment_id"] for each in story()["memberships"] if each["member"]}
    assert "spine-visitors" in members
    shopper.admin.until(lambda: story()["tags"]["events"] >= 4)
    assert story()["tags"]["events"] == 4
    shopper.admin.until(lambda: visits() >= 3)
    assert visits() == 3


def test_a_cart_without_payment_brings_an_email_and_then_a_text(shopper):
    shopper.does("spine cart")

    shopper.admin.until(lambda: shopper.carts() == ["completed", "completed"])
    sent = [("remind", "sent"), ("remind", "sent"), ("text", "sent"), ("text", "sent")]
    shopper.admin.until(lambda: shopper.steps() == sent)
    texts = [t for t in shopper.stack.texts() if t["PhoneNumber"] == shopper.traits["phone"]]
    assert any("your cart waits" in str(text) for text in texts)
    by_machine, by_index = shopper.traces()
    assert by_machine == by_index


def test_payment_stops_the_cart_journey_at_once_and_is_thanked_for(shopper):
    shopper.does("spine patient cart", "spine paid")

    shopper.admin.until(lambda: ("thanks", "sent", None) in shopper.outcomes())
    shopper.admin.until(lambda: shopper.carts(PATIENT_CARTS) == ["exited", "exited"])
    shopper.admin.until(lambda: executions_running(shopper.stack, PATIENT_CARTS[0]) == 0)
    assert shopper.outcomes() == {("thanks", "sent", None)}
    assert all("spine paid" in shopper.enrolment(each)["reason"] for each in PATIENT_CARTS)


def test_the_event_that_is_waited_for_ends_the_wait_and_another_one_does_not(shopper):
    shopper.does("spine patient cart")
    shopper.does("spine checkout", step=1)
    shopper.does("spine checkout", step=2)

    shopper.admin.until(lambda: shopper.carts(PATIENT_CARTS) == ["completed", "completed"])
    assert shopper.outcomes() == set()


def test_without_consent_nothing_goes_out_and_the_reason_is_there(stack, workspace, write_key):
    shopper = Shopper(stack, workspace, write_key, consents=False)

    shopper.does("spine visit", "spine paid")

    workspace.until(lambda: ("welcome", "suppressed", "no_consent") in shopper.outcomes())
    workspace.until(lambda: ("thanks", "sent", None) in shopper.outcomes())
    assert not any("welcome" in mail for mail in shopper.mail())


def test_a_paused_journey_takes_nobody_in_until_it_is_resumed(stack, workspace, write_key):
    def taken_in():
        shopper = Shopper(stack, workspace, write_key)
        shopper.does("spine pausable", "spine paid")
        workspace.until(lambda: ("thanks", "sent", None) in shopper.outcomes())
        return shopper.enrolment("spine-pausable") is not None

    workspace.apply(PAUSABLE)
    workspace.until(taken_in)
    workspace.call("POST", "/journeys/spine-pausable/pause")
    workspace.until(lambda: not taken_in())
    workspace.call("POST", "/journeys/spine-pausable/resume")
    workspace.until(taken_in)


def test_sending_the_same_events_again_changes_nothing(shopper, write_key):
    client = segment.Client(write_key, host=shopper.stack.api_url, sync_mode=True, timeout=60)
    again = {"message_id": f"again-{shopper.user_id}"}
    for _ in range(3):
        client.track(shopper.user_id, "spine visit", {}, timestamp=MOMENT, **again)

    shopper.admin.until(lambda: ("welcome", "sent", None) in shopper.outcomes())
    visits = [e for e in shopper.admin.timeline(shopper.user_id) if e["name"] == "spine visit"]
    assert len(visits) == 1


def executions_running(stack, journey_id):
    states = stack.client("stepfunctions")
    machines = states.list_state_machines()["stateMachines"]
    arn = next(m["stateMachineArn"] for m in machines if m["name"].endswith(journey_id))
    return len(
        states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
    )  # fmt: skip
