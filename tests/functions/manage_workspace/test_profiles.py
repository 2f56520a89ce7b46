"""One person's whole story, written by the stores that really write it."""

from datetime import timedelta

import pytest

from functions.manage_workspace.portrait import newest
from shared.aws.tag_store import TagChange, TagStore
from shared.domain.journeys.stimulus import Happened
from shared.domain.tags.held import HeldTag
from tests.conftest import NOON

LEVEL = {
    "title": "Level",
    "category": "value",
    "family": "value",
    "how": {
        "type": "rule",
        "values": [
            {
                "value": "gold",
                "title": "Gold",
                "condition": {"type": "trait", "trait": "vip", "operator": "exists"},
            }
        ],
        "otherwise": "plain",
    },
}


@pytest.fixture
def story(api, ada):
    return lambda **query: api.get("/profiles", kind="user_id", value="ada", **query).body[
        "profile"
    ]


def test_everything_that_is_known_of_a_person_is_in_one_answer(api, ada, story):
    ada.enters("carts")
    known = story()
    assert known["profile_id"] == ada.profile_id
    assert [(one["kind"], one["value"]) for one in known["identifiers"]] == [("user_id", "ada")]
    assert known["traits"]["city"]["value"] == "上海"
    assert known["traits"]["nested"]["value"] == {"a": [1, None]}
    assert known["tags"]["events"] == 3
    assert known["tags"]["stage"] == "active"
    assert known["tags"]["last_seen_at"] == "2026-11-22T12:00:00.000Z"
    assert {one["event"]: one["times"] for one in known["counts"]} == {
        "$identify": 1, "cart": 1, "main": 1,
    }  # fmt: skip
    [membership] = known["memberships"]
    assert (membership["segment_id"], membership["member"]) == ("carts", True)
    assert membership["because"][0]["name"] == "cart"
    [consent] = known["consents"]
    assert (consent["purpose"], consent["granted"]) == ("marketing", True)


def test_a_person_is_found_by_profile_id_as_well(api, ada, story):
    again = api.get("/profiles", kind="profile_id", value=ada.profile_id).body["profile"]
    assert again == story()


def test_the_stage_moves_on_by_silence_alone(ada, story, clock):
    clock.now = NOON + timedelta(days=45)
    assert story()["tags"]["stage"] == "dormant"


def test_the_timeline_comes_in_pages_newest_first_without_gaps(ada, story, make_event):
    ada.does(*(make_event("page", at=NOON + timedelta(minutes=n)) for n in range(1, 8)))
    names, cursor = [], {}
    while True:
        page = story(limit="3", **cursor)["timeline"]
        assert len(page["events"]) <= 3
        instants = [event["occurred_at"] for event in page["events"]]
        assert instants == sorted(instants, reverse=True)
        names += [event["name"] for event in page["events"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
    assert names[:7] == ["page"] * 7
    assert sorted(names[7:10]) == ["$consent_changed", "$identify", "cart"]
    assert names[10:] == ["main"]


def test_a_message_that_was_sent_says_so(ada, story):
    ada.enrols()
    ada.message_ends(status="sent", provider="ses", provider_message_id="s-1")
    [message] = story()["messages"]
    assert (message["status"], message["channel"]) == ("sent", "email")
    assert message["text"]["en"] == "Handed over to the provider."
    assert message["address"] == "ada@example.com"


def test_a_message_that_was_not_sent_says_why_in_both_languages(ada, story):
    ada.enrols()
    ada.message_ends(status="suppressed", reason="no_consent")
    [message] = story()["messages"]
    assert (message["status"], message["reason"]) == ("suppressed", "no_consent")
    assert message["text"]["en"] == (
        "The profile has not agreed to messages of this purpose, topic and channel."
    )
    assert message["text"]["zh"].startswith("用户未授权")


def test_what_a_provider_said_is_passed_on(ada, story):
    ada.enrols()
    ada.message_ends(status="rejected", reason="provider_rejected", detail="no such mailbox")
    [message] = story()["messages"]
    assert message["text"]["en"].endswith("(no such mailbox)")


def test_a_message_that_will_never_come_has_its_reason_in_its_enrolment(ada, story):
    paid = Happened(fact_id="m-paid", trigger="payment_done", occurred_at=NOON + timedelta(hours=1))
    ada.enrols(paid)
    [enrolment] = story()["enrolments"]
    assert (enrolment["status"], enrolment["reason"]) == ("exited", "payment_done")
    assert enrolment["text"] == {
        "en": "Ended at once: payment_done happened.",
        "zh": "立即退出：发生了 payment_done。",
    }
    assert enrolment["trace"][-1]["decision"] == "exit_rule"
    [missing] = enrolment["unsent"]
    assert (missing["step"], missing["reason"]) == ("second", "exited_before")
    assert "payment_done" in missing["text"]["en"]


def test_an_enrolment_that_waits_says_until_when(ada, story):
    ada.enrols()
    [enrolment] = story()["enrolments"]
    assert (enrolment["status"], enrolment["step"]) == ("active", "one day")
    assert enrolment["due_at"] == "2026-11-23T12:00:00.000Z"
    assert (enrolment["title"], enrolment["text"]) == ("Cart 购物车", None)
    assert [missing["reason"] for missing in enrolment["unsent"]] == ["not_reached_yet"]


def test_the_newest_are_told_that_fit_and_the_others_counted():
    stories = [{"at": f"2026-11-{day:02d}", "text": "知" * 100} for day in range(1, 11)]
    told = newest(stories, lambda one: one["at"], 900)
    assert [one["at"] for one in told] == ["2026-11-10", "2026-11-09"]
    assert newest(stories, lambda one: one["at"]) == stories[::-1]


def test_figures_are_what_the_tallies_say(api, ada):
    api.put("/segments/carts", {"title": "c", "condition": {"type": "event", "event": "cart"}})
    ada.enters("carts")
    ada.enrols(Happened(fact_id="m-paid", trigger="payment_done", occurred_at=NOON))
    ada.message_ends(status="suppressed", reason="enrolment_ended")
    assert api.get("/figures").body["figures"] == {
        "segments": {"carts": 1},
        "journeys": {
            "cart": {
                "status": "draft",
                "started": 1,
                "active": 0,
                "completed": 0,
                "exited": {"payment_done": 1},
            }
        },
        "messages": {"email": {"suppressed": 1}},
    }


def test_figures_of_a_journey_say_who_stands_where_and_went_which_way(api, ada):
    assert api.get("/journeys/cart/figures").status == 404, "nobody could enter it yet"
    ada.enrols()
    found = api.get("/journeys/cart/figures", version="1").body
    assert (found["version"], found["figures"]["active"]) == (1, 1)
    assert found["steps"][:2] == [
        {"step": "first", "here": 0, "passed": 1, "ways": {"one day": 1}},
        {"step": "one day", "here": 1, "passed": 0, "ways": {}},
    ]
    assert api.get("/journeys/cart/figures", version="9").status == 400
    assert api.get("/journeys/nothing/figures").status == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"kind": "user_id"}, 400),
        ({"kind": "shoe_size", "value": "ada"}, 400),
        ({"kind": "user_id", "value": "somebody"}, 404),
        ({"kind": "user_id", "value": "null"}, 400),
        ({"kind": "profile_id", "value": "somebody"}, 404),
        ({"kind": "user_id", "value": "x" * 2_000}, 400),
        ({"kind": "user_id", "value": "ada", "limit": "0"}, 400),
        ({"kind": "user_id", "value": "ada", "limit": "201"}, 400),
        ({"kind": "user_id", "value": "ada", "limit": "١"}, 400),
        ({"kind": "user_id", "value": "ada", "cursor": "x"}, 400),
        ({"kind": "user_id", "value": "ada", "cursor": "UFJPRklMRQ=="}, 400),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(api, query, status):
    assert api.get("/profiles", **query).status == status


def test_a_profile_shows_the_values_of_tags_and_the_stages_that_were_left(
    api, ada, story, dynamodb, profiles_table
):
    api.put("/tags/level", LEVEL)
    store = TagStore(dynamodb, profiles_table)
    gold = HeldTag(
        "level", "gold", NOON, 1, changes=1, because=({"about": "trait", "name": "vip"},),
        is_counted=True,
    )  # fmt: skip
    nothing = HeldTag("other", None, NOON, 1, changes=2)
    store.store("default", ada.profile_id, [TagChange(None, gold), TagChange(None, nothing)])
    assert story()["tags"]["values"] == [
        {
            "tag_id": "level",
            "title": "Level",
            "value": "gold",
            "since": "2026-11-22T12:00:00.000Z",
            "version": 1,
            "because": [{"about": "trait", "name": "vip"}],
            "changes_at": None,
        }
    ]
    answer = api.get("/tags/level").body
    assert answer["holders"] == 1
    assert answer["values"] == [{"value": "gold", "holders": 1}, {"value": "plain", "holders": 0}]


def test_a_stage_that_needs_more_than_silence_is_the_one_that_was_judged_last(
    api, ada, story, clock
):
    condition = {"type": "event", "event": "cart", "within_days": 30}
    api.put(
        "/lifecycle",
        {
            "stages": [{"stage": "shopper", "title": "Shopper", "condition": condition}],
            "otherwise": "other",
            "otherwise_title": "Others",
        },
    )
    clock.now = NOON + timedelta(days=45)
    assert story()["tags"]["stage"] == "prospect"  # nobody has judged her by it
