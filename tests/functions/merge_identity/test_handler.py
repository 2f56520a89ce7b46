"""The trigger glue: a batch as SQS sends it, metrics out, and the records that must come again."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from functions.merge_identity import handler
from shared.aws import session
from tests.applying import SECRET, named_rows, state_of
from tests.conftest import PROFILES_TABLE

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
    secret = session.client("secretsmanager").create_secret(Name="identity", SecretString=SECRET)
    monkeypatch.setenv("IDENTITY_SECRET_ARN", secret["ARN"])
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", make_queue("events-dead"))
    handler._wiring.cache_clear()
    yield dynamodb
    handler._wiring.cache_clear()


def metrics_in(output):
    found = [json.loads(line) for line in output.splitlines() if "_aws" in line]
    names = ("ProfilesCreated", "EventsApplied", "EventsDuplicate", "EventsDeadLettered")
    return {name: each[name] for each in found for name in names if name in each}


def test_a_batch_of_sqs_becomes_a_person_with_traits_consent_and_timeline(people, capsys):
    assert handler.handle(SAMPLE, CONTEXT) == {"batchItemFailures": []}
    rows = named_rows(people, PROFILES_TABLE)
    (person,) = state_of(rows)["people"]
    assert person == {
        "user_id=ada",
        "email=ada@example.com",
        "anonymous_id=5f6f2b7e-1f2d-4c0a-9a58-3f1d3c6c7a10",
    }
    profile = next(row for row in rows if "graph" in row)
    assert json.loads(profile["traits"]).keys() == {"email", "city"}
    events = {row["name"]: row["pk"] for row in rows if row["sk"].startswith("EVT#")}
    assert events.keys() == {"cart", "$identify", "$page", "$consent_changed"}
    assert events["cart"] == events["$identify"] == events["$consent_changed"] == profile["pk"]
    assert any(row["sk"] == "CONSENT" for row in rows)
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
