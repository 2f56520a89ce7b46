"""What operators read and write about consents and suppressed addresses."""

from datetime import timedelta

import pytest

from functions.manage_workspace import handler
from shared.aws import keys
from shared.aws.items import to_item
from shared.domain.consents.model import Decision, Scope
from tests.conftest import NOON


@pytest.fixture
def ports(api):
    return handler.wiring().ports


@pytest.fixture
def bob(api, ports, dynamodb, profiles_table):
    """Somebody who agreed to marketing yesterday."""
    row = {"profile_id": "bob", "created_at": NOON, "version": 0, "traits": "{}"}
    person = {"pk": keys.person("default", "bob"), "sk": keys.PROFILE, **row}
    dynamodb.put_item(TableName=profiles_table, Item=to_item(person))
    yesterday = NOON - timedelta(days=1)
    agreed = Decision(Scope("marketing"), True, yesterday, "m-1")
    ports.consents.record("default", "bob", [agreed])
    return "/profiles/bob/consents"


def in_force(api, bob):
    return {
        (one["purpose"], one["topic"], one["channel"]): one["granted"]
        for one in api.get(bob).body["in_force"]
    }


def test_a_consent_is_what_was_said_last(api, clock, bob):
    assert api.put(f"{bob}/marketing", {"granted": True}).body["outcome"] == "unchanged"
    answer = api.put(f"{bob}/marketing", {"granted": False, "detail": "asked by telephone"})
    assert (answer.status, answer.body["outcome"]) == (200, "updated")
    assert answer.body["consent"] == {
        "purpose": "marketing",
        "topic": None,
        "channel": None,
        "granted": False,
        "at": "2026-11-22T12:00:00.000Z",
        "source": "operator",
        "evidence": "operator",
    }
    assert in_force(api, bob) == {("marketing", None, None): False}
    created = api.put(f"{bob}/personalisation", {"granted": False})
    assert created.body["outcome"] == "created"


def test_a_refusal_that_clients_have_stamped_is_written_down_when_an_operator_says_so(
    api, ports, clock, bob
):
    stamped = Decision(Scope("marketing"), False, NOON - timedelta(hours=3), "m-2", "stamp")
    ports.consents.record("default", "bob", [stamped])
    assert api.put(f"{bob}/marketing", {"granted": False}).body["outcome"] == "updated"
    assert api.put(f"{bob}/marketing", {"granted": False}).body["outcome"] == "unchanged"
    stamped = Decision(Scope("marketing"), True, NOON + timedelta(hours=3), "m-3", "stamp")
    ports.consents.record("default", "bob", [stamped])
    assert in_force(api, bob) == {("marketing", None, None): False}


def test_a_consent_may_be_about_a_topic_and_a_channel(api, clock, bob):
    refused = api.put(f"{bob}/marketing", {"granted": False, "topic": "sale", "channel": "sms"})
    assert refused.body["outcome"] == "created"
    assert in_force(api, bob) == {
        ("marketing", None, None): True,
        ("marketing", "sale", "sms"): False,
    }


def test_the_ledger_keeps_every_decision_with_its_evidence(api, clock, bob):
    api.put(f"{bob}/marketing", {"granted": False, "detail": "asked by telephone"})
    api.put(f"{bob}/marketing", {"granted": True})
    answer = api.get(bob).body
    assert answer["profile_id"] == "bob"
    ledger = [(one["granted"], one["evidence"], one["detail"]) for one in answer["ledger"]]
    assert ledger == [
        (True, "operator", None),
        (False, "operator", "asked by telephone"),
        (True, "event", None),
    ]


def test_an_operator_speaks_last_whatever_a_clients_clock_says(api, ports, clock, bob):
    ahead = Decision(Scope("marketing"), True, NOON + timedelta(hours=3), "m-2")
    ports.consents.record("default", "bob", [ahead])
    assert api.put(f"{bob}/marketing", {"granted": False}).body["outcome"] == "updated"
    assert in_force(api, bob) == {("marketing", None, None): False}


@pytest.mark.parametrize(
    ("url", "body", "status"),
    [
        ("nobody/consents/marketing", {"granted": True}, 404),
        ("bob/consents/spam", {"granted": True}, 400),
        ("bob/consents/marketing", {"granted": 1}, 400),
        ("bob/consents/marketing", {}, 400),
        ("bob/consents/marketing", {"granted": True, "topic": "No Topic"}, 400),
        ("bob/consents/marketing", {"granted": True, "channel": "pigeon"}, 400),
        ("a" * 1_001 + "/consents/marketing", {"granted": True}, 400),
    ],
)
def test_a_consent_needs_a_person_a_purpose_and_a_word(api, bob, url, body, status):
    assert api.put(f"/profiles/{url}", body).status == status


def test_nobody_has_no_consents(api):
    assert api.get("/profiles/nobody/consents").status == 404


def test_suppressed_addresses_are_listed_page_by_page_with_their_reasons(api, ports, clock):
    for number in range(7):
        api.put(f"/suppressions/email/p{number}@example.com", {"reason": f"why {number}"})
    api.put("/suppressions/sms/+14255550100", None)
    found, cursor = [], None
    while True:
        query = {"limit": "3", **({"cursor": cursor} if cursor else {})}
        page = api.get("/suppressions/email", **query).body
        assert len(page["suppressions"]) <= 3
        found += page["suppressions"]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert sorted(found, key=lambda one: one["address"]) == [
        {
            "address": f"p{number}@example.com",
            "reason": f"why {number}",
            "source": "operator",
            "since": "2026-11-22T12:00:00.000Z",
        }
        for number in range(7)
    ]


@pytest.mark.parametrize(
    ("channel", "query"),
    [
        ("fax", {}),
        ("email", {"limit": "0"}),
        ("email", {"limit": "201"}),
        ("email", {"cursor": "x"}),
        ("email", {"cursor": "a@example.com"}),
    ],
)
def test_a_page_of_suppressions_that_cannot_be_is_refused(api, channel, query):
    assert api.get(f"/suppressions/{channel}", **query).status == 400


def test_an_erased_person_leaves_a_suppression_without_an_address(api, ports):
    api.put("/suppressions/email/ada@example.com", {"reason": "complaint"})
    assert ports.suppressions.forget("default", "email", "ADA@example.com")
    assert not ports.suppressions.forget("default", "email", "bob@example.com")
    [left] = api.get("/suppressions/email").body["suppressions"]
    assert (left["address"], left["source"], left["reason"]) == (None, None, "complaint")
    assert ports.suppressions.find("default", "email", "ada@example.com")


def test_a_suppressed_address_is_the_row_that_dispatch_looks_for(api, dynamodb, profiles_table):
    def stored() -> bool:
        key = to_item(suppressions.key("default", "email", "ada@example.com")._asdict())
        return "Item" in dynamodb.get_item(TableName=profiles_table, Key=key)

    suppressions = handler.wiring().ports.suppressions

    answer = api.put("/suppressions/email/Ada@Example.com", {"reason": "asked by telephone"})
    assert (answer.status, answer.body["outcome"]) == (200, "created")
    assert stored()
    again = api.put("/suppressions/email/ada@example.com", {"reason": "asked by telephone"})
    assert again.body["outcome"] == "unchanged"
    assert api.put("/suppressions/email/ada@example.com", None).body["outcome"] == "updated"
    assert api.delete("/suppressions/email/ada@example.com").body["outcome"] == "updated"
    assert not stored()
    assert api.delete("/suppressions/email/ada@example.com").body["outcome"] == "unchanged"


@pytest.mark.parametrize(
    "path",
    ["/suppressions/sms/+14255550100", "/suppressions/sms/%2B14255550100",
     "/suppressions/email/a/b@example.com", "/suppressions/email/a%2Bb@example.com"],
)  # fmt: skip
def test_any_address_fits_into_the_path(api, path):
    assert api.put(path, None).status == 200


@pytest.mark.parametrize(
    "path",
    ["/suppressions/sms/0123", "/suppressions/email/nobody", "/suppressions/fax/+14255550100",
     "/suppressions/email/" + "a" * 3_000 + "@example.com"],
)  # fmt: skip
def test_what_is_no_address_is_refused(api, path):
    assert api.put(path, None).status == 400
