"""The function as Lambda calls it: with settings, a context that knows the time, and metrics."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from functions.sweep_due import handler
from shared.aws import keys, session
from shared.aws.due_store import DueIndex
from shared.aws.items import to_item
from shared.aws.queues import Queue
from shared.domain.due.batches import decode
from shared.domain.due.folds import fold_name
from shared.domain.due.timing import DEFERRED, JUDGED, WOKEN
from shared.errors import PermanentError
from tests.lambda_context import Context

TICK = {"index": JUDGED}


@pytest.fixture
def queue_url(dynamodb, profiles_table, make_queue, monkeypatch):
    url = make_queue("due")
    monkeypatch.setenv("PROFILES_TABLE", profiles_table)
    monkeypatch.setenv("DUE_QUEUE_URL", url)
    monkeypatch.setenv("WAKES_QUEUE_URL", make_queue("wakes"))
    monkeypatch.setenv("MESSAGES_QUEUE_URL", make_queue("messages"))
    monkeypatch.setenv("BROADCAST_QUEUE_URL", make_queue("broadcast"))
    monkeypatch.setenv("WORKSPACE_IDS", "default other")
    handler._wiring.cache_clear()
    yield url
    handler._wiring.cache_clear()


@pytest.fixture
def late(dynamodb, profiles_table, queue_url):
    """Somebody in each workspace who was due an hour ago; gives what the queue has of them."""
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    index = DueIndex(dynamodb, profiles_table, JUDGED, Queue(session.client("sqs"), "none"))
    for workspace_id in ("default", "other"):
        long_before = hour_ago - timedelta(days=1)
        with index.mirror(workspace_id, f"ada-{workspace_id}", None, hour_ago, long_before):
            pass

    def received():
        answer = session.client("sqs").receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10)
        return {decode(m["Body"]).names for m in answer.get("Messages", [])}

    return received


def emitted(capsys):
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    return {name: line[name] for line in lines for name in line if name.startswith(("Due", "Peop"))}


def test_a_tick_sends_everybody_of_every_workspace_and_says_how_late(late, capsys):
    handler.handle(TICK, Context(60_000))

    assert late() == {("ada-default",), ("ada-other",)}
    told = emitted(capsys)
    assert told["PeopleDue"] == [1.0, 1.0]
    assert all(3_600 <= seconds < 3_700 for seconds in told["DueBehindSeconds"])


@pytest.mark.parametrize("index", [WOKEN, DEFERRED])
def test_an_index_is_swept_on_a_tick_of_its_own(late, index):
    handler.handle({"index": index}, Context(60_000))
    assert late() == set()


def test_messages_that_were_put_off_come_one_by_one(dynamodb, profiles_table, queue_url):
    hour_ago = datetime.now(UTC) - timedelta(hours=1)
    sqs = session.client("sqs")
    index = DueIndex(dynamodb, profiles_table, DEFERRED, Queue(sqs, "none"))
    for number in range(3):
        with index.mirror("default", f"ada#m{number}", None, hour_ago, hour_ago - timedelta(1)):
            pass

    handler.handle({"index": DEFERRED}, Context(60_000))

    url = sqs.get_queue_url(QueueName="messages")["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    names = sorted(decode(one["Body"]).names for one in answer["Messages"])
    assert names == [("ada#m0",), ("ada#m1",), ("ada#m2",)]


def test_a_workspace_whose_rows_cannot_be_read_holds_up_no_other(late, dynamodb, profiles_table):
    key = keys.due("default", JUDGED, datetime.now(UTC) - timedelta(hours=2), fold_name([]))
    row = {**key._asdict(), "fold": b"of another format"}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(row))

    with pytest.raises(PermanentError, match="unknown format"):
        handler.handle(TICK, Context(60_000))
    assert late() == {("ada-other",)}


def test_without_time_nothing_is_begun(late):
    handler.handle(TICK, Context(handler.SPARE_MILLISECONDS - 1))
    assert late() == set()


def test_an_idle_tick_writes_no_metric(queue_url, capsys):
    handler.handle(TICK, Context(60_000))
    assert emitted(capsys) == {}
