"""A run of every hour and one that an operator asks for, as Lambda gets them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions.mend_waits import handler
from functions.mend_waits.usecase import Asked
from shared.aws.session import client
from shared.errors import InvalidInputError
from tests.functions.advance_journeys.world import WATCHED, World, ref_of
from tests.lambda_context import Context

ROLE = "arn:aws:iam::123456789012:role/journeys"
RUN_STEP = "arn:aws:lambda:us-east-1:123456789012:function:run_step"


@pytest.fixture
def world(
    dynamodb: Any,
    profiles_table: str,
    catalog_table: str,
    make_queue: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    queue_url = make_queue("all")
    environment = {
        "PROFILES_TABLE": profiles_table,
        "CATALOG_TABLE": catalog_table,
        "DUE_QUEUE_URL": queue_url,
        "WAKES_QUEUE_URL": queue_url,
        "MESSAGES_QUEUE_URL": queue_url,
        "BROADCAST_QUEUE_URL": queue_url,
        "ACTIONS_QUEUE_URL": queue_url,
        "RUN_STEP_ARN": RUN_STEP,
        "JOURNEY_ROLE_ARN": ROLE,
        "WORKSPACE_IDS": "default",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    cached = (handler._settings, handler._ports, handler._restarter)
    for each in cached:
        each.cache_clear()
    yield World(dynamodb)
    for each in cached:
        each.cache_clear()


def asked(**more: Any) -> dict[str, Any]:
    return {"reconcile": {"workspace_id": "default", **more}}


def test_who_stands_still_is_seen_by_whoever_only_looks(world: World, make_event: Any):
    """Starting it anew is seen on the stack: moto starts nothing on a version of a machine."""
    world.publish()
    world.deliver(make_event("cart"))
    before = world.rows()
    looked = handler.handle(asked(only_looks=True), Context(120_000))
    assert looked == {"found": {"ExecutionsGone": 1}, "left": {"ExecutionsGone": 1}, "next": None}
    assert world.rows() == before
    assert client("stepfunctions").list_state_machines()["stateMachines"] == []


def test_the_run_of_an_hour_sends_for_whom_nobody_woke(world: World, make_event: Any):
    world.publish(WATCHED.model_copy(update={"clock": "due_index"}), machine="")
    cart = make_event("cart")
    world.deliver(cart)
    assert handler.handle({}, Context(120_000)) == {"WaitsWithoutWake": 1}
    queue_url = handler._settings().wakes_queue_url
    messages = client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    assert ref_of(cart).enrolment_id in messages[0]["Body"]


def test_an_operator_who_has_little_time_hears_where_to_go_on(world: World):
    answer = handler.handle(asked(late_minutes=3), Context(0))
    json.dumps(answer)
    assert answer["found"] == {}
    assert Asked.from_json(answer["next"]) == Asked.from_json(asked(late_minutes=3)["reconcile"])


@pytest.mark.parametrize(
    "wrong", [{}, {"workspace_id": "default", "after": 3}, {"late_minutes": 1}]
)
def test_what_nobody_can_ask_for_is_refused(world: World, wrong: dict[str, Any]):
    with pytest.raises(InvalidInputError):
        handler.handle({"reconcile": wrong}, Context(120_000))
