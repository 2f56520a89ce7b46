"""The answer is 200 only when the queue has everything; else the client is told to come again."""

import gzip
import json
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from functions.ingest_events import handler
from functions.ingest_events.usecase import Ingest
from shared.aws.queues import MAX_CALL_BYTES, EventQueue
from shared.aws.write_keys import WriteKeys
from shared.domain.events.packing import MAX_MESSAGE_BYTES


class Sqs:
    """A queue that fails as it is told: for each call, the ids it refuses, or an exception."""

    def __init__(self, *troubles: set[str] | Exception) -> None:
        self.troubles = list(troubles)
        self.calls: list[list[str]] = []
        self.kept: list[str] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        self.calls.append([entry["Id"] for entry in Entries])
        trouble = self.troubles.pop(0) if self.troubles else set()
        if isinstance(trouble, Exception):
            raise trouble
        taken = [entry for entry in Entries if entry["Id"] not in trouble]
        self.kept += [entry["MessageBody"] for entry in taken]
        return {
            "Successful": [{"Id": entry["Id"]} for entry in taken],
            "Failed": [{"Id": each, "Code": "InternalError"} for each in sorted(trouble)],
        }


@pytest.fixture
def behind(world: Any, catalog_table: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put another queue behind the function."""

    def behind(sqs: Sqs) -> Sqs:
        queue = EventQueue(sqs, "queue", pause=lambda _: None)
        ingest = Ingest(WriteKeys(world.dynamodb, catalog_table), queue, handler._observe)
        monkeypatch.setattr(handler, "_ingest", lambda: ingest)
        return sqs

    return behind


def test_an_entry_that_failed_is_sent_again(world: Any, good: Any, behind: Any) -> None:
    sqs = behind(Sqs({"0"}, {"0"}))
    assert world.send({"batch": [good]})[0] == 200
    assert sqs.calls == [["0"], ["0"], ["0"]]
    assert len(sqs.kept) == 1


def test_only_what_failed_is_sent_again(world: Any, good: Any, behind: Any) -> None:
    sqs = behind(Sqs({"1"}))
    batch = [{**good, "properties": {"a": "x" * 14_000}} for _ in range(30)]
    assert world.send(gzip.compress(json.dumps({"batch": batch}).encode()))[0] == 200
    assert sum(len(json.loads(body)["events"]) for body in sqs.kept) == 30
    assert all(len(body) <= MAX_MESSAGE_BYTES for body in sqs.kept)


def test_the_client_is_told_to_come_again_when_an_entry_keeps_failing(
    world: Any, good: Any, behind: Any
) -> None:
    behind(Sqs(*[{"0"}] * 9))
    status, body, headers = world.send({"batch": [good]})
    assert (status, body["success"], body["code"]) == (503, False, "unavailable")
    assert int(headers["retry-after"]) > 0
    assert "send it again" in body["message"]


@pytest.mark.parametrize(
    "answer", [{}, {"Successful": []}, {"Failed": []}, {"Successful": [{"Id": "7"}]}]
)
def test_an_entry_of_which_the_queue_says_nothing_counts_as_failed(
    world: Any, good: Any, behind: Any, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    sqs = behind(Sqs())
    monkeypatch.setattr(sqs, "send_message_batch", lambda **_: answer)
    assert world.send({"batch": [good]})[0] == 503


def test_a_queue_that_cannot_be_reached_is_for_the_client_to_try_later(
    world: Any, good: Any, behind: Any
) -> None:
    behind(Sqs(ConnectTimeoutError(endpoint_url="https://sqs")))
    status, body, headers = world.send({"batch": [good]})
    assert (status, body["code"]) == (503, "unavailable")
    assert headers["retry-after"]


def test_a_queue_that_is_not_there_is_an_error_of_ours(world: Any, good: Any) -> None:
    world.sqs.delete_queue(QueueUrl=world.queue_url)
    status, body, _ = world.send({"batch": [good]})
    assert (status, body["code"]) == (500, "internal")
    assert "QueueDoesNotExist" in world.log.getvalue()


def test_a_catalog_that_is_not_there_is_an_error_of_ours(
    world: Any, good: Any, catalog_table: str
) -> None:
    world.dynamodb.delete_table(TableName=catalog_table)
    status, body, _ = world.send({"batch": [good]})
    assert (status, body) == (
        500,
        {
            "success": False,
            "code": "internal",
            "message": "something went wrong on our side",
            "details": [],
        },
    )


def test_a_rejected_event_is_not_a_reason_to_come_again(world: Any, good: Any, behind: Any) -> None:
    """The whole batch is sent again after a 503, so what is named must be named then."""
    behind(Sqs({"0"}, {"0"}, {"0"}, {"0"}))
    assert world.send({"batch": [good, 7]})[0] == 503
    status, body, _ = world.send({"batch": [good, 7]})
    assert (status, body["accepted"], len(body["rejected"])) == (200, 1, 1)


def test_the_largest_batch_fits_through_the_queue(world: Any) -> None:
    event = {"type": "track", "event": "e", "userId": "知", "messageId": "m"}
    batch = [{**event, "properties": {"a": "x" * 90}}] * 2_500
    assert world.send(json.dumps({"batch": batch}, ensure_ascii=False).encode())[0] == 200
    messages = world.messages()
    assert sum(len(json.loads(body)["events"]) for body in messages) == 2_500
    whole = sum(len(body.encode()) for body in messages)
    assert len(messages) == -(-whole // MAX_MESSAGE_BYTES)
    assert max(len(body.encode()) for body in messages) <= MAX_MESSAGE_BYTES < MAX_CALL_BYTES
