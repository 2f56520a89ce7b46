"""A call of a state machine as Lambda gets it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from functions.run_step import handler
from shared.aws import keys
from shared.aws.session import client
from shared.domain.events.model import Event
from shared.domain.messages.model import MessageRequest
from shared.errors import EnrolmentEndedError, PermanentError
from tests.functions.advance_journeys.test_handler import Context
from tests.functions.advance_journeys.world import World, ref_of
from tests.functions.run_step.answers import led

SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def queue_url(make_queue: Callable[[str], str]) -> str:
    return make_queue("messages")


@pytest.fixture
def world(
    dynamodb: Any, profiles_table: str, catalog_table: str, queue_url: str, monkeypatch: Any
) -> Any:
    monkeypatch.setenv("PROFILES_TABLE", profiles_table)
    monkeypatch.setenv("CATALOG_TABLE", catalog_table)
    monkeypatch.setenv("MESSAGES_QUEUE_URL", queue_url)
    monkeypatch.setenv("BROADCAST_QUEUE_URL", queue_url)
    monkeypatch.setenv("ACTIONS_QUEUE_URL", queue_url)
    handler._run_step.cache_clear()
    made = World(dynamodb)
    made.publish()
    yield made
    handler._run_step.cache_clear()


def sample(name: str, cart: Event) -> dict[str, Any]:
    text = (SAMPLES / f"{name}.json").read_text()
    data: dict[str, Any] = json.loads(text.replace("ENROLMENT", ref_of(cart).enrolment_id))
    return data


def test_a_step_is_performed_and_its_message_handed_over(
    world: World, make_event: Callable[..., Event], queue_url: str
):
    cart = make_event("cart")
    world.deliver(cart)
    answer = handler.handle(sample("perform", cart), Context())
    assert led(answer) == {"next": "watch", "wake_at": None}
    [message] = client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    request = MessageRequest.from_body(message["Body"])
    assert (request.step, request.template_id, request.purpose) == ("hello", "hello", "marketing")
    assert handler.handle(sample("listen", cart), Context()) is None
    assert "AQCEAAAA" in world.row(keys.enrolment(request.enrolment_id))["task"]


def test_errors_go_out_by_the_names_that_the_machine_catches(
    world: World, make_event: Callable[..., Event]
):
    cart = make_event("cart")
    with pytest.raises(EnrolmentEndedError):
        handler.handle(sample("perform", cart), Context())
    world.deliver(cart)
    with pytest.raises(PermanentError):
        handler.handle(sample("listen", cart), Context())
