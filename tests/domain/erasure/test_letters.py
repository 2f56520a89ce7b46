"""Dead letters lose what is about the erased person, and nothing of anybody else."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.erasure.letters import Verdict, Wanted, judge, mentions
from shared.domain.identity.graph import Identifier
from shared.domain.instants import format_instant
from tests.conftest import NOON

STRAND = "f3" * 16
ADA = Wanted(
    frozenset(
        {
            Identifier("user_id", "7"),
            Identifier("email", "ada@example.com"),
            Identifier("phone", "+8613800138000"),
            Identifier("anonymous_id", "device-of-ada"),
        }
    ),
    frozenset({STRAND}),
    NOON,
)


def event(**fields):
    return {"message_id": "m", "name": "seen", "occurred_at": format_instant(NOON), **fields}


def of_ada(**fields):
    return event(user_id="7", **fields)


def of_eve(**fields):
    return event(user_id="8", **fields)


def letter(*events, **more):
    return json.dumps({"v": 1, "events": events, **more})


def test_only_the_persons_events_leave_a_message_of_many():
    verdict = judge(letter(of_eve(), of_ada(), of_eve(name="paid"), reason="why"), ADA)

    assert verdict.removed == 1
    rest = json.loads(verdict.rest)
    assert rest == json.loads(letter(of_eve(), of_eve(name="paid"), reason="why"))


def test_a_message_that_is_all_hers_goes_as_a_whole():
    assert judge(letter(of_ada(), of_ada()), ADA) == Verdict(2, None)


@pytest.mark.parametrize(
    "mine",
    [
        event(user_id=7),
        event(anonymous_id="device-of-ada"),
        event(user_id="new", traits={"email": " ADA@Example.com "}),
        event(traits={"phone": "+86 138 0013 8000"}),
        event(context={"externalIds": [{"id": "7", "type": "user_id"}]}),
        event(properties={"referred by": "ada@example.com"}),
        event(properties={"ada@example.com": True}),
        "ada@example.com",
        ["device-of-ada"],
    ],
)
def test_she_is_found_wherever_she_is_named(mine):
    assert judge(letter(mine), ADA).rest is None


@pytest.mark.parametrize(
    "others",
    [
        of_eve(properties={"quantity": "7", "price": 7}),
        of_eve(properties={"note": "ada@example.computer"}),
        event(anonymous_id="device-of-adam"),
    ],
)
def test_somebody_who_only_looks_like_her_stays(others):
    body = letter(others)

    assert judge(body, ADA).rest == body


def test_a_later_event_is_somebody_new():
    body = letter(of_ada(occurred_at=format_instant(NOON + timedelta(milliseconds=1))))

    assert judge(body, ADA).removed == 0


def test_facts_and_messages_go_by_the_profile_that_they_name():
    fact = json.dumps({"source": "rapport", "detail": {"profile_id": STRAND}})
    message = json.dumps({"v": 1, "message": {"profile_id": STRAND}})
    other = json.dumps({"v": 1, "message": {"profile_id": "0a" * 16}})

    assert judge(fact, ADA).rest is None
    assert judge(message, ADA).rest is None
    assert judge(other, ADA).rest == other


@pytest.mark.parametrize(
    "body",
    ["mail of ada@example.com, cut off", '{"broken": "ADA@example.com', "8613800138000"],
)
def test_what_is_no_json_is_searched_as_text(body):
    assert judge(body, ADA).rest is None
    assert judge(json.dumps({"body": body, "reason": "no JSON"}), ADA).rest is None


def test_depth_does_not_matter():
    deep = "[" * 50_000 + '"ada@example.com"' + "]" * 50_000

    assert judge(deep, ADA).rest is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.lists(JSON), st.text(min_size=8))
def test_what_is_left_never_names_her_and_nothing_else_is_lost(events, value):
    wanted = Wanted(frozenset({Identifier("member_id", value)}), frozenset(), NOON)
    mine = [{"member": value}] if value.strip() == value and len(value.casefold()) >= 8 else []
    verdict = judge(letter(*events, *mine), wanted)

    kept = json.loads(verdict.rest)["events"] if verdict.rest is not None else []
    assert len(kept) + verdict.removed == len(events) + len(mine)
    assert all(each in events for each in kept)
    assert judge(letter(*kept), wanted).removed == 0


@pytest.mark.parametrize(
    "line",
    [
        "7,2026-01-01,11.77",
        '"ADA@example.com","x"',
        "a;138 0013 8000;b",
        "+86 (138) 0013-8000",
        '{"device": "device-of-ada"}',
        f"{STRAND}",
    ],
)
def test_files_are_searched_for_short_names_too(line):
    assert mentions(f"id,at,amount\n{line}\n", ADA)


@pytest.mark.parametrize(
    "line", ["17,70,7.5x7", "ada@example.computer", "device-of-adam", "13800138001", "x7"]
)
def test_a_name_in_a_longer_word_is_none(line):
    assert not mentions(f"{line}\n", ADA)
