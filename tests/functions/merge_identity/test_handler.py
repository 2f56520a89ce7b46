"""The trigger glue: a batch as SQS sends it, metrics out, and the records that must come again."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.merge_identity import handler
from shared.aws import session
from shared.aws.profile_store import ProfileStore

SAMPLE = json.loads((Path(__file__).parent / "samples" / "sqs_batch.json").read_text())
CONTEXT = SimpleNamespace(
    function_name="merge_identity",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:merge_identity",
    aws_request_id="request-1",
)


@pytest.fixture
def people(dynamodb, profiles_table, catalog_table, make_queue, monkeypatch):
    monkeypatch.setenv("PROFILES_TABLE", profiles_table)
    monkeypatch.setenv("CATALOG_TABLE", catalog_table)
    monkeypatch.setenv("IDENTITY_SECRET_ARN", "arn")
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", make_queue("events-dead"))
    handler._wiring.cache_clear()
    yield ProfileStore(dynamodb, profiles_table)
    handler._wiring.cache_clear()


def metrics_in(output):
    found = [json.loads(line) for line in output.splitlines() if "_aws" in line]
    names = ("ProfilesCreated", "EventsApplied", "EventsDuplicate", "EventsDeadLettered")
    return {name: each[name] for each in found for name in names if name in each}


def test_a_batch_of_sqs_becomes_a_person_with_traits_consent_and_timeline(people, capsys):
    assert handler.handle(SAMPLE, CONTEXT) == {"batchItemFailures": []}
    profile_id = people.find("default", "user_id", "ada")
    profile = people.profile("default", profile_id)
    assert profile.values == {"email": "ada@example.com", "city": "上海"}
    assert [consent.granted for consent in people.consents("default", profile_id)] == [True]
    timeline = people.timeline("default", profile_id)
    assert [event.name for event in timeline.events] == ["cart", "$identify", "$page"]
    assert metrics_in(capsys.readouterr().out) == {
        "ProfilesCreated": [1.0],
        "EventsApplied": [3.0],
        "EventsDeadLettered": [1.0],
    }


def test_a_batch_delivered_again_applies_nothing(people, capsys):
    handler.handle(SAMPLE, CONTEXT)
    capsys.readouterr()
    handler.handle(SAMPLE, CONTEXT)
    counted = metrics_in(capsys.readouterr().out)
    assert counted == {"EventsDuplicate": [3.0], "EventsDeadLettered": [1.0]}


def test_records_that_failed_are_named_and_nothing_personal_is_logged(people, caplog):
    session.client("dynamodb").delete_table(TableName="profiles")
    answer = handler.handle(SAMPLE, CONTEXT)
    assert answer == {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]} for record in SAMPLE["Records"]
        ]
    }
    assert "events failed" in caplog.text
    assert "ada" not in caplog.text
