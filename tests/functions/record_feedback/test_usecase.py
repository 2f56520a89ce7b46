"""What comes back of messages: each piece once, in any order, and nobody is written to in vain."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.feedback_store import MOST_HITS
from shared.aws.items import to_item
from shared.aws.purse import Purse
from shared.domain.consents.model import Scope
from shared.domain.feedback.thresholds import subject
from shared.domain.journeys.money import Spend
from shared.errors import InvalidInputError, UnauthorizedError
from tests.functions.dispatch_message.world import CATALOG, JOURNEY, PROFILES, SETTINGS
from tests.functions.record_feedback.world import ADA, LATER, Back


@pytest.fixture
def back(dynamodb: Any) -> Back:
    return Back(dynamodb)


def test_a_click_is_an_event_of_the_person_once_however_often_it_comes(back):
    body = back.hit().to_body()
    for _ in range(3):
        back.record.take(body)
    told = {"url": "https://shop.example/serum", "link": "serum", "link_number": 0}
    assert back.events() == [("$message_clicked", told)]
    [event] = [one for one in back.world.timeline("ada") if one.name == "$message_clicked"]
    assert event.occurred_at == LATER
    assert event.properties["template_id"] == "welcome"
    assert back.seen == ["click"]


def test_an_opening_is_told(back):
    back.record.take(back.hit(kind="open", of=0, url="", link="").to_body())
    assert back.events() == [("$message_opened", {})]


def test_a_machine_is_kept_apart(back):
    hits = [back.hit(place, place=place) for place in range(3)]
    for hit in hits:
        back.record.take(hit.to_body())
    assert {name for name, _ in back.events()} == {"$message_scanned"}
    assert [more["why"] for _, more in back.events()] == ["burst"] * 3


def test_a_message_that_is_opened_without_end_fills_no_timeline(back):
    hits = [back.hit(n, at=LATER + timedelta(minutes=n)) for n in range(MOST_HITS + 2)]
    for hit in (hits[0], *hits[-3:]):
        back.record.take(hit.to_body())
    told = [one.message_id for one in back.world.timeline("ada") if one.name == "$message_clicked"]
    assert told == ["hit:h0", f"hit:h{MOST_HITS - 1}"]


def test_whoever_refused_to_be_watched_meanwhile_is_not(back):
    body = back.hit().to_body()
    back.world.refuse("ada", Scope("tracking"))
    back.record.take(body)
    assert back.events() == []


def test_without_the_setting_nothing_is_written_down(back):
    back.world.set_catalog("SETTINGS", SETTINGS)
    back.record.take(back.hit().to_body())
    assert back.events() == []


def test_hits_and_reports_of_messages_that_are_gone_come_to_nothing(back):
    back.record.take(back.hit(message_id="gone").to_body())
    back.record.take(back.bounce("Permanent", message_id="gone"))
    assert back.events() == []
    assert back.world.suppressions.find("default", "email", ADA) is None


def test_a_delivery_is_told_and_later_clicks_are_held_to_it(back):
    back.record.take(back.ses("Delivery", "delivery", {"timestamp": "2026-11-22T12:04:59.500Z"}))
    back.record.take(back.hit().to_body())
    assert [name for name, _ in back.events()] == ["$message_delivered", "$message_scanned"]
    assert back.events()[1][1]["why"] == "too_soon"


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_an_answering_machine_takes_nothing_away(back, kind):
    back.record.take(back.bounce(kind))
    assert [name for name, _ in back.events()] == ["$message_bounced"]
    assert back.world.suppressions.find("default", "email", ADA) is None
    assert back.allowed()


def test_an_address_that_does_not_exist_is_not_written_to_again(back):
    for _ in range(2):
        back.record.take(back.bounce("Permanent"))
    assert back.events() == [("$message_bounced", {"bounce": "permanent"})]
    assert back.world.suppressions.find("default", "email", ADA)["reason"] == "bounce"
    assert back.allowed()
    again = back.world.request("ada", message_id="m-again")
    assert back.world.dispatch().dispatch(again) == "suppressed"


def test_a_bounce_closes_no_address_that_the_message_did_not_go_to(back):
    back.record.take(back.bounce("Permanent", of="eve@example.com"))
    assert back.events() == [("$message_bounced", {"bounce": "permanent"})]
    assert back.world.suppressions.find("default", "email", "eve@example.com") is None
    back.record.take(back.bounce("Permanent", 2, of=ADA.upper()))
    assert back.world.suppressions.find("default", "email", ADA)["reason"] == "bounce"


def test_a_complaint_takes_the_consent_away_as_well(back):
    for _ in range(2):
        back.record.take(back.complaint())
    assert [name for name, _ in back.events()] == ["$message_complained"]
    assert back.world.suppressions.find("default", "email", ADA)["reason"] == "complaint"
    assert not back.allowed()


def test_a_report_finds_the_person_whom_another_one_absorbed(back):
    back.world.add_person("bob", first_name="Bob")
    back.world.merge("bob", "ada")
    back.record.take(back.complaint())
    assert [name for name, _ in back.events("ada")] == ["$message_complained"]
    assert not back.allowed("bob")


def test_a_delivery_that_comes_before_our_own_record_settles_the_message(back):
    request = back.world.request("ada", message_id="m-early")
    store = back.world.store()
    state = store.load(request)
    back.world.put_person_row(
        "ada",
        keys.message("m-early"),
        **{name: getattr(request, name) for name in ("enrolment_id", "journey_id", "step", "visit",
           "journey_version", "template_id", "purpose", "requested_at")},
        status="claimed", claimed_at=LATER, attempts=1, channel="email", address=ADA,
    )  # fmt: skip
    assert state.status == "requested"
    back.record.take(back.ses("Delivery", "delivery", {}, message_id="m-early"))
    row = back.world.message(request)
    assert (row["status"], row["provider_message_id"]) == ("sent", "ses-1")
    assert ("$message_delivered", {}) in back.events()


def test_the_workspace_says_from_which_share_on(back):
    pause_at = {"bounces": 0.5, "complaints": 0.5, "messages": 10}
    back.world.set_catalog("SETTINGS", {**SETTINGS, "pause_at": pause_at})
    under = keys.tally("default", "HEARD", subject("hello", LATER), "somebody")._asdict()
    for bounced, status in ((8, "published"), (10, "paused")):
        counted = to_item({**under, "delivered": 9, "bounced": bounced})
        back.world.dynamodb.put_item(TableName=PROFILES, Item=counted)
        back.record.take(back.bounce("Permanent", bounced))
        assert back.journey_status() == status


def test_too_many_bounces_pause_the_journey_once_and_are_told(back):
    under = keys.tally("default", "HEARD", subject("hello", LATER), "somebody")._asdict()
    counted = to_item({**under, "delivered": 87, "bounced": 9})
    back.world.dynamodb.put_item(TableName=PROFILES, Item=counted)
    for number in range(4):
        back.world.put_person_row(
            f"p{number}", keys.message("m"), journey_id="hello", journey_version=1,
            template_id="welcome", step="greet", channel="email", status="sent",
        )  # fmt: skip
        tags = {"profile_id": f"p{number}", "message_id": "m"}
        delivery = back.ses("Delivery", "delivery", {}, **tags)
        back.record.take(back.bounce("Permanent", number, **tags) if number == 3 else delivery)
        assert back.journey_status() == ("paused" if number == 3 else "published")
    back.record.take(back.bounce("Permanent", 3, profile_id="p3", message_id="m"))
    [paused] = back.bus.events
    assert (paused.journey_id, paused.reason) == ("hello", "too_many_bounces")
    assert paused.counts == {"delivered": 90, "bounced": 10, "complained": 0}
    assert back.paused == [1]
    edit = CatalogWriter(back.world.dynamodb, CATALOG, back.world.clock).edit("default")
    kept = edit.find("JOURNEY", "hello")
    assert kept.paused_because == "too_many_bounces: delivered 90, bounced 10, complained 0"
    assert edit.put(replace(kept, status="published")).paused_because == "", "it is paused no more"


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_holidays_pause_no_journey(back, kind):
    """Whoever is away has got the mail, and their mailbox says so; SES counts it for nothing."""
    under = keys.tally("default", "HEARD", subject("hello", LATER), "somebody")._asdict()
    back.world.dynamodb.put_item(
        TableName=PROFILES, Item=to_item({**under, "delivered": 100, "bounced": 5})
    )
    for number in range(6):
        back.record.take(back.bounce(kind, number))
    assert back.journey_status() == "published"
    assert back.feedback.heard("default", [subject("hello", LATER)])["bounced"] == 5
    back.record.take(back.bounce("Permanent", 7))
    assert back.journey_status() == "paused"


def test_a_reply_becomes_an_event_of_whoever_has_the_number(back):
    said = {
        "originationNumber": "+14255550123",
        "messageBody": "退订",
        "inboundMessageId": "in-1",
        "messageKeyword": "K",
    }
    note = {"Type": "Notification", "Message": json.dumps(said), "Signature": "right"}
    back.record.take(json.dumps(note))
    [event] = back.queue.events
    assert (event["name"], event["message_id"]) == ("Message Replied", "reply:in-1")
    wanted = {"channel": "sms", "text": "退订", "address": "+14255550123"}
    assert event["properties"] == wanted
    assert event["context"]["externalIds"] == [{"id": "+14255550123", "type": "phone"}]
    assert event["server"] is True


def test_ses_may_speak_through_a_topic_too(back):
    detail = json.loads(back.bounce("Permanent"))["detail"]
    note = {"Type": "Notification", "Message": json.dumps(detail), "Signature": "right"}
    back.record.take(json.dumps(note))
    assert back.world.suppressions.find("default", "email", ADA) is not None


def test_a_notification_with_a_wrong_signature_is_not_believed(back):
    note = {"Type": "Notification", "Message": back.bounce("Permanent"), "Signature": "wrong"}
    with pytest.raises(UnauthorizedError):
        back.record.take(json.dumps(note))
    assert back.events() == []


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"v":1,"hit":{}}', '{"Type":"Other"}', "nonsense"]
)
def test_what_is_none_of_ours_is_refused(back, body):
    with pytest.raises(InvalidInputError):
        back.record.take(body)


# --- money ------------------------------------------------------------------------------------

A_CENT = {"amount_minor": 1, "currency": "USD", "per": "total"}
TOO_MUCH = json.dumps(
    {"spent": {"workspace_id": "default", "journey_id": "hello", "micros": 8_300}}
)


def with_budget(back: Back, **more: Any) -> None:
    fields = {"updated_at": "2026-11-22", "status": "published", "published_version": 1}
    body = {**JOURNEY, "budget": {**A_CENT, **more}}
    back.world.set_catalog("JOURNEY#hello", body, **fields)


def status(back: Back) -> str:
    return CatalogReader(back.world.dynamodb, CATALOG).journey_status("default", "hello")


def test_a_journey_whose_money_is_spent_is_paused_and_told_of(back: Back):
    with_budget(back)
    spend = Spend("hello@total", 8_300, 10_000)
    assert Purse(back.world.dynamodb, PROFILES).take(
        back.world.request("ada", message_id="m-dear"), "requested", spend
    )
    back.record.take(TOO_MUCH)
    assert status(back) == "paused"
    [told] = back.bus.events
    assert (told.journey_id, told.reason) == ("hello", "budget_used_up")
    assert told.counts == {"spent_micros": 8_300, "budget_micros": 10_000}
    assert back.paused == [1]
    back.record.take(TOO_MUCH)
    assert len(back.bus.events) == 1, "it is paused already"


def test_a_budget_that_was_raised_meanwhile_pauses_nothing(back: Back):
    with_budget(back, amount_minor=2)
    spend = Spend("hello@total", 8_300, 20_000)
    assert Purse(back.world.dynamodb, PROFILES).take(
        back.world.request("ada", message_id="m-dear"), "requested", spend
    )
    back.record.take(TOO_MUCH)
    assert (status(back), back.bus.events) == ("published", [])


def test_yesterdays_money_is_no_matter_today(back: Back):
    with_budget(back, per="day")
    spend = Spend("hello@2026-11-21", 8_300, 10_000)
    assert Purse(back.world.dynamodb, PROFILES).take(
        back.world.request("ada", message_id="m-dear"), "requested", spend
    )
    back.record.take(TOO_MUCH)
    assert status(back) == "published"
