"""What operators say of people: members of lists and values of manual tags, as events."""

import json

import pytest

from functions.manage_workspace import handler
from shared.aws import session
from shared.domain.events.own import OWN_EVENTS
from shared.domain.events.packing import decode
from tests.conftest import NOON

BY_HAND = {
    "title": "Level",
    "category": "value",
    "family": "value",
    "how": {"type": "manual", "values": [{"value": "vip", "title": "VIP"}]},
}


@pytest.fixture
def queued(api):
    """Every event that is in the queue of events."""

    def read():
        sqs, url = session.client("sqs"), handler.wiring().ports.events._url
        found = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [event for one in got for event in decode(one["Body"])]
        return found

    return read


def user(name, **more):
    return {"kind": "user_id", "value": name, **more}


def test_members_are_events_of_our_own_source(api, queued):
    api.put("/lists/guests", {"title": "Guests"})
    change = {"add": [user("ada"), {"kind": "email", "value": " Bob@Example.com"}]}
    answer = api.post("/lists/guests/members", {**change, "remove": [user("cyd")]})
    assert answer.body == {"success": True, "accepted": 3}
    events = queued()
    assert {(one.name, one.source_id, one.server, one.type) for one in events} == {
        ("$listed", "rapport", True, "track")
    }
    assert [one.properties for one in events] == [
        {"list_id": "guests", "on": True},
        {"list_id": "guests", "on": True},
        {"list_id": "guests", "on": False},
    ]
    assert [one.user_id for one in events] == ["ada", None, "cyd"]
    assert events[1].context == {"externalIds": [{"id": "bob@example.com", "type": "email"}]}
    assert len({one.message_id for one in events}) == 3


def test_values_of_a_manual_tag_are_events_and_may_be_taken_away(api, queued):
    api.put("/tags/level", BY_HAND)
    body = {"values": [user("ada", tag="vip"), user("bob", tag="")]}
    assert api.post("/tags/level/values", body).body["accepted"] == 2
    events = queued()
    assert [(one.name, one.user_id, one.properties) for one in events] == [
        ("$tagged", "ada", {"tag_id": "level", "value": "vip"}),
        ("$tagged", "bob", {"tag_id": "level", "value": ""}),
    ]


def test_a_full_call_goes_into_few_messages(api, queued):
    api.put("/lists/guests", {"title": "Guests"})
    body = {"add": [user(f"u-{n}") for n in range(1_000)]}
    assert api.post("/lists/guests/members", body).body["accepted"] == 1_000
    assert len({one.user_id for one in queued()}) == 1_000


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/lists/guests/members", {}, "1 to 1,000 people in one call"),
        (
            "/lists/guests/members",
            {"add": [user(f"u-{n}") for n in range(1_001)]},
            "1 to 1,000 people in one call",
        ),
        (
            "/lists/guests/members",
            {"add": [user("ada")], "remove": [user("ada")]},
            "user_id ada is in both add and remove",
        ),
        (
            "/lists/guests/members",
            {"add": [user("ada"), {"kind": "shoe", "value": "9"}]},
            "add[1]: this names nobody",
        ),
        (
            "/lists/guests/members",
            {"remove": [{"kind": "profile_id", "value": "nobody"}]},
            "remove[0]: there is no profile 'nobody'",
        ),
        ("/tags/level/values", {"values": [user("ada", tag="vop")]}, "values[0].tag"),
        ("/tags/orders/values", {"values": [user("ada", tag="1")]}, "nobody sets it"),
        ("/tags/none/values", {"values": [user("ada", tag="1")]}, "there is no tag"),
        ("/lists/none/members", {"add": [user("ada")]}, "there is no list"),
    ],
)
def test_what_cannot_be_said_is_refused_and_nothing_is_queued(api, queued, path, body, message):
    api.put("/lists/guests", {"title": "Guests"})
    api.put("/tags/level", BY_HAND)
    counted = {"type": "statistic", "event": "order", "aggregate": "count"}
    api.put("/tags/orders", {**BY_HAND, "how": counted})
    refused = api.post(path, body)
    assert refused.status in (400, 404)
    assert message in json.dumps(refused.body)
    assert queued() == []


def test_a_profile_is_named_by_the_first_identifier_that_it_is_known_by(api, queued, ada):
    api.put("/lists/guests", {"title": "Guests"})
    body = {"add": [{"kind": "profile_id", "value": ada.profile_id}]}
    assert api.post("/lists/guests/members", body).body["accepted"] == 1
    [event] = queued()
    assert event.user_id == "ada"


def test_events_of_our_own_are_of_the_instant_of_the_call(api, queued, clock):
    assert clock() == NOON
    api.put("/lists/guests", {"title": "Guests"})
    api.post("/lists/guests/members", {"add": [user("ada")]})
    [event] = queued()
    assert event.name in OWN_EVENTS
    assert event.occurred_at == event.timestamp == event.received_at == NOON
