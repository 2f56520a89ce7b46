"""write_lake copies events and changes of identity; a batch that fails comes again."""

import json
from copy import deepcopy
from pathlib import Path

import pytest

from functions.write_lake import handler
from shared.aws.lake_writer import LakeStream
from shared.errors import TransientError

ANONYMOUS, USER = "9f8c2f0a6d1b4e57a3c0d2e4f6a8b0c1", "1b0c2d3e4f5061728394a5b6c7d8e9f0"
STREAM = "2026-11-22T00:00:00.000"
BATCH = json.loads((Path(__file__).parent / "samples" / "stream_batch.json").read_text())


class Firehose:
    """Keeps what it takes; refuses everything while it is out."""

    def __init__(self):
        self.rows = {"events": [], "identities": []}
        self.calls = []
        self.out = False

    def put_record_batch(self, DeliveryStreamName, Records):  # noqa: N803
        self.calls.append(DeliveryStreamName)
        if self.out:
            return {"RequestResponses": [{"ErrorCode": "ServiceUnavailable"} for _ in Records]}
        for record in Records:
            rows = [json.loads(line) for line in record["Data"].decode().splitlines()]
            self.rows[DeliveryStreamName] += rows
        return {"RequestResponses": [{"RecordId": "1"} for _ in Records]}


class Context:
    function_name = "write_lake"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:write_lake"
    aws_request_id = "request"


@pytest.fixture
def firehose(monkeypatch):
    fake = Firehose()
    streams = tuple(LakeStream(fake, name, lambda _: None) for name in ("events", "identities"))
    monkeypatch.setattr(handler, "_streams", lambda: streams)
    return fake


def test_new_events_are_written_with_the_strand_in_which_they_lie(firehose):
    handler.handle(deepcopy(BATCH), Context())
    first, second = firehose.rows["events"]
    assert (first["strand_id"], first["message_id"]) == (ANONYMOUS, "c-1")
    assert (second["strand_id"], second["user_id"]) == (USER, "u-1")
    assert first["revenue"] == "11.77"
    assert json.loads(first["properties"]) == {"revenue": 11.77, "product": "茶"}
    assert json.loads(second["traits"]) == {"city": "上海"}
    assert first["occurred_at"] == "2026-11-22T08:30:00.000Z"


def test_only_strands_that_ever_changed_hands_have_a_row_and_the_last_write_counts(firehose):
    handler.handle(deepcopy(BATCH), Context())
    assert firehose.rows["identities"] == [
        {
            "workspace_id": "default",
            "strand_id": ANONYMOUS,
            "profile_id": USER,
            "position": f"{STREAM}#{'700000000000000000005'.zfill(40)}",
        },
        {
            "workspace_id": "default",
            "strand_id": USER,
            "profile_id": USER,
            "position": f"{STREAM}#{'700000000000000000006'.zfill(40)}",
        },
    ]


def test_expired_rows_and_other_bookkeeping_are_not_history(firehose):
    handler.handle(deepcopy(BATCH), Context())
    assert {row["message_id"] for row in firehose.rows["events"]} == {"c-1", "c-2"}


def test_a_batch_takes_one_call_for_each_table_and_who_is_who_goes_first(firehose):
    handler.handle(deepcopy(BATCH), Context())
    assert firehose.calls == ["identities", "events"]


def test_a_batch_without_events_or_changes_calls_nobody(firehose):
    handler.handle({"Records": BATCH["Records"][6:]}, Context())
    assert firehose.calls == []


def test_a_lake_out_of_reach_lets_the_batch_come_again(firehose):
    firehose.out = True
    with pytest.raises(TransientError):
        handler.handle(deepcopy(BATCH), Context())
    firehose.out = False
    handler.handle(deepcopy(BATCH), Context())
    assert len(firehose.rows["events"]) == 2


def test_no_data_of_people_is_logged(firehose, capsys):
    firehose.out = True
    with pytest.raises(TransientError):
        handler.handle(deepcopy(BATCH), Context())
    firehose.out = False
    handler.handle(deepcopy(BATCH), Context())
    said = "".join(capsys.readouterr())
    assert "EventsWrittenToLake" in said
    for mark in ("茶", "上海", "u-1", "a-7", "11.77"):
        assert mark not in said
