"""The handler: one batch of the messages queue against a mocked AWS."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.dispatch_message import handler
from shared.aws import keys, session
from shared.aws.items import from_item, to_item
from tests.functions.dispatch_message.world import CATALOG, LINKS, PROFILES, World
from tests.lambda_context import Context

BATCH = json.loads((Path(__file__).parent / "samples" / "messages.json").read_text())
POISON = BATCH["Records"][1]["messageId"]


@pytest.fixture
def world(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setenv("PROFILES_TABLE", PROFILES)
    monkeypatch.setenv("CATALOG_TABLE", CATALOG)
    monkeypatch.setenv("API_URL", LINKS)
    monkeypatch.setenv("MESSAGES_QUEUE_URL", "http://127.0.0.1/messages")
    monkeypatch.setenv("BROADCAST_QUEUE_URL", "http://127.0.0.1/broadcast")
    monkeypatch.setenv("FEEDBACK_QUEUE_URL", "http://127.0.0.1/feedback")
    monkeypatch.setenv("CONFIGURATION_SET", "")
    monkeypatch.setenv("SES_TENANT", "")
    monkeypatch.setenv("EVENTS_QUEUE_URL", "http://127.0.0.1/events")
    monkeypatch.setenv("PROVIDER_BASES", "{}")
    secret = session.client("secretsmanager").create_secret(
        Name="identity", SecretString="s3cret" * 8
    )
    monkeypatch.setenv("IDENTITY_SECRET_ARN", secret["ARN"])
    handler._dispatch.cache_clear()
    session.client("sesv2").create_email_identity(EmailIdentity="shop@example.com")
    world = World(dynamodb)
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    world.add_person("bob", first_name="Bob", phone="+14255550123")
    world.add_person("cem", first_name="Cem", email="cem@realmail.cn")
    world.request("ada", "welcome")
    world.request("bob", "reminder")
    world.request("cem", "welcome")
    yield world
    handler._dispatch.cache_clear()


def row(world: World, profile_id: str, template_id: str) -> dict[str, Any]:
    key = keys.Key(keys.person("default", profile_id), f"MSG#m-{profile_id}-{template_id}")
    answer = world.dynamodb.get_item(TableName=PROFILES, Key=to_item(key._asdict()))
    return from_item(answer.get("Item", {}))


def status(world: World, profile_id: str, template_id: str) -> tuple[str, str | None]:
    found = row(world, profile_id, template_id)
    return found["status"], found.get("reason")


def test_a_poisoned_record_comes_back_and_its_neighbours_go_out(
    world: World, capsys: pytest.CaptureFixture[str]
):
    response = handler.handle(BATCH, Context())

    assert response == {"batchItemFailures": [{"itemIdentifier": POISON}]}
    assert status(world, "ada", "welcome") == ("sent", None)
    assert status(world, "bob", "reminder") == ("sent", None)
    assert status(world, "cem", "welcome") == ("suppressed", "rehearsal_address")
    counted = figures(capsys.readouterr().out)
    assert counted == {"MessagesSent": 2, "MessagesSuppressed": 1}


def test_the_same_batch_again_sends_nothing_again(world: World, capsys: pytest.CaptureFixture[str]):
    handler.handle(BATCH, Context())
    capsys.readouterr()

    response = handler.handle(BATCH, Context())

    assert response == {"batchItemFailures": [{"itemIdentifier": POISON}]}
    assert figures(capsys.readouterr().out) == {}
    assert world.tally("email") == {"sent": 1, "suppressed": 1}
    assert world.tally("sms") == {"sent": 1}


def test_nothing_is_begun_that_may_not_be_finished(world: World):
    response = handler.handle(BATCH, Context(milliseconds=handler.ENOUGH_MILLISECONDS - 1))

    assert len(response["batchItemFailures"]) == len(BATCH["Records"])
    assert row(world, "ada", "welcome") == {}


def test_logs_name_no_address_and_no_content(world: World, capsys: pytest.CaptureFixture[str]):
    handler.handle(BATCH, Context())

    written = capsys.readouterr().out
    for secret in ("ada@example.com", "cem@realmail.cn", "+14255550123", "Ada", "not a message"):
        assert secret not in written.replace("not a message request", "")


def figures(output: str) -> dict[str, float]:
    """Read the counts out of the embedded metrics in the log."""
    counts: dict[str, float] = {}
    for line in output.splitlines():
        if line.startswith("{") and "_aws" in line:
            entry = json.loads(line)
            for metric in entry["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                counts[metric["Name"]] = sum(entry[metric["Name"]])
    return counts
