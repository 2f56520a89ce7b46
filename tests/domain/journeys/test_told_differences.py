"""Differences as people read them: each field by its name, with both sides."""

from datetime import timedelta

import pytest

from shared.domain.journeys.diff import Difference, diff, duration_text
from tests.domain.journeys.memory import journey

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SEND = {"type": "send", "name": "a", "template_id": "one"}
WAIT = {"type": "wait", "name": "a", "duration": "P1D"}
BRANCH = {"type": "branch", "name": "a"}
CITY = {"type": "trait", "trait": "city", "operator": "exists"}
PHONE = {"type": "trait", "trait": "phone", "operator": "exists"}
LAST = {"type": "exit", "name": "last"}


def changed(field: str, before: str, after: str, step: str = "a", of_type: str = "") -> Difference:
    return Difference("changed", step, of_type, field, before, after)


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (SEND, {**SEND, "template_id": "two"}, ("template_id", "one", "two")),
        (SEND, {**SEND, "fallback": ["x", "y"]}, ("fallback", "", "x; y")),
        (SEND, {**SEND, "values": {"n": 1}}, ("values", "{}", '{"n":1}')),
        (SEND, {**SEND, "expires_after": "PT5H"}, ("expires_after", "", "5 h")),
        (SEND, {**SEND, "next": "end"}, ("next", "last", "end")),
        (WAIT, {**WAIT, "duration": "P1DT1M"}, ("duration", "1 d", "1 d 1 min")),
        (
            {**WAIT, "duration": None, "until": {"time": "09:00"}},
            {**WAIT, "duration": None, "until": {"time": "10:00"}},
            ("until", '{"time":"09:00"}', '{"time":"10:00"}'),
        ),
        (
            {**WAIT, "duration": None, "until": {"at": "2027-01-01T09:00:00"}},
            {**WAIT, "duration": None, "until": {"at": "2027-01-01T09:00:00"}, "otherwise": "end"},
            ("otherwise", "", "end"),
        ),
        (
            {"type": "wait_for", "name": "a", "timeout": "P1D", "events": [{"event": "x"}]},
            {"type": "wait_for", "name": "a", "timeout": "P1D",
             "events": [{"event": "x"}, {"stage": "loyal"}]},
            ("events", '{"event":"x","where":{}}',
             '{"event":"x","where":{}}; {"edge":"entered","stage":"loyal"}'),
        ),
        (
            {"type": "reward", "name": "a", "points": 5},
            {"type": "reward", "name": "a", "points": 6},
            ("points", "5", "6"),
        ),
        (
            {"type": "repeat", "name": "a", "to": "a", "times": 2},
            {"type": "repeat", "name": "a", "to": "last", "times": 2},
            ("to", "a", "last"),
        ),
        (
            {**BRANCH, "arms": [{"when": CITY, "next": "end"}]},
            {**BRANCH, "arms": [{"when": CITY, "next": "end"}, {"when": PHONE}]},
            ("arms", "city is known → end", "city is known → end; phone is known → last"),
        ),
        (
            {**BRANCH, "arms": [{"when": CITY}]},
            {**BRANCH, "arms": [{"when": CITY}], "otherwise": "end"},
            ("otherwise", "last", "end"),
        ),
        (
            {"type": "experiment", "name": "a", "variants": [{"name": "x"}, {"name": "y"}]},
            {"type": "experiment", "name": "a",
             "variants": [{"name": "x", "weight": 3, "control": True}, {"name": "y"}]},
            ("variants", "x (1) → last; y (1) → last", "x (3, control) → last; y (1) → last"),
        ),
        (
            {"type": "feedback", "name": "a", "template_id": "t", "timeout": "P1D",
             "answers": [{"answer": "good"}]},
            {"type": "feedback", "name": "a", "template_id": "t", "timeout": "P1D",
             "answers": [{"answer": "good"}, {"answer": "bad", "next": "end"}]},
            ("answers", "good → last", "good → last; bad → end"),
        ),
        (
            {"type": "feedback", "name": "a", "template_id": "t", "timeout": "P1D",
             "answers": [{"answer": "good"}]},
            {"type": "feedback", "name": "a", "template_id": "t", "timeout": "P1D",
             "answers": [{"answer": "good", "text": {"en": "Good"}}]},
            ("answers", '[{"answer":"good","next":"last"}]',
             '[{"answer":"good","next":"last","text":{"en":"Good","zh":""}}]'),
        ),
    ],
)  # fmt: skip
def test_a_field_is_told_with_both_sides(before, after, wanted):
    told = diff(journey(before, LAST), journey(after, LAST))
    assert told == (changed(*wanted, of_type=before["type"]),)
    back = diff(journey(after, LAST), journey(before, LAST))
    field, one, other = wanted
    assert back == (changed(field, other, one, of_type=before["type"]),)


def test_the_journey_comes_first_then_what_is_gone_then_the_steps_as_they_are_now():
    before = journey(SEND, {**SEND, "name": "b"}, WAIT | {"name": "c"}, LAST)
    after = journey(
        {**SEND, "name": "new"}, WAIT | {"name": "c", "duration": "P2D"}, {**SEND, "type": "send"},
        {"type": "exit", "name": "last", "reason": "bye"},
        title="Other", topic="news", exit_on=[{"event": "x"}], holdout=0.5,
        reentry={"policy": "after", "after": "P2D"}, expires_after="P4D",
    )  # fmt: skip
    reentry = '{"policy":"never"}', '{"after":"P2D","policy":"after"}'
    assert diff(before, after) == (
        changed("title", "Test", "Other", ""),
        changed("topic", "", "news", ""),
        changed("expires_after", "3 d", "4 d", ""),
        changed("reentry", *reentry, ""),
        changed("exit_on", "", '{"event":"x","where":{}}', ""),
        changed("holdout", "0", "0.5", ""),
        changed("first", "a", "new", ""),
        Difference("removed", "b", "send"),
        Difference("added", "new", "send"),
        changed("duration", "1 d", "2 d", "c", "wait"),
        changed("next", "last", "a", "c", "wait"),
        changed("next", "b", "last", "a", "send"),
        changed("reason", "exit_step", "bye", "last", "exit"),
    )


def test_a_step_of_another_kind_is_told_by_its_kind_alone():
    assert diff(journey(SEND), journey(WAIT)) == (changed("type", "send", "wait", of_type="wait"),)
    other = journey(SEND, journey_id="other")
    assert diff(journey(SEND), other) == (), "another name is another journey"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (DAY, "1 d"),
        (timedelta(days=2, hours=3, minutes=4, seconds=5), "2 d 3 h 4 min 5 s"),
        (timedelta(minutes=60), "1 h"),
        (timedelta(seconds=59), "59 s"),
        (timedelta(seconds=3_599), "59 min 59 s"),
        (timedelta(), "0 s"),
    ],
)
def test_a_duration_is_told_in_its_units(duration: timedelta, text: str):
    assert duration_text(duration) == text
