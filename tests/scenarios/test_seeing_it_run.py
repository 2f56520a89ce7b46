"""Whoever operates the stack follows a request to its message, and finds what is wrong."""

import json
import re
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner

from cli.main import Desk, app
from cli.target import Account, Target
from infra.local.emulator import REGION
from tests.scenarios.leaks import leaks, people_of, places_of

pytestmark = pytest.mark.stack

TEMPLATE = {
    "kind": "template",
    "template_id": "seen-hello",
    "channel": "email",
    "subject": "Hello {{ profile.first_name }}",
    "html": "<p>Hello {{ profile.first_name }}</p>",
}
JOURNEY = {
    "kind": "journey",
    "journey_id": "seen-hello",
    "title": "Hello",
    "entry": {"type": "event", "event": "seen hello"},
    "steps": [{"type": "send", "name": "hello", "template_id": "seen-hello"}],
}
SETTINGS = {"kind": "settings", "rehearsal": True, "email_from": "shop@example.com"}


@pytest.fixture(scope="module")
def rapport(stack):
    """The command against the stack."""
    account = Account(region=REGION, endpoint=stack.aws_endpoint)

    def run(*words):
        desk = Desk()
        desk.__dict__["target"] = Target(stack.api_url, stack.admin_key(), account)
        result = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(app, words, obj=desk)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(scope="module")
def marked(stack, admin, write_key):
    """Somebody whose every name carries a mark; gives the mark when the message is out."""
    mark = f"mark{uuid4().hex[:12]}"
    admin.apply(SETTINGS, TEMPLATE, JOURNEY)
    phone = f"+1212555{uuid4().int % 10_000:04d}"
    traits = {"email": f"{mark}@example.com", "first_name": f"{mark}-Ann", "phone": phone}
    who = {"userId": f"user-{mark}", "anonymousId": f"anonymous-{mark}"}
    consent = {"consent": {"categoryPreferences": {"marketing": True}}}
    properties = {"note": mark, "correlation_id": mark}
    hello = {"type": "track", "event": "seen hello", "properties": properties, **who}
    send(
        stack,
        write_key,
        {"type": "identify", "traits": traits, "context": consent, **who},
        {**hello, "messageId": f"message-{mark}"},
        {"type": "track", "event": "", **who},  # which is rejected
    )
    admin.until(lambda: [one["status"] for one in admin.messages(f"user-{mark}")] == ["sent"])
    return mark


def send(stack, write_key, *batch):
    address = f"{stack.api_url}/v1/batch"
    body = {"batch": list(batch)}
    return httpx.post(address, json=body, auth=(write_key, ""), timeout=60).raise_for_status()


def lines(stack, function, message):
    """The log lines of a function with this message."""
    found = (json.loads(line) for line in stack.logs(function) if line.lstrip().startswith("{"))
    return [line for line in found if line.get("message") == message]


def test_logs_lead_from_the_request_to_the_provider(stack, admin, marked):
    (message,) = admin.messages(f"user-{marked}")

    def handed_over():  # a line is there when its call is over
        found = lines(stack, "dispatch_message", "message handed over")
        return [line for line in found if line["message_id"] == message["message_id"]]

    admin.until(handed_over)
    handed = handed_over()
    assert [(line["channel"], line["provider"], line["answer"]) for line in handed] == [
        ("email", "ses", "Accepted")
    ]
    correlation_id = handed[0]["correlation_id"]
    assert correlation_id
    assert marked not in correlation_id

    def followed(function, message):
        found = lines(stack, function, message)
        return [line for line in found if line["correlation_id"] == correlation_id]

    admin.until(lambda: followed("advance_journeys", "enrolment begun"))
    admin.until(lambda: followed("ingest_events", "events taken"))
    begun = followed("advance_journeys", "enrolment begun")
    assert [line["journey_id"] for line in begun] == ["seen-hello"]
    (taken,) = followed("ingest_events", "events taken")
    assert taken["accepted"] == 2
    assert sum(taken["reasons"].values()) == 1


def test_dead_letters_are_seen_without_names_and_given_back(stack, rapport, marked):
    sqs = stack.client("sqs")
    urls = sqs.list_queues(QueueNamePrefix="RapportEngine-Events")["QueueUrls"]
    (events,) = [url for url in urls if "DeadLetters" not in url]
    (dead,) = [url for url in urls if "DeadLetters" in url]
    body = {"v": 1, "events": [{"user_id": marked, "properties": {"note": marked}}]}
    sqs.purge_queue(QueueUrl=dead)  # of what other scenarios have left
    sqs.send_message(QueueUrl=events, MessageBody=json.dumps(body))

    def waiting():
        listed = rapport("dlq", "list").stdout.splitlines()
        return {line.split()[0]: int(line.split()[1]) for line in listed[1:]}

    try:
        until(lambda: waiting()["Events"] > 0)
        shown = rapport("dlq", "show", "Events", "--most", "100").stdout
        assert "1 events" in shown
        assert "because: not an event" in shown
        assert marked not in shown
        assert marked in rapport("dlq", "show", "Events", "--most", "100", "--personal").stdout
        said = rapport("doctor")
        assert said.exit_code == 1
        assert re.search("✗ dead letters: [0-9]+ in Events", said.stdout)
        assert "letters of Events are back" in rapport("dlq", "redrive", "Events").stdout
        until(lambda: waiting()["Events"] > 0)  # nobody has mended it, so it comes back
    finally:
        sqs.purge_queue(QueueUrl=dead)


def until(holds):
    from tests.scenarios.admin import Admin

    Admin.until(None, holds)


def test_nobody_is_named_where_nobody_may_be(stack, marked):
    people = people_of(stack.client, [stack.outputs["ProfilesTable"]])
    assert any(marked in one for one in people)
    assert leaks(people, places_of(stack)) == []


def test_the_doctor_looks_at_everything_here(rapport, marked):
    clock = "✓ the clock of the due index is at most"  # which a busy machine may let fall behind
    until(lambda: clock in rapport("doctor").stdout)
    out = rapport("doctor").stdout
    for well in (
        "✓ RapportEngine is deployed as a whole",
        "functions are active and of one deployment",
        "✓ seen-hello: its state machine is there",
        clock,
        "can be restored to any second",
    ):
        assert well in out, out
    assert "not looked at" not in out, out
