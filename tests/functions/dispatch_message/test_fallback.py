"""Whoever cannot be reached by the first template is reached by the next, and nobody twice."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.domain.consents.model import Scope
from shared.domain.messages.outcome import MAX_ATTEMPTS
from shared.errors import TransientError
from tests.crash.faults import FAULTS, KilledError, Line
from tests.functions.dispatch_message.world import SETTINGS, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

EMAIL, PHONE = "ada@example.com", "+14255550123"
CODES = {"rejected": ("MessageRejected", 400), "unclear": ("InternalFailure", 500)}


@pytest.fixture
def world(dynamodb: Any) -> World:
    return World(dynamodb)


def failing(kind: str, address: str):
    code, status = CODES[kind]
    answer = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return lambda to: ClientError(answer, "SendEmail") if to == address else None


def ask(world: World, **more: Any):
    return world.request("ada", "welcome", fallback=("reminder",), **more)


def test_the_first_template_is_the_one_that_reaches(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    assert world.dispatch().dispatch(ask(world)) == "sent"
    assert world.mailbox.calls == [EMAIL]


@pytest.mark.parametrize("email", [{}, {"email": "nonsense"}])
def test_without_an_address_the_next_channel_is_taken(world: World, email: dict[str, str]):
    world.add_person("ada", first_name="Ada", phone=PHONE, **email)
    request = ask(world)
    assert world.dispatch().dispatch(request) == "sent"
    assert world.mailbox.calls == [PHONE]
    assert world.message(request)["channel"] == "sms"
    [event] = world.timeline("ada")
    assert event.properties["template_id"] == "reminder"


def test_a_suppressed_address_leads_to_the_next_channel(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.suppress("email", EMAIL)
    assert world.dispatch().dispatch(ask(world)) == "sent"
    assert world.mailbox.calls == [PHONE]


def test_a_provider_that_refuses_leads_to_the_next_channel(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.mailbox.refuse(failing("rejected", EMAIL))
    request = ask(world)
    assert world.dispatch().dispatch(request) == "sent"
    assert world.mailbox.calls == [EMAIL, PHONE]
    assert world.message(request)["detail"].startswith("MessageRejected")
    assert (world.tally("email"), world.tally("sms")) == ({}, {"sent": 1})


ONE_TEXT = {"contact_budget": [{"most": 1, "within": "P7D", "channel": "sms"}]}


@pytest.mark.parametrize("night", [[], ["11:00-13:00"]])
def test_what_goes_on_by_another_channel_leaves_the_room_of_the_first_one(
    world: World, night: list[str]
):
    """No cap covers the channel by which it goes in the end, at once or after the night."""
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.set_catalog("SETTINGS", {**SETTINGS, **ONE_TEXT})

    def refuse(to: str):
        world.set_catalog("SETTINGS", {**SETTINGS, **ONE_TEXT, "quiet_hours": night})
        return failing("rejected", PHONE)(to)

    world.mailbox.refuse(refuse)
    request = world.request("ada", "reminder", fallback=("welcome",))
    world.dispatch().dispatch(request)
    assert world.message(request)["channel"] == "email"

    world.set_catalog("SETTINGS", {**SETTINGS, **ONE_TEXT})
    world.mailbox.refuse(lambda address: None)
    other = world.request("ada", "reminder", message_id="m-other")
    assert world.dispatch().dispatch(other) == "sent"
    assert world.mailbox.calls[-1] == PHONE


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ExpiredTokenException"])
def test_a_provider_that_is_merely_busy_sends_nobody_to_a_dearer_channel(world: World, code: str):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    answer = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 429}}
    world.mailbox.refuse(lambda to: ClientError(answer, "SendEmail"))
    request = ask(world)
    for _ in range(MAX_ATTEMPTS - 1):
        with pytest.raises(TransientError):
            world.dispatch().dispatch(request)
    assert world.dispatch().dispatch(request) == "rejected"
    assert world.message(request)["reason"] == "provider_unavailable"
    assert set(world.mailbox.calls) == {EMAIL}


def test_of_an_unclear_answer_nobody_knows_whether_it_reached(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.mailbox.refuse(failing("unclear", EMAIL))
    assert world.dispatch().dispatch(ask(world)) == "unknown"
    assert world.mailbox.calls == [EMAIL]


def test_a_refusal_without_another_way_is_the_refusal(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL)
    world.mailbox.refuse(failing("rejected", EMAIL))
    request = ask(world)
    assert world.dispatch().dispatch(request) == "rejected"
    assert world.message(request)["reason"] == "provider_rejected"


def test_who_cannot_be_reached_at_all_is_told_of_with_every_reason(world: World):
    world.add_person("ada", first_name="Ada")
    request = ask(world)
    assert world.dispatch().dispatch(request) == "suppressed"
    row = world.message(request)
    assert row["reason"] == "no_address"
    assert row["detail"] == "welcome: no_address; reminder: no_address"


def test_no_channel_gets_round_a_refusal(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.consent("ada", granted=False)
    assert world.dispatch().dispatch(ask(world)) == "suppressed"
    assert world.mailbox.calls == []


PLAIN = {"template_id": "plain", "channel": "sms", "text": "Your order is on its way."}


def ask_plain(world: World, **more: Any):
    """The welcome names the person, the text that stands behind it does not."""
    world.set_catalog("TEMPLATE#plain", PLAIN)
    return world.request("ada", "welcome", fallback=("plain",), **more)


def test_a_template_that_cannot_be_rendered_leads_to_the_next_one(world: World):
    world.add_person("ada", email=EMAIL, phone=PHONE)  # whose name nobody knows
    request = ask_plain(world)
    assert world.dispatch().dispatch(request) == "sent"
    assert world.mailbox.calls == [PHONE]
    row = world.message(request)
    assert (row["channel"], row["template_id"]) == ("sms", "plain")
    assert (world.tally("email"), world.tally("sms")) == ({}, {"sent": 1})


def test_without_personal_data_the_template_that_needs_none_goes_out(world: World):
    world.add_person("ada", first_name="Ada", email=EMAIL, phone=PHONE)
    world.refuse("ada", Scope("personalisation"))
    request = ask_plain(world)
    assert world.dispatch().dispatch(request) == "sent"
    assert world.mailbox.calls == [PHONE]


def test_what_cannot_be_rendered_ends_so_where_no_other_way_leads_to_the_person(world: World):
    world.add_person("ada", email=EMAIL)
    request = ask_plain(world)
    assert world.dispatch().dispatch(request) == "suppressed"
    row = world.message(request)
    assert (row["reason"], row["channel"]) == ("render_failed", "email")
    assert "profile.first_name is not known" in row["detail"]

    both = world.request("ada", "welcome", fallback=("welcome",), message_id="m-both")
    assert world.dispatch().dispatch(both) == "suppressed"
    assert world.message(both)["reason"] == "render_failed"


@pytest.mark.parametrize("ladder", [("welcome", "plain"), ("plain", "welcome")])
def test_what_cannot_be_rendered_now_waits_for_the_way_that_may_say_it_later(
    world: World, ladder: tuple[str, str]
):
    """The cap lets no text out for a day; the email, which could go out, has nothing to say."""
    cap = {"contact_budget": [{"most": 1, "per": "day", "channel": "sms"}]}
    world.set_catalog("SETTINGS", {**SETTINGS, **cap})
    world.add_person("ada", email=EMAIL, phone=PHONE)
    world.set_catalog("TEMPLATE#plain", PLAIN)
    first = world.request("ada", "plain", message_id="m-first")
    assert world.dispatch().dispatch(first) == "sent"

    request = world.request("ada", ladder[0], fallback=ladder[1:], message_id="m-second")
    assert world.dispatch().dispatch(request) == "deferred"
    [due] = world.put_off()
    world.clock.now = due.due_at
    assert world.dispatch().dispatch(request) == "sent"
    assert world.mailbox.calls == [PHONE, PHONE]
    assert world.message(request)["template_id"] == "plain"


STORIES = {"refused": "rejected", "suppressed": None, "no address": None, "no words": None}


@pytest.mark.parametrize("story", STORIES)
def test_wherever_it_breaks_no_address_is_written_to_twice(empty_profiles, dynamodb, story):
    """Every call meets every fault, and the queue brings the message until it has ended."""

    def make() -> World:
        empty_profiles()
        made = World(dynamodb)
        known = {} if story == "no address" else {"email": EMAIL}
        named = {} if story == "no words" else {"first_name": "Ada"}
        made.add_person("ada", phone=PHONE, **named, **known)
        if story == "suppressed":
            made.suppress("email", EMAIL)
        if STORIES[story]:
            made.mailbox.refuse(failing(STORIES[story], EMAIL))
        return made

    asked = ask_plain if story == "no words" else ask
    line = Line()
    made = make()
    assert through(made, line).dispatch(asked(made)) == "sent"
    points = 0
    for number in range(1, len(line.calls) + 1):
        for fault in FAULTS:
            made = make()
            request = asked(made)
            _deliver(made, request, Line({number: fault}))
            status = made.message(request)["status"]
            assert status in ("sent", "unknown")
            assert all(made.mailbox.calls.count(one) <= 1 for one in (EMAIL, PHONE))
            assert status == "unknown" or len(made.mailbox) == 1
            told = [each.name for each in made.timeline("ada")]
            assert told == ["$message_sent"] * (status == "sent")
            points += 1
    assert points == len(line.calls) * len(FAULTS)


def through(world: World, line: Line):
    """Dispatch whose every call goes through a line of faults."""
    return world.dispatch(line.around(world.dynamodb), line.around(world.mailbox))


def _deliver(world: World, request, line: Line) -> None:
    for again in range(6):
        try:
            through(world, Line() if again else line).dispatch(request)
        except (KilledError, Exception) as error:
            if isinstance(error, TransientError):
                world.clock.pass_lease()
            continue
        if world.message(request).get("status") in ("sent", "unknown", "suppressed", "rejected"):
            return
        world.clock.pass_lease()
    raise AssertionError("the message never ends")
