"""What providers tell of messages: believed once, before our own word, after it, and instead."""

from typing import Any

import pytest

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_store import MessageStore
from shared.domain.messages.decision import Send
from shared.domain.messages.model import MessageRequest, SmsTemplate
from shared.domain.messages.outcome import Outcome
from tests.crash.faults import Line
from tests.functions.dispatch_message.world import NOON, PROFILES, World

SEND = Send(SmsTemplate(template_id="reminder", text="Hello"), "+14255550123", consent_matters=True)
SENT = Outcome(status="sent", channel="sms", provider="sns", provider_message_id="id-1")
UNKNOWN = Outcome(status="unknown", channel="sms", reason="no_answer", provider="sns")
REJECTED = Outcome(status="rejected", channel="sms", reason="provider_rejected", provider="sns")


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    world.add_person("ada", first_name="Ada", phone="+14255550123")
    return world


def claimed(world: World) -> tuple[MessageStore, MessageRequest]:
    store, request = world.store(), world.request("ada", "reminder")
    state = store.load(request)
    assert state
    assert store.claim(request, state, SEND, NOON) is None
    return store, request


def tell(store: MessageStore, request: MessageRequest, **said: Any) -> bool:
    ids = request.workspace_id, request.profile_id, request.message_id
    return store.settle_from_provider(*ids, now=NOON, **{"provider_message_id": "id-1", **said})


def sent_events(world: World) -> list[str]:
    return [event.message_id for event in world.timeline("ada")]


def test_what_we_do_not_know_the_provider_settles_once(world: World):
    store, request = claimed(world)
    store.settle(request, UNKNOWN, NOON)
    assert world.tally("sms") == {"unknown": 1}

    assert tell(store, request)
    assert not tell(store, request)

    row = world.message(request)
    assert (row["status"], row["provider"], row["provider_message_id"]) == ("sent", "sns", "id-1")
    assert "reason" not in row
    assert {s: n for s, n in world.tally("sms").items() if n} == {"sent": 1}
    assert sent_events(world) == ["sent:m-ada-reminder"]


@pytest.mark.parametrize("ours", [SENT, UNKNOWN, REJECTED])
def test_the_provider_may_tell_before_we_have_written_its_answer(world: World, ours: Outcome):
    store, request = claimed(world)
    assert tell(store, request, provider="sns")
    store.settle(request, ours, NOON)
    store.release(request, "slow down", SEND)
    store.go_on(request, "no", 1, SEND)

    assert world.message(request)["status"] == "sent"
    assert world.tally("sms") == {"sent": 1}
    assert sent_events(world) == ["sent:m-ada-reminder"]


def test_what_was_given_back_and_was_taken_all_the_same_is_not_sent_again(world: World):
    store, request = claimed(world)
    store.release(request, "slow down", SEND)
    assert tell(store, request)
    state = store.load(request)
    assert state
    assert state.status == "sent"
    assert world.dispatch().dispatch(request) is None
    assert world.mailbox.calls == []


def test_who_is_erased_while_the_provider_tells_has_no_message_afterwards(world: World):
    store, request = claimed(world)
    store.release(request, "slow down", SEND)
    key = {"pk": keys.person("default", "ada"), "sk": keys.message(request.message_id)}

    def erase(number: int) -> None:
        if number == 2:  # between the look and the write
            world.dynamodb.delete_item(TableName=PROFILES, Key=to_item(key))

    assert world.message(request)["status"] == "requested"
    assert not tell(world.store(Line(hook=erase).around(world.dynamodb)), request)
    assert world.message(request) == {}
    assert sent_events(world) == []


def test_a_provider_may_refuse_what_we_do_not_know_of(world: World):
    store, request = claimed(world)
    store.settle(request, UNKNOWN, NOON)
    assert tell(store, request, status="rejected", detail="virus")

    row = world.message(request)
    assert (row["status"], row["reason"], row["detail"]) == (
        "rejected",
        "provider_rejected",
        "virus",
    )
    assert sent_events(world) == []


def test_nothing_is_told_of_what_was_never_handed_over(world: World):
    store, request = world.store(), world.request("ada", "reminder")
    assert not tell(store, request)
    assert world.message(request) == {}
    suppressed = Outcome(status="suppressed", channel="sms", reason="suppressed")
    store.settle(request, suppressed, NOON)
    assert not tell(store, request)
    assert world.message(request)["status"] == "suppressed"
