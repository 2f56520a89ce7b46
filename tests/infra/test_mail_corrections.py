"""The emulated SES tells of its simulator's mailboxes, in words that the product reads."""

import asyncio
import importlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from infra.local import mail_corrections
from shared.domain.feedback.reports import report_of_ses

NOW = datetime(2026, 5, 1, tzinfo=UTC)
TAGS = {"workspace_id": "w", "profile_id": "p", "message_id": "m"}
BUS = {"EventBusArn": "arn:aws:events:us-east-1:000000000000:event-bus/default"}
EVERYTHING = {
    "Enabled": True,
    "MatchingEventTypes": ["BOUNCE", "COMPLAINT", "DELIVERY"],
    "EventBridgeDestination": BUS,
}


def sent(to, name="ours"):
    return {
        "Destination": {"ToAddresses": [to]},
        "ConfigurationSetName": name,
        "EmailTags": [{"Name": name, "Value": value} for name, value in TAGS.items()],
    }


@pytest.mark.parametrize(
    ("to", "wanted"),
    [
        ("success@simulator.amazonses.com", [("delivered", None)]),
        ("bounce+one@simulator.amazonses.com", [("bounced", "permanent")]),
        ("ooto@simulator.amazonses.com", [("delivered", None), ("bounced", "transient")]),
        ("Complaint@Simulator.amazonses.com", [("delivered", None), ("complained", None)]),
        ("bounce@example.com", []),
        ("somebody@simulator.amazonses.com", []),
    ],
)
def test_each_mailbox_is_reported_as_the_product_reads_it(to, wanted):
    told = [entry for _, entry in mail_corrections.told(sent(to), "ses-1", NOW)]
    reports = [report_of_ses(json.loads(entry["Detail"])) for entry in told]
    assert [(one.kind, one.bounce) for one in reports] == wanted
    for one in reports:
        assert (one.workspace_id, one.profile_id, one.message_id) == ("w", "p", "m")
        assert (one.at, one.provider_message_id) == (NOW, "ses-1")
        assert one.addresses == (() if one.kind == "delivered" else (to,))
    assert len({one.report_id for one in reports}) == len(reports)


@pytest.mark.parametrize(
    ("destinations", "heard"),
    [
        ({"all": EVERYTHING}, ["Email Delivered", "Email Bounced"]),
        ({"some": {**EVERYTHING, "MatchingEventTypes": ["BOUNCE"]}}, ["Email Bounced"]),
        ({"off": {**EVERYTHING, "Enabled": False}}, []),
        ({"topic": {"Enabled": True, "MatchingEventTypes": ["BOUNCE"], "SnsDestination": {}}}, []),
        ({}, []),
    ],
)
def test_a_bus_hears_what_it_asked_for_and_only_of_its_configuration_set(destinations, heard):
    entries = []

    async def handle(method, path, headers, body, query):
        return 200, {}, json.dumps({"MessageId": "ses-1"}).encode()

    mail = SimpleNamespace(
        handle_request=handle, _config_sets={"ours": {"EventDestinations": destinations}}
    )
    buses = SimpleNamespace(_put_events=lambda data, **_: entries.extend(data["Entries"]))
    mail_corrections.apply(mail, buses)
    for name in ("ours", "theirs"):
        body = json.dumps(sent("ooto@simulator.amazonses.com", name)).encode()
        answer = mail.handle_request("POST", "/v2/email/outbound-emails", {}, body, {})
        assert asyncio.run(answer)[0] == 200
    assert [entry["DetailType"] for entry in entries] == heard


def test_nobody_else_may_speak_as_ses():
    buses = importlib.import_module("ministack.services.eventbridge")
    entry = {"Source": "aws.ses", "DetailType": "Email Bounced", "Detail": "{}"}
    _, _, body = buses._put_events({"Entries": [entry]})
    assert json.loads(body)["FailedEntryCount"] == 1
