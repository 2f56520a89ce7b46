"""Dispatch: every message ends in one status with one reason, whatever stands in its way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from shared.aws import keys
from shared.aws.consent_store import ConsentStore
from shared.aws.items import to_item
from shared.domain.consents.model import Decision, Scope
from shared.domain.messages.outcome import MAX_ATTEMPTS
from shared.errors import TransientError
from tests.functions.dispatch_message.world import NOON, PROFILES, SETTINGS, World


@pytest.fixture
def world(dynamodb: Any) -> World:
    world = World(dynamodb)
    world.add_person("ada", first_name="Ada", email="Ada@example.com", phone="+14255550123")
    return world


def refused(code: str, status: int = 400) -> Callable[[str], Exception]:
    error = ClientError(
        {
            "Error": {"Code": code, "Message": "no"},
            "ResponseMetadata": {"HTTPStatusCode": status},
        },
        "SendEmail",
    )
    return lambda address: error


def test_an_email_goes_out_once_and_names_its_message(world: World):
    request = world.request("ada")

    assert world.dispatch().dispatch(request) == "sent"
    assert world.dispatch().dispatch(request) is None

    (letter,) = world.mailbox.to("Ada@example.com")
    assert letter.subject == "Welcome, Ada"
    assert letter.text == "Dear Ada, welcome."
    assert letter.tags["message_id"] == request.message_id
    row = world.message(request)
    assert (row["status"], row["provider"], row["provider_message_id"]) == (
        "sent",
        "ses",
        "provider-1",
    )
    assert world.tally("email") == {"sent": 1}


def test_a_text_goes_out(world: World):
    assert world.dispatch().dispatch(world.request("ada", "reminder")) == "sent"
    assert [letter.text for letter in world.mailbox] == ["Ada, your cart waits."]


def set_traits(world: World, **traits: Any) -> None:
    world.add_person("ada", **traits)


@pytest.mark.parametrize(
    ("reason", "spoil"),
    [
        ("journey_paused", lambda world: world.set_journey("paused")),
        ("journey_not_published", lambda world: world.set_journey("draft")),
        ("no_sender", lambda world: world.set_catalog("SETTINGS", {"rehearsal": True})),
        ("no_address", lambda world: set_traits(world, first_name="Ada")),
        ("invalid_address", lambda world: set_traits(world, email="ada")),
        ("rehearsal_address", lambda world: set_traits(world, email="ada@realmail.cn")),
        ("render_failed", lambda world: set_traits(world, email="ada@example.com")),
        ("no_consent", lambda world: world.consent("ada", granted=False)),
        ("enrolment_ended", lambda world: world.enrol("ada", "exited")),
        ("suppressed", lambda world: world.suppress("email", "ada@example.com")),
    ],
)
def test_what_stands_in_the_way_is_the_reason(
    world: World, reason: str, spoil: Callable[[World], None]
):
    spoil(world)
    request = world.request("ada")

    assert world.dispatch().dispatch(request) == "suppressed"

    row = world.message(request)
    assert (row["status"], row["reason"], row["channel"]) == ("suppressed", reason, "email")
    assert len(world.mailbox.calls) == 0
    assert world.tally("email") == {"suppressed": 1}


def test_a_message_whose_template_or_journey_is_gone_is_suppressed(world: World):
    gone = world.request("ada", "gone")
    lost = world.request("ada", journey_id="lost", message_id="m-lost")

    assert world.dispatch().dispatch(gone) == "suppressed"
    assert world.dispatch().dispatch(lost) == "suppressed"

    assert world.message(gone)["reason"] == "template_missing"
    assert world.message(gone)["detail"] == "gone"
    assert world.message(lost)["reason"] == "journey_not_published"


def test_what_could_not_be_rendered_is_named(world: World):
    set_traits(world, email="ada@example.com")
    request = world.request("ada")

    world.dispatch().dispatch(request)

    assert world.message(request)["detail"].startswith(
        "template welcome, subject, line 1, column 13: profile.first_name is not known"
    )


def test_a_transactional_message_goes_out_without_consent(world: World):
    world.consent("ada", granted=False)

    assert world.dispatch().dispatch(world.request("ada", purpose="transactional")) == "sent"


def test_a_refusal_of_the_provider_is_final(world: World):
    world.mailbox.refuse(refused("MessageRejected"))
    request = world.request("ada")

    assert world.dispatch().dispatch(request) == "rejected"
    assert world.dispatch().dispatch(request) is None

    row = world.message(request)
    assert (row["reason"], row["detail"]) == ("provider_rejected", "MessageRejected: no")
    assert world.tally("email") == {"rejected": 1}
    assert len(world.mailbox.calls) == 1


@pytest.mark.parametrize(
    "error", [refused("InternalFailure", 500), lambda to: ReadTimeoutError(endpoint_url=to)]
)
def test_a_message_without_a_clear_answer_is_unknown_and_never_sent_again(
    world: World, error: Callable[[str], Exception]
):
    world.mailbox.refuse(error)
    request = world.request("ada")

    assert world.dispatch().dispatch(request) == "unknown"
    assert world.dispatch().dispatch(request) is None

    assert world.message(request)["reason"] == "no_answer"
    assert world.tally("email") == {"unknown": 1}
    assert len(world.mailbox.calls) == 1


def test_a_throttled_message_is_given_back_and_sent_later(world: World):
    world.mailbox.refuse(refused("TooManyRequestsException", 429))
    request = world.request("ada")

    with pytest.raises(TransientError):
        world.dispatch().dispatch(request)
    assert world.message(request)["status"] == "requested"

    world.mailbox.refuse(lambda address: None)
    assert world.dispatch().dispatch(request) == "sent"
    assert world.message(request)["attempts"] == 2
    assert world.tally("email") == {"sent": 1}


def test_nothing_goes_out_while_people_are_made_again(world: World):
    request = world.request("ada")
    world.set_catalog("SETTINGS", {**SETTINGS, "restoring": True})
    with pytest.raises(TransientError):
        world.dispatch().dispatch(request)
    assert world.mailbox.calls == []

    world.set_catalog("SETTINGS", SETTINGS)
    assert world.dispatch().dispatch(request) == "sent"


def test_a_message_that_is_throttled_for_ever_ends_rejected(world: World):
    world.mailbox.refuse(refused("TooManyRequestsException", 429))
    request = world.request("ada")

    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(TransientError):
            world.dispatch().dispatch(request)
    assert world.dispatch().dispatch(request) == "rejected"

    row = world.message(request)
    assert (row["reason"], row["attempts"]) == ("provider_unavailable", MAX_ATTEMPTS)
    assert len(world.mailbox.calls) == MAX_ATTEMPTS


def test_an_exit_between_two_attempts_stops_the_second(world: World):
    world.mailbox.refuse(refused("TooManyRequestsException", 429))
    request = world.request("ada")
    with pytest.raises(TransientError):
        world.dispatch().dispatch(request)

    world.enrol("ada", "exited")
    world.mailbox.refuse(lambda address: None)

    assert world.dispatch().dispatch(request) == "suppressed"
    assert "Ada@example.com" not in world.mailbox


def claim(world: World, profile_id: str) -> Any:
    request = world.request(profile_id)
    world.put_person_row(
        profile_id,
        keys.message(request.message_id),
        status="claimed",
        channel="email",
        claimed_at=world.clock(),
        attempts=1,
    )
    return request


def test_a_claim_that_is_still_fresh_is_left_to_whoever_made_it(world: World):
    request = claim(world, "ada")

    with pytest.raises(TransientError):
        world.dispatch().dispatch(request)

    assert world.message(request)["status"] == "claimed"


def test_a_claim_that_nobody_concluded_is_unknown(world: World):
    request = claim(world, "ada")
    world.clock.pass_lease()

    assert world.dispatch().dispatch(request) == "unknown"

    assert world.message(request)["reason"] == "interrupted"
    assert len(world.mailbox.calls) == 0
    assert world.tally("email") == {"unknown": 1}


def test_dates_in_a_message_are_those_of_the_workspace(world: World):
    world.set_catalog("SETTINGS", {**SETTINGS, "timezone": "Asia/Shanghai"})
    world.set_catalog(
        "TEMPLATE#welcome",
        {
            "template_id": "welcome",
            "channel": "sms",
            "text": "{{ now | date: '%H:%M' }}",
        },
    )

    world.dispatch().dispatch(world.request("ada"))

    assert [letter.text for letter in world.mailbox] == ["20:00"]


@pytest.fixture
def plain(world: World) -> World:
    """Ada agrees to marketing, but not to what is made out of her data."""
    at = NOON - timedelta(days=1)
    store = ConsentStore(world.dynamodb, PROFILES, world.suppressions)
    store.record("default", "ada", [Decision(Scope("personalisation"), False, at, "m-plain")])
    return world


def friendly(world: World) -> None:
    text = "{{ profile.first_name | default: 'friend' }}, your cart waits."
    reminder = {"template_id": "reminder", "channel": "sms", "text": text}
    world.set_catalog("TEMPLATE#reminder", reminder)


def test_who_wants_nothing_personal_gets_the_message_without_their_data(plain: World):
    friendly(plain)
    assert plain.dispatch().dispatch(plain.request("ada", "reminder")) == "sent"
    assert [letter.text for letter in plain.mailbox] == ["friend, your cart waits."]


def test_a_receipt_stays_personal(plain: World):
    friendly(plain)
    receipt = plain.request("ada", "reminder", purpose="transactional")
    assert plain.dispatch().dispatch(receipt) == "sent"
    assert [letter.text for letter in plain.mailbox] == ["Ada, your cart waits."]


def test_a_message_that_cannot_be_impersonal_is_not_sent(plain: World):
    request = plain.request("ada", "reminder")
    assert plain.dispatch().dispatch(request) == "suppressed"
    assert plain.message(request)["reason"] == "no_personalisation"
    assert "profile.first_name" in plain.message(request)["detail"]


def test_what_a_step_says_to_everybody_is_said_without_personal_data(plain: World):
    text = "With {{ coupon.code }} postage is free{{ entry.total | prepend: ' above ' }}"
    plain.set_catalog("TEMPLATE#free", {"template_id": "free", "channel": "sms", "text": text})
    told = {"values": {"coupon": "SHIPFREE", "total": 20}}
    of_person = plain.request("ada", "free", **told, constants=("coupon",))
    assert plain.dispatch().dispatch(of_person) == "suppressed"
    assert "entry.total" in plain.message(of_person)["detail"]

    all_constant = {**told, "constants": ("coupon", "total"), "message_id": "m-constant"}
    assert plain.dispatch().dispatch(plain.request("ada", "free", **all_constant)) == "sent"
    assert [letter.text for letter in plain.mailbox] == ["With SHIPFREE postage is free above 20"]


def test_a_workspace_may_rather_send_nothing_than_something_plain(plain: World):
    friendly(plain)
    plain.set_catalog("SETTINGS", {**SETTINGS, "without_personalisation": "suppress"})
    request = plain.request("ada", "reminder")
    assert plain.dispatch().dispatch(request) == "suppressed"
    assert plain.message(request)["reason"] == "no_personalisation"
    assert plain.mailbox.calls == []


def test_a_refusal_of_one_topic_stops_only_that_topic(world: World):
    store = ConsentStore(world.dynamodb, PROFILES, world.suppressions)
    at = NOON - timedelta(days=1)
    store.record("default", "ada", [Decision(Scope("marketing", "sale"), False, at, "m-1")])
    sale = world.request("ada", topic="sale")
    news = world.request("ada", topic="news", message_id="m-news")
    assert world.dispatch().dispatch(sale) == "suppressed"
    assert world.message(sale)["reason"] == "no_consent"
    assert world.dispatch().dispatch(news) == "sent"


def test_of_a_person_who_was_merged_every_strand_says_something(world: World):
    world.add_person("ben", first_name="Ben", city="上海")
    world.forget_consent("ben")
    world.merge("ben", "ada")
    welcome = {"channel": "sms", "template_id": "welcome", "text": "{{ profile.city }}"}
    world.set_catalog("TEMPLATE#welcome", welcome)
    assert world.dispatch().dispatch(world.request("ada")) == "sent"
    assert [letter.text for letter in world.mailbox] == ["上海"]
    assert world.tally("sms") == {"sent": 1}


@pytest.mark.parametrize("erasing", [True, False])
def test_a_message_of_somebody_erased_is_dropped_without_a_trace(world: World, erasing: bool):
    request = world.request("ada")
    if erasing:
        world.put_person_row("ada", keys.PROFILE, profile_id="ada", erasing="e1")
    else:
        key = {"pk": keys.person("default", "ada"), "sk": keys.PROFILE}
        world.dynamodb.delete_item(TableName=PROFILES, Key=to_item(key))
    assert world.dispatch().dispatch(request) is None
    assert world.message(request) == {}
    assert world.mailbox.calls == []
    assert world.tally("email") == {}
