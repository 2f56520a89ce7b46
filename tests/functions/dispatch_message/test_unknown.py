"""What becomes of messages of which nobody knows: the provider tells, or a rule holds."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.domain.messages.model import MessageRequest
from tests.crash.tiny_store import TinyStore
from tests.functions.dispatch_message.world import NOON, SETTINGS, World

HOUR = timedelta(hours=1)
AGAIN = {**SETTINGS, "resend_unknown_after": "PT1H"}


def lost(address: str) -> Exception:
    return ReadTimeoutError(endpoint_url="https://aws.example")


def make_world(settings: dict[str, Any], purpose: str) -> tuple[World, MessageRequest]:
    """Somebody whose message was handed over, and whose provider did not answer."""
    world = World(TinyStore())
    world.set_catalog("SETTINGS", settings)
    world.add_person("ada", first_name="Ada", email="ada@example.com")
    request = world.request("ada", purpose=purpose)
    world.mailbox.refuse(lost)
    assert world.dispatch().dispatch(request) == "unknown"
    world.mailbox.refuse(lambda address: None)
    return world, request


def come_back(world: World, after: timedelta) -> list[str | None]:
    world.clock.now = NOON + after
    dispatch = world.dispatch()
    due = [one for one in world.put_off() if one.due_at <= world.clock.now]
    return [dispatch.wake("default", one.name, one.due_at) for one in due]


@pytest.mark.parametrize(
    ("settings", "purpose"), [(SETTINGS, "transactional"), (AGAIN, "marketing"), (AGAIN, "service")]
)
def test_it_stays_unknown_unless_the_operator_says_otherwise_of_a_receipt(settings, purpose):
    world, request = make_world(settings, purpose)
    assert come_back(world, timedelta(days=9)) == []
    assert world.dispatch().dispatch(request) is None
    assert world.message(request)["status"] == "unknown"
    assert len(world.mailbox.calls) == 1


def test_a_receipt_is_sent_once_more_when_the_operator_wants_it():
    world, request = make_world(AGAIN, "transactional")
    assert world.dispatch().dispatch(request) is None
    assert come_back(world, HOUR - timedelta(minutes=1)) == []
    assert come_back(world, HOUR) == ["sent"]
    assert come_back(world, 2 * HOUR) == [None]
    row = world.message(request)
    assert (row["status"], row["attempts"]) == ("sent", 2)
    assert "again_at" not in row
    assert {name: n for name, n in world.tally("email").items() if n} == {"sent": 1}


def test_it_is_sent_once_more_and_never_a_third_time():
    world, _ = make_world(AGAIN, "transactional")
    world.mailbox.refuse(lost)
    assert come_back(world, HOUR) == ["unknown"]
    assert come_back(world, 9 * HOUR) == [None]
    assert len(world.mailbox.calls) == 2
    assert world.tally("email") == {"unknown": 1}


def test_a_receipt_that_the_provider_tells_of_meanwhile_is_not_sent_again():
    world, request = make_world(AGAIN, "transactional")
    ids = request.workspace_id, request.profile_id, request.message_id
    assert world.store().settle_from_provider(*ids, now=world.clock.now)
    assert come_back(world, HOUR) == [None]
    assert len(world.mailbox.calls) == 1
    assert world.message(request)["status"] == "sent"


def test_who_left_the_journey_gets_no_second_receipt():
    world, _ = make_world(AGAIN, "transactional")
    world.enrol("ada", "exited")
    assert come_back(world, HOUR) == ["suppressed"]
    assert len(world.mailbox.calls) == 1
