"""The message store: a claim that checks everything at once, and an outcome counted once."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.message_store import MessageStore, Refusal
from shared.domain.consents.in_force import allows
from shared.domain.events.own import OWN_SOURCE
from shared.domain.messages.decision import Send
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.sent import message_sent
from shared.errors import ConflictError, TransientError
from tests.functions.dispatch_message.world import NOON, PROFILES, World

SEND = Send(SmsTemplate(template_id="reminder", text="Hello"), "+14255550123", consent_matters=True)
SENT = Outcome(status="sent", channel="sms", provider="sns", provider_message_id="id-1")
SUPPRESSED = Outcome(status="suppressed", channel="sms", reason="suppressed", detail="why")


def claim(store: MessageStore, request: MessageRequest, send: Send) -> Refusal | None:
    """Claim a message on what there is to see at this moment."""
    state = store.load(request)
    assert state
    return store.claim(request, state, send, NOON)


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    world.add_person("ada", first_name="Ada", phone="+14255550123")
    return world


@pytest.fixture
def store(world: World) -> MessageStore:
    return world.store()


@pytest.fixture
def request_(world: World) -> MessageRequest:
    return world.request("ada", "reminder")


def test_a_message_is_loaded_with_traits_and_consent(
    world: World, store: MessageStore, request_: MessageRequest
):
    state = store.load(request_)

    assert state
    assert (state.status, state.attempts, state.claimed_at) == ("requested", 0, None)
    assert state.person.traits == {"first_name": "Ada", "phone": "+14255550123"}
    assert allows(state.person.consents, "marketing")

    world.consent("ada", granted=False)
    state = store.load(request_)
    assert state
    assert not allows(state.person.consents, "marketing")


def test_a_person_of_whom_nothing_is_known_has_no_traits_and_no_consent(
    world: World, store: MessageStore
):
    assert store.load(world.request("nobody")) is None
    world.put_person_row("nobody", keys.PROFILE, profile_id="nobody", traits="{}")
    state = store.load(world.request("nobody"))

    assert state
    assert state.person.traits == {}
    assert state.person.consents == {}


def test_a_message_has_no_row_before_it_is_claimed_and_says_then_what_was_asked_for(
    store: MessageStore, world: World, request_: MessageRequest
):
    assert world.message(request_) == {}
    assert claim(store, request_, SEND) is None
    row = world.message(request_)
    assert {"workspace_id", "profile_id", "message_id"}.isdisjoint(row)
    assert row["requested_at"] == "2026-11-22T12:00:00.000Z"
    known = {**row, "workspace_id": "default", "profile_id": "ada", "message_id": "m-ada-reminder"}
    names = [field.name for field in fields(MessageRequest) if field.name in known]
    body = json.dumps({"v": 1, "message": {name: known[name] for name in names}})
    assert MessageRequest.from_body(body) == request_


def test_a_message_whose_enrolment_gave_its_slot_to_the_next_still_goes_out(
    store: MessageStore, world: World
):
    first, second = "a" * 32, "a" * 12 + "b" * 20
    for sk, name, status in (
        (keys.enrolment(first), second, "active"),
        (keys.past_enrolment(first), first, "completed"),
    ):
        world.put_person_row("ada", sk, enrolment_id=name, status=status, journey_id="hello")
    past = world.request("ada", "reminder", enrolment_id=first)
    assert claim(store, past, SEND) is None
    cut = world.request("ada", "reminder", enrolment_id="a" * 12 + "c" * 20, message_id="cut")
    assert claim(store, cut, SEND) == "enrolment_ended"
    assert world.message(cut) == {}


@pytest.mark.parametrize(
    ("status", "ended_by"),
    [
        ("active", None),
        ("completed", None),  # a row from before it was kept
        ("completed", "requested"),
        ("exited", "exit_step"),  # its own end: what it asked for before goes out
    ],
)
def test_a_claim_is_written_down_with_where_it_goes(
    world: World, store: MessageStore, request_: MessageRequest, status: str, ended_by: str | None
):
    world.enrol("ada", status, ended_by)

    assert claim(store, request_, SEND) is None

    row = world.message(request_)
    assert row["status"] == "claimed"
    assert row["claimed_at"] == "2026-11-22T12:00:00.000Z"
    assert (row["attempts"], row["channel"], row["address"]) == (1, "sms", "+14255550123")


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("enrolment_ended", lambda world: world.enrol("ada", "exited")),
        ("enrolment_ended", lambda world: world.enrol("ada", "exited", "exit_rule")),
        ("enrolment_ended", lambda world: world.enrol("ada", "completed", "goal")),
        ("suppressed", lambda world: world.suppress("sms", "+14255550123")),
        ("consents_changed", lambda world: world.consent("ada", granted=False)),
        ("consents_changed", lambda world: world.consent("ada", granted=True)),
        ("consents_changed", lambda world: world.forget_consent("ada")),
    ],
)
def test_a_claim_is_refused_with_exactly_the_reason_that_holds(
    world: World,
    store: MessageStore,
    request_: MessageRequest,
    reason: str,
    spoil: Callable[[World], None],
):
    state = store.load(request_)
    assert state
    spoil(world)

    assert store.claim(request_, state, SEND, NOON) == reason
    assert world.message(request_) == {}


def test_a_claim_without_need_of_consent_does_not_ask_for_it(
    world: World, store: MessageStore, request_: MessageRequest
):
    state = store.load(request_)
    assert state
    world.consent("ada", granted=False)
    send = Send(SEND.template, SEND.address, consent_matters=False)

    assert store.claim(request_, state, send, NOON) is None


def test_where_nothing_was_said_a_claim_sees_that_nothing_was_said_since(
    world: World, store: MessageStore, request_: MessageRequest
):
    world.forget_consent("ada")
    state = store.load(request_)
    assert state
    assert store.claim(request_, state, SEND, NOON) is None

    again = world.request("ada", "reminder", message_id="m-2")
    state = store.load(again)
    assert state
    world.consent("ada", granted=False)
    assert store.claim(again, state, SEND, NOON) == "consents_changed"


def test_an_address_is_suppressed_in_every_spelling(world: World, store: MessageStore):
    world.suppress("email", "ada@example.com")
    template = EmailTemplate(template_id="welcome", subject="Hello", html="<p>Hello</p>")
    send = Send(template, "Ada@Example.COM", consent_matters=True)

    assert claim(store, world.request("ada"), send) == "suppressed"


def test_of_two_claims_one_wins(store: MessageStore, request_: MessageRequest):
    assert claim(store, request_, SEND) is None
    with pytest.raises(ConflictError):
        claim(store, request_, SEND)


def test_an_outcome_is_written_and_counted_once(
    world: World, store: MessageStore, request_: MessageRequest
):
    claim(store, request_, SEND)
    store.settle(request_, SENT, NOON + timedelta(seconds=1))
    store.settle(request_, SENT, NOON + timedelta(seconds=9))

    row = world.message(request_)
    assert (row["status"], row["provider"], row["provider_message_id"]) == ("sent", "sns", "id-1")
    assert row["settled_at"] == "2026-11-22T12:00:01.000Z"
    assert world.tally("sms") == {"sent": 1}


def test_a_message_that_was_sent_is_an_event_of_the_person(
    world: World, store: MessageStore, request_: MessageRequest
):
    claim(store, request_, SEND)
    store.settle(request_, SENT, NOON + timedelta(microseconds=1_234_567))
    store.settle(request_, SENT, NOON + timedelta(seconds=9))

    at = NOON + timedelta(milliseconds=1_234)
    assert world.timeline("ada") == [message_sent(request_, "sms", at)]
    (told,) = world.timeline("ada")
    assert (told.name, told.message_id, told.type) == (
        "$message_sent",
        "sent:m-ada-reminder",
        "track",
    )
    assert told.occurred_at == told.timestamp == told.received_at == at
    assert (told.source_id, told.server, told.user_id) == (OWN_SOURCE, True, None)
    assert told.properties == {
        "journey_id": "hello",
        "template_id": "reminder",
        "step": "greet",
        "channel": "sms",
        "message_id": "m-ada-reminder",
        "purpose": "marketing",
        "topic": "",
    }


@pytest.mark.parametrize("status", ["unknown", "rejected", "suppressed"])
def test_no_other_end_of_a_message_is_told(
    world: World, store: MessageStore, request_: MessageRequest, status: Any
):
    if status != "suppressed":
        claim(store, request_, SEND)
    store.settle(request_, Outcome(status=status, channel="sms"), NOON)
    assert world.message(request_)["status"] == status
    assert world.timeline("ada") == []


def test_nothing_is_told_of_a_message_that_was_erased_while_it_was_sent(
    world: World, store: MessageStore, request_: MessageRequest
):
    claim(store, request_, SEND)
    sk = keys.message(request_.message_id)
    key = to_item({"pk": keys.person("default", "ada"), "sk": sk})
    world.dynamodb.delete_item(TableName=PROFILES, Key=key)
    store.settle(request_, SENT, NOON)
    assert world.timeline("ada") == []
    assert world.tally("sms") == {}


def test_a_final_status_is_final(world: World, store: MessageStore, request_: MessageRequest):
    store.settle(request_, SUPPRESSED, NOON)
    store.settle(request_, SENT, NOON)
    with pytest.raises(ConflictError):
        claim(store, request_, SEND)
    store.release(request_, "throttled", SEND)

    row = world.message(request_)
    assert (row["status"], row["reason"], row["detail"]) == ("suppressed", "suppressed", "why")
    assert world.tally("sms") == {"suppressed": 1}


def test_a_released_message_can_be_claimed_again(
    world: World, store: MessageStore, request_: MessageRequest
):
    claim(store, request_, SEND)
    store.release(request_, "Throttling: slow down", SEND)

    row = world.message(request_)
    assert (row["status"], row["attempts"]) == ("requested", 1)
    assert row["detail"] == "Throttling: slow down"
    state = store.load(request_)
    assert state
    assert state.attempts == 1
    assert claim(store, request_, SEND) is None


BROADCAST = {"broadcast_id": "b1"}
REJECTED = Outcome(status="rejected", channel="sms", reason="provider_rejected", provider="sns")
UNKNOWN = Outcome(status="unknown", channel="sms", reason="no_answer", provider="sns")
ENDS: dict[str, tuple[Callable[[MessageStore, MessageRequest], None], Refusal | None]] = {
    "given back": (lambda store, it: store.release(it, "busy", SEND), None),
    "goes on by another channel": (lambda store, it: store.go_on(it, "no", 1, SEND), None),
    "rejected": (lambda store, it: store.settle(it, REJECTED, NOON, claimed=SEND), None),
    "sent": (lambda store, it: store.settle(it, SENT, NOON, claimed=SEND), "shared_address"),
    "unknown": (lambda store, it: store.settle(it, UNKNOWN, NOON, claimed=SEND), "shared_address"),
    "claimed": (lambda store, it: None, "shared_address"),
}


@pytest.mark.parametrize("end", ENDS)
def test_whoever_shares_an_address_gets_the_broadcast_that_was_surely_not_sent(
    world: World, store: MessageStore, end: str
):
    world.add_person("bob", first_name="Bob", phone="+14255550123")
    first, second = (world.request(name, "reminder", **BROADCAST) for name in ("ada", "bob"))
    assert claim(store, first, SEND) is None
    assert claim(store, second, SEND) == "shared_address"
    ending, refusal = ENDS[end]
    ending(store, first)
    assert claim(store, second, SEND) == refusal
    assert claim(store, world.request("bob", "reminder", message_id="alone"), SEND) is None
    if end == "given back":
        assert claim(store, first, SEND) == "shared_address"


def test_nobody_leaves_an_address_that_has_become_somebody_elses(world: World, store: MessageStore):
    """The claim was given back, and the provider tells late that it had not taken the message."""
    world.add_person("bob", first_name="Bob", phone="+14255550123")
    world.add_person("cem", first_name="Cem", phone="+14255550123")
    first, second, third = (
        world.request(name, "reminder", **BROADCAST) for name in ("ada", "bob", "cem")
    )
    claim(store, first, SEND)
    store.release(first, "busy", SEND)
    assert claim(store, second, SEND) is None
    store.release(first, "busy", SEND)
    store.settle(first, REJECTED, NOON, claimed=SEND)
    assert store.settle_from_provider(
        "default", "ada", first.message_id, now=NOON, status="rejected"
    )
    assert claim(store, third, SEND) == "shared_address"


class Contended:
    """A client whose first transactions meet another one on the same item."""

    def __init__(self, client: Any, times: int) -> None:
        self._client = client
        self.left = times

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, **request: Any) -> Any:
        if self.left:
            self.left -= 1
            reasons = [{"Code": "None"} for _ in request["TransactItems"]]
            reasons[-1] = {"Code": "TransactionConflict"}
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": "conflict"},
                    "CancellationReasons": reasons,
                    "ResponseMetadata": {"HTTPStatusCode": 400},
                },
                "TransactWriteItems",
            )
        return self._client.transact_write_items(**request)


def test_an_outcome_waits_for_a_busy_tally(
    world: World, store: MessageStore, request_: MessageRequest
):
    claim(store, request_, SEND)
    pauses: list[float] = []
    busy = MessageStore(
        Contended(world.dynamodb, 3), PROFILES, world.suppressions, pause=pauses.append
    )

    busy.settle(request_, SENT, NOON)

    assert world.message(request_)["status"] == "sent"
    assert len(world.timeline("ada")) == 1
    assert pauses == sorted(pauses)
    assert len(pauses) == 3


def test_a_table_that_stays_busy_is_a_passing_fault(world: World, request_: MessageRequest):
    busy = world.store(Contended(world.dynamodb, 99))
    state = busy.load(request_)
    assert state

    with pytest.raises(TransientError):
        busy.claim(request_, state, SEND, NOON)
    with pytest.raises(TransientError):
        busy.settle(request_, SUPPRESSED, NOON)
    assert world.message(request_) == {}


def test_a_message_without_a_channel_is_counted_too(world: World, store: MessageStore):
    outcome = Outcome(status="suppressed", channel=None, reason="template_missing")

    store.settle(world.request("ada", "gone"), outcome, NOON)

    assert world.tally("none") == {"suppressed": 1}
