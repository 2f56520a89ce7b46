"""A person's story: every line in the order of time, in two languages, reasons included."""

import copy
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from cli.story import tell
from cli.story_words import WORDS
from tests.functions.manage_workspace.conftest import ada, clock  # noqa: F401

PROFILE = {
    "profile_id": "p1",
    "redirected_from": None,
    "created_at": "2026-11-01T08:00:00.000Z",
    "links": 0,
    "trait_history": {},
    "touches": {"first": None, "last": None},
    "groups": [],
    "identifiers": [{"kind": "user_id", "value": "ada", "first_at": "2026-11-01T08:00:00.000Z"}],
    "traits": {
        "city": {"value": "上海", "at": "2026-11-01T08:00:00.000Z", "source_id": "web"},
        "about": {"value": "x" * 200, "at": "2026-11-01T08:00:00.000Z", "source_id": "web"},
    },
    "tags": {
        "values": [
            {
                "tag_id": "level",
                "title": "Level 等级",
                "value": "gold",
                "since": "2026-11-01T08:00:05.000Z",
                "version": 1,
                "because": [],
                "changes_at": None,
            }
        ],
        "stages": [],
        "stage": "new",
        "stage_since": "2026-11-01T08:00:00.000Z",
        "first_seen_at": "2026-11-01T08:00:00.000Z",
        "last_seen_at": "2026-11-02T09:00:00.000Z",
        "events": 4,
    },
    "counts": [],
    "memberships": [
        {
            "segment_id": "visitors",
            "title": "Visitors 访客",
            "member": True,
            "since": "2026-11-01T08:00:05.000Z",
            "version": 1,
            "because": [
                {"about": "event", "name": "main", "value": 3, "holds": True, "within_days": 7},
                {"about": "trait", "name": "city", "value": "上海", "holds": True},
            ],
            "changes_at": None,
        }
    ],
    "enrolments": [
        {
            "enrolment_id": "e1",
            "journey_id": "cart",
            "title": "Cart",
            "journey_version": 1,
            "status": "exited",
            "reason": "payment_done",
            "text": {"en": "Ended at once: payment_done happened.", "zh": "立即退出。"},
            "step": "one day",
            "entered_at": "2026-11-01T08:30:00.000Z",
            "due_at": None,
            "trace": [
                {"step": "", "visit": 0, "at": "2026-11-01T08:30:00.000Z", "decision": "entered",
                 "version": 1, "next": "first", "fact": "m1",
                 "because": [{"about": "event", "name": "cart", "at": "2026-11-01T08:30:00.000Z"}]},
                {"step": "first", "visit": 1, "at": "2026-11-01T08:30:00.000Z",
                 "decision": "requested", "version": 1, "next": "one day",
                 "because": [{"about": "template", "name": "cart-email"}]},
                {"step": "one day", "visit": 1, "at": "2026-11-01T08:30:00.000Z",
                 "decision": "waiting", "version": 1, "due": "2026-11-02T08:30:00.000Z"},
                {"step": "one day", "visit": 1, "at": "2026-11-01T09:00:00.000Z",
                 "decision": "exit_rule", "version": 1, "fact": "m2",
                 "because": [{"about": "event", "name": "payment_done",
                              "at": "2026-11-01T09:00:00.000Z"}]},
            ],
            "unsent": [
                {"step": "second", "template_id": "cart-text", "reason": "exited_before",
                 "text": {"en": "The enrolment had ended before.", "zh": "此前已结束。"}}
            ],
        }
    ],
    "messages": [
        {
            "message_id": "x1",
            "enrolment_id": "e1",
            "journey_id": "cart",
            "journey_version": 1,
            "step": "first",
            "visit": 1,
            "template_id": "cart-email",
            "purpose": "marketing",
            "channel": "email",
            "address": "ada@example.com",
            "status": "suppressed",
            "reason": "no_consent",
            "detail": None,
            "text": {"en": "The profile has not agreed.", "zh": "用户未授权。"},
            "requested_at": "2026-11-01T08:30:00.000Z",
            "claimed_at": None,
            "until": None,
            "settled_at": "2026-11-22T12:00:00.000Z",
            "provider": None,
            "provider_message_id": None,
            "template_version": None,
        }
    ],
    "left_out": {"enrolments": 0, "messages": 0},
    "consents": [
        {"purpose": "marketing", "granted": False, "at": "2026-11-01T08:00:00.000Z",
         "source": "m0"}
    ],
    "timeline": {
        "events": [
            {"message_id": f"m{n}", "type": "track", "name": name, "occurred_at": at,
             "received_at": at, "source_id": "web", "properties": {}}
            for n, (name, at) in enumerate(
                [
                    ("payment_done", "2026-11-01T09:00:00.000Z"),
                    ("cart", "2026-11-01T08:30:00.000Z"),
                    ("main", "2026-11-01T08:00:02.000Z"),
                    ("main", "2026-11-01T08:00:01.000Z"),
                    ("main", "2026-11-01T08:00:00.000Z"),
                ]
            )
        ],
        "cursor": None,
    },
}  # fmt: skip


def test_the_story_is_told_line_by_line():
    assert tell(PROFILE) == [
        "Profile p1",
        "  user_id: ada",
        f"  about = {'x' * 79}…",
        "  city = 上海",
        "  refused marketing messages on 2026-11-01 08:00:00",
        "  new: 4 events, the last one on 2026-11-02 09:00:00",
        "  Level 等级: gold, since 2026-11-01 08:00:05",
        "  in Visitors 访客",
        "",
        "2026-11-01 08:00:00  did main ×3, until 2026-11-01 08:00:02",
        "2026-11-01 08:00:05  entered the segment “Visitors 访客”, "
        "because: main ×3 in 7 days, city = 上海",
        "2026-11-01 08:30:00  did cart",
        "2026-11-01 08:30:00  Cart: entered, because: cart",
        "2026-11-01 08:30:00  Cart › first: asked for the message of cart-email",
        "                       → email to ada@example.com: suppressed. "
        "The profile has not agreed.",
        "2026-11-01 08:30:00  Cart › one day: waits until 2026-11-02 08:30:00",
        "2026-11-01 09:00:00  did payment_done",
        "2026-11-01 09:00:00  Cart › one day: left at once: payment_done",
        "                       → no message from “second”: The enrolment had ended before.",
    ]


def test_it_is_told_in_chinese_and_in_the_workspaces_time():
    lines = tell(PROFILE, "zh", ZoneInfo("Asia/Shanghai"))
    assert "2026-11-01 16:30:00  发生 cart" in lines
    assert any("email 发往 ada@example.com：未下发。用户未授权。" in line for line in lines)


def test_the_end_of_a_journey_is_told_after_its_last_message():
    profile = copy.deepcopy(PROFILE)
    enrolment = profile["enrolments"][0]
    enrolment |= {"status": "completed", "unsent": [], "trace": enrolment["trace"][:2]}
    assert tell(profile)[-3:-1] == [
        "                       → email to ada@example.com: suppressed. "
        "The profile has not agreed.",
        "                       → went through to the end",
    ]


def test_both_languages_have_all_words():
    assert WORDS["en"].keys() == WORDS["zh"].keys()
    for name, text in WORDS["en"].items():
        fields = {part.split("}")[0] for part in text.split("{")[1:]}
        other = {part.split("}")[0] for part in WORDS["zh"][name].split("{")[1:]}
        assert fields == other, name


def test_where_somebody_came_from_and_what_it_brought_in_is_told():
    first = {"at": "2026-11-01T08:00:00.000Z", "source": "wechat", "campaign": "双十一"}
    last = {"at": "2026-11-02T08:00:00.000Z", "referrer": "https://example.com/"}
    none = dict.fromkeys(("source", "medium", "campaign", "term", "content", "referrer"))
    profile = {
        **PROFILE,
        "redirected_from": "p0",
        "touches": {"first": {**none, **first}, "last": {**none, **last}},
        "groups": [{"group_id": "acme", "since": "2026-11-01T08:00:00.000Z"}],
        "counts": [
            {"event": "order", "times": 2, "revenue": "23.5", "first_at": "", "last_at": ""},
            {"event": "main", "times": 3, "revenue": None, "first_at": "", "last_at": ""},
        ],
    }

    said = tell(profile)
    assert "  p0 is a part of this person" in said
    assert "  first came on 2026-11-01 08:00:00: source wechat, campaign 双十一" in said
    assert "  last came on 2026-11-02 08:00:00: referrer https://example.com/" in said
    assert "  Level 等级: gold, since 2026-11-01 08:00:05" in said
    assert "  in the group acme since 2026-11-01 08:00:00" in said
    assert [line for line in said if "revenue" in line] == ["  order ×2: revenue 23.5"]
    assert "  order ×2：收入 23.5" in tell(profile, "zh")


def test_instants_never_go_back():
    lines = [line for line in tell(PROFILE)[9:] if not line.startswith(" ")]
    instants = [line[:19] for line in lines]
    assert instants == sorted(instants)


def test_events_that_are_left_out_are_said_to_be():
    profile = copy.deepcopy(PROFILE)
    profile["timeline"]["cursor"] = "abc"
    assert "… older events are left out" in tell(profile)
    profile["left_out"] = {"enrolments": 2, "messages": 3}
    assert "… 2 older enrolments and 3 older messages are left out" in tell(profile)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_person_of_whom_nothing_is_known_has_a_story_too(language):
    profile = {
        **PROFILE,
        **{name: [] for name in ("identifiers", "memberships", "enrolments", "messages",
                                 "consents")},
        "traits": {},
        "tags": {**PROFILE["tags"], "values": [], "last_seen_at": None},
        "timeline": {"events": [], "cursor": None},
    }  # fmt: skip
    assert len(tell(profile, language)) == 2


@pytest.fixture
def person(rapport, ada):  # noqa: F811
    """The command, and somebody who is in a journey."""
    ada.enrols()
    ada.message_ends(status="suppressed", reason="no_consent")
    return rapport


def test_the_command_tells_the_story_of_a_real_profile(person):
    said = person("profile", "user_id", "ada")
    assert (said.code, said.err) == (0, "")
    assert "Cart 购物车 › first: asked for the message of hello" in said.out
    assert "→ email: suppressed. The profile has not agreed" in said.out
    assert "用户未授权" in person("--lang", "zh", "profile", "user_id", "ada").out


def test_what_the_enrolment_tells_is_not_told_again_as_an_event(person):
    told = json.loads(person("profile", "user_id", "ada", "--json").out)
    assert "$journey_entered" in {one["name"] for one in told["timeline"]["events"]}
    assert "$journey_entered" not in person("profile", "user_id", "ada").out


def test_the_command_gives_the_answer_as_it_is(person):
    told = json.loads(person("profile", "user_id", "ada", "--json").out)
    assert told["messages"][0]["reason"] == "no_consent"


def test_the_command_turns_pages_until_it_has_enough(person, ada, make_event):  # noqa: F811
    noon = datetime.fromisoformat("2026-11-22T12:00:00+00:00")
    ada.did(*(make_event(f"page {n}", at=noon + timedelta(minutes=n)) for n in range(1, 250)))
    told = json.loads(person("profile", "user_id", "ada", "--events", "230", "--json").out)
    assert [one["name"] for one in told["timeline"]["events"]] == [
        f"page {n}" for n in range(249, 19, -1)
    ]
    assert told["timeline"]["cursor"]


def test_a_consent_is_written_down_once(person):
    refused = person("consent", "user_id", "ada", "marketing", "--refuse").out
    assert refused.startswith("updated: marketing refused at ")
    again = person("consent", "user_id", "ada", "marketing", "--refuse").out
    assert again.startswith("unchanged: marketing refused at ")
