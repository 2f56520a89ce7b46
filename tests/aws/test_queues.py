"""Messages go out in as few calls as they fit in, and nothing that was not confirmed counts."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from shared.aws import session
from shared.aws.queues import (
    MAX_CALL_BYTES,
    MAX_CALL_MESSAGES,
    PAUSES_SECONDS,
    EventQueue,
    Queue,
)
from shared.domain.events.packing import MAX_MESSAGE_BYTES, decode, encode
from shared.errors import TransientError


class Sqs:
    """Keeps every call; takes everything."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, str]]) -> Any:  # noqa: N803
        self.calls.append([entry["MessageBody"] for entry in Entries])
        assert len({entry["Id"] for entry in Entries}) == len(Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@given(sizes=st.lists(st.integers(1, MAX_MESSAGE_BYTES), max_size=40))
def test_calls_keep_the_limits_and_the_order(sizes: list[int]) -> None:
    sqs = Sqs()
    bodies = [f"{number:02d}".ljust(length, "x") for number, length in enumerate(sizes)]

    Queue(sqs, "queue").send(bodies)

    assert [body for call in sqs.calls for body in call] == bodies
    for call in sqs.calls:
        assert len(call) <= MAX_CALL_MESSAGES
        assert sum(map(len, call)) <= MAX_CALL_BYTES


def test_nothing_is_sent_for_nothing() -> None:
    sqs = Sqs()
    EventQueue(sqs, "queue").send_events([])
    assert sqs.calls == []


def test_bytes_and_not_characters_are_counted() -> None:
    sqs = Sqs()
    Queue(sqs, "queue").send(["知" * 50_000] * 2)
    assert [len(call) for call in sqs.calls] == [1, 1]


def test_events_arrive_as_they_were_sent(dynamodb: Any, make_queue: Any, make_event: Any) -> None:
    sqs, url = session.client("sqs"), make_queue("events")
    events = [make_event(properties={"city": "上海", "odd": "\x00\ufffe🎉"}) for _ in range(3)]

    EventQueue(sqs, url).send_events(encode(event) for event in events)

    (message,) = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert decode(message["Body"]) == events


def test_plain_data_arrives_as_json(dynamodb: Any, make_queue: Any) -> None:
    sqs, url = session.client("sqs"), make_queue("messages")
    Queue(sqs, url).send_json({"v": 1, "odd": "\ufffe知\ud800"})
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"v": 1, "odd": "\ufffe知\ud800"}


def answering(*answers: Any) -> tuple[Any, list[float], Stubber]:
    """A real client with these answers of the service, and the pauses made between attempts."""
    client = botocore.session.get_session().create_client("sqs", region_name="us-east-1")
    stub = Stubber(client)
    for answer in answers:
        if isinstance(answer, tuple):
            code, status = answer
            stub.add_client_error("send_message_batch", code, http_status_code=status)
        else:
            taken = [
                {"Id": each, "MessageId": each, "MD5OfMessageBody": "0"}
                for each in "012"
                if each not in answer
            ]
            failed = [{"Id": each, "SenderFault": False, "Code": "x"} for each in answer]
            stub.add_response("send_message_batch", {"Successful": taken, "Failed": failed})
    stub.activate()
    return client, [], stub


def test_what_failed_is_sent_again_with_growing_pauses() -> None:
    client, pauses, stub = answering({"0", "1"}, {"1"}, {"1"}, set())
    Queue(client, "https://queue", pauses.append).send("abc")
    assert pauses == list(PAUSES_SECONDS)
    stub.assert_no_pending_responses()


def test_what_keeps_failing_is_reported() -> None:
    client, pauses, _ = answering(*[{"2"}] * (len(PAUSES_SECONDS) + 1))
    with pytest.raises(TransientError, match="send it again"):
        Queue(client, "https://queue", pauses.append).send("abc")


@pytest.mark.parametrize("error", [("ThrottlingException", 400), ("InternalError", 500)])
def test_a_busy_service_is_for_later(error: tuple[str, int]) -> None:
    client, pauses, _ = answering(error)
    with pytest.raises(TransientError):
        Queue(client, "https://queue", pauses.append).send("a")


def test_a_missing_permission_is_not_for_later() -> None:
    client, pauses, _ = answering(("AccessDenied", 403))
    with pytest.raises(ClientError):
        Queue(client, "https://queue", pauses.append).send("a")


def test_a_broken_connection_is_for_later() -> None:
    class Unreachable:
        def send_message_batch(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://sqs")

    with pytest.raises(TransientError):
        Queue(Unreachable(), "queue").send("a")
