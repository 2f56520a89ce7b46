"""The handler does what the machine asks for, and lets no text of an error into its history."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.run_broadcasts import handler
from shared.aws import keys
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.items import to_item
from tests.aws.test_broadcast_store import broadcast
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.functions.build_segments.test_handler import Context
from tests.functions.run_broadcasts.test_schedules import Schedules
from tests.functions.run_broadcasts.world import WS

IDS = {"workspace_id": "default", "broadcast_id": "b1", "run": 1}
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:broadcast-rapport"


@pytest.fixture
def store(dynamodb, monkeypatch):
    environment = {
        "PROFILES_TABLE": PROFILES_TABLE,
        "CATALOG_TABLE": CATALOG_TABLE,
        "LAKE_WORKGROUP": "rapport",
        "LAKE_BUCKET": "lake",
        "BROADCAST_MACHINE_ARN": MACHINE,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    handler._wiring.cache_clear()
    yield BroadcastStore(dynamodb, CATALOG_TABLE)
    handler._wiring.cache_clear()


def test_a_look_at_schedules_begins_nothing_where_there_are_none(store):
    event = {"task": "tick", "workspace_ids": ["default"]}
    assert handler.handle(event, Context()) == {"begun": 0}


def test_a_workspace_that_cannot_be_looked_at_holds_up_no_other(store, dynamodb):
    schedules = Schedules(dynamodb)
    schedules.clock.at = datetime.now(UTC) - timedelta(hours=1)
    schedules.publish(cron="*/10 * * * *")
    broken = {"pk": keys.catalog("broken"), "sk": "JOURNEY#news", "body": "[", "version": 1}
    version = keys.definition_version("broken", "JOURNEY", "news", 1)
    rows = [
        {**broken, "status": "published", "published_version": 1},
        {**version._asdict(), "body": "[", "version": 1},
        {"pk": keys.catalog("broken"), "sk": keys.CATALOG_VERSION, "n": 1},
    ]
    for row in rows:
        dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(row))
    with pytest.raises(Exception):  # noqa: B017, PT011 (whatever a catalog says of such a row)
        handler.handle({"task": "tick", "workspace_ids": ["broken", WS]}, Context())
    assert len(store.all(WS)) == 1


def test_the_machine_is_told_what_comes_next_in_fields_that_are_always_there(store):
    store.add("default", broadcast())
    told = handler.handle({"task": "next", **IDS}, Context())
    assert told.keys() == {"do", "at", "bucket", "key"}
    assert told["do"] == "stop"
    paused = store.load("default", "b1")
    assert (paused.state, paused.reason) == ("paused", "the journey is draft")


def test_what_failed_is_told_to_the_broadcast_once(store):
    store.add("default", broadcast())
    for error in ("TransientError", "States.Timeout"):
        handler.handle({"task": "failed", "error": error, **IDS}, Context())
    assert store.load("default", "b1").reason == "it failed: TransientError"


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"task": "ask", "wave": 0, "batch": 0, "most": 5}, "NotFoundError"),
        ({"task": "dance"}, "ValueError"),
    ],
)
def test_an_error_keeps_its_name_and_loses_its_words(store, asked, name):
    with pytest.raises(Exception) as raised:  # noqa: PT011 (its name is what counts)
        handler.handle({**IDS, **asked}, Context())
    assert type(raised.value).__name__ == name
    assert str(raised.value) in ("", "the log says where")
