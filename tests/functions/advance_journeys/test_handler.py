"""A batch from the journeys queue as Lambda gets it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from events.catalog import SAMPLES as EVENTS
from functions.advance_journeys import handler
from shared.aws.session import client
from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.messages.model import MessageRequest
from tests.functions.advance_journeys.world import MACHINE, WATCHED, World, later

SAMPLES = Path(__file__).parent / "samples"


class Context:
    function_name = "advance_journeys"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:advance_journeys"
    aws_request_id = "59a4f5a8"


@pytest.fixture
def world(
    dynamodb: Any, profiles_table: str, catalog_table: str, make_queue: Any, monkeypatch: Any
) -> Any:
    monkeypatch.setenv("PROFILES_TABLE", profiles_table)
    monkeypatch.setenv("CATALOG_TABLE", catalog_table)
    for queue in ("MESSAGES", "BROADCAST", "ACTIONS", "WAKES"):
        monkeypatch.setenv(f"{queue}_QUEUE_URL", make_queue(queue.lower()))
    handler._wiring.cache_clear()
    stepfunctions = client("stepfunctions")
    role = "arn:aws:iam::123456789012:role/journeys"
    graph = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
    stepfunctions.create_state_machine(
        name="rapport-default-watched", definition=graph, roleArn=role, publish=True
    )
    made = World(dynamodb)
    made.publish(machine=MACHINE.removesuffix(":1"))  # moto starts no versions
    yield made
    handler._wiring.cache_clear()


def test_only_the_record_that_cannot_be_read_comes_back(world: World):
    batch = json.loads((SAMPLES / "sqs_batch.json").read_text())
    unreadable = batch["Records"][2]["messageId"]
    for _ in range(2):  # delivered again as a whole
        answer = handler.handle(batch, Context())
        assert answer == {"batchItemFailures": [{"itemIdentifier": unreadable}]}
    assert world.tally() == {"started": 1, "exited:segment:entered:lost": 1}
    [execution] = client("stepfunctions").list_executions(
        stateMachineArn=MACHINE.removesuffix(":1")
    )["executions"]
    assert execution["status"] == "ABORTED"


def test_a_merge_leaves_one_enrolment_of_two(world: World, make_event: Any):
    for strand, minutes in (("ada", 5), ("bob", 0)):
        world.happens(make_event("cart", at=later(minutes=minutes)), strand)
    world.merge()
    merged = json.loads((EVENTS / "ProfileMerged.json").read_text())
    body = {"detail": {**merged, "profile_id": "ada", "absorbed_ids": ["bob"]}}
    batch = {"Records": [{"messageId": "1", "body": json.dumps(body)}]}
    for _ in range(2):
        assert handler.handle(batch, Context()) == {"batchItemFailures": []}
    assert world.tally() == {"started": 2, "exited:merged": 1}


def test_what_entries_ask_for_goes_out_together_or_the_whole_batch_comes_again(
    world: World, make_event: Any, monkeypatch: Any
):
    world.publish(WATCHED.model_copy(update={"clock": "due_index"}), machine="")
    carts = {strand: make_event("cart", at=later(minutes=1)) for strand in ("ada", "bob")}
    sample = json.loads((EVENTS / "EventMatched.json").read_text())
    facts = [
        {**sample, "profile_id": strand, "event": {**sample["event"], **told(cart)}}
        for strand, cart in carts.items()
    ]
    bodies = [json.dumps({"detail": {**one, "occurred_at": AT}}) for one in facts]
    batch = {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]}
    url = os.environ["MESSAGES_QUEUE_URL"]
    monkeypatch.setenv("MESSAGES_QUEUE_URL", f"{url}-that-is-gone")
    with pytest.raises(ClientError):
        handler.handle(batch, Context())
    assert len(world.begun()) == 2, "both have entered"
    monkeypatch.setenv("MESSAGES_QUEUE_URL", url)
    handler._wiring.cache_clear()
    assert handler.handle(batch, Context()) == {"batchItemFailures": []}
    found = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    asked = [MessageRequest.from_body(message["Body"]) for message in found]
    assert {(one.profile_id, one.step) for one in asked} == {("ada", "hello"), ("bob", "hello")}
    assert len(asked) == 2


AT = format_instant(later(minutes=1))


def told(event: Event) -> dict[str, Any]:
    return {"message_id": event.message_id, "name": "cart", "received_at": AT, "properties": {}}
