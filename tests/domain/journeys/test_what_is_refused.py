"""What no definition may hold: each refused with its words, and what lies just inside is taken."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.journeys.branching import branch_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import https_only
from shared.domain.journeys.problem import Problem
from tests.domain.journeys.memory import journey

WAIT = {"type": "wait", "name": "w"}
CITY = {"type": "trait", "trait": "city", "operator": "exists"}
INSTEAD = "put it into a segment and ask for the segment"
INSTEAD_ZH = "请放入人群，再判断该人群"


def branch(*conditions: dict[str, Any], name: str = "fork") -> dict[str, Any]:
    return {"type": "branch", "name": name, "arms": [{"when": one} for one in conditions]}


def test_what_a_branch_can_ask_for():
    event = {"type": "event", "event": "paid"}
    where = [{"property": "a", "operator": "exists"}]
    rolling = {"type": "rolling", "seconds": 3_600}
    plain = [
        CITY,
        {**event, "within_days": 3},
        {"type": "activity", "about": "events", "comparison": "at_least", "value": 3},
        {"type": "segment", "segment_id": "vip"},
        {"type": "at_least", "count": 1, "conditions": [CITY, event]},
    ]
    definition = journey(
        {"type": "exit", "name": "out"},
        branch(*plain),
        branch(
            {**event, "where": where},
            {"type": "any", "conditions": [CITY, {**event, "window": rolling}]},
            {"type": "not", "condition": {"type": "segment", "segment_id": "none"}},
            {
                "type": "value",
                "which": "last",
                "event": "paid",
                "test": {"property": "a", "operator": "exists"},
            },
            {"type": "all", "conditions": [
                CITY, {"type": "list", "list_id": "a"}, {**event, "where": where}]},
            name="more",
        ),
    )  # fmt: skip
    at = "steps[2].arms[{}].when{}".format
    counts = Problem(
        "", f"a branch counts events without `where`: {INSTEAD}",
        f"分支只统计不带 `where` 的事件：{INSTEAD_ZH}", "not_in_branches",
    )  # fmt: skip
    assert branch_problems(definition, {"vip"}) == (
        counts._replace(path=at(0, ".where")),
        Problem(
            at(1, ".conditions[1].window"), f"a branch counts natural days or ever: {INSTEAD}",
            f"分支只按自然日或全部时间统计：{INSTEAD_ZH}", "not_in_branches",
        ),
        Problem(
            at(2, ".condition.segment_id"), 'there is no segment "none"', "没有人群“none”",
            "unknown_segment",
        ),
        Problem(
            at(3, ""), f"a branch cannot ask for value: {INSTEAD}",
            f"分支不能判断 value：{INSTEAD_ZH}", "not_in_branches",
        ),
        Problem(
            at(4, ".conditions[1]"), f"a branch cannot ask for list: {INSTEAD}",
            f"分支不能判断 list：{INSTEAD_ZH}", "not_in_branches",
        ),
        counts._replace(path=at(4, ".conditions[2].where")),
    )  # fmt: skip
    assert branch_problems(journey(branch(*plain)), {"vip"}) == ()


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("https://crm.example/hook?a=1#b", None),
        ("https://crm.example:65535", None),
        ("https://crm.example:1/!~", None),
        ("HTTPS://crm.example", None),
        ("https://crm.example:0", "port 0"),
        ("https://crm.example:65536", "up to 65535"),
        ("https://crm.example:x", "up to 65535"),
        ("http://crm.example", "begins with https"),
        ("https:///hook", "begins with https"),
        ("crm.example", "begins with https"),
        ("https://me@crm.example", "neither user nor password"),
        ("https://me:x@crm.example", "neither user nor password"),
        ("https://:x@crm.example", "neither user nor password"),
        ("https://crm.example/a b", "percent-encoded"),
        ("https://crm.example/é", "percent-encoded"),
        ("https://crm.example/\x7f", "percent-encoded"),
    ],
)
def test_which_addresses_may_be_called(url: str, wrong: str | None):
    if wrong is None:
        assert https_only(url) == url
    else:
        with pytest.raises(ValueError, match=wrong):
            https_only(url)


def until(**more: Any) -> dict[str, Any]:
    return {**WAIT, "until": more}


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ({**WAIT, "duration": "PT1S"}, None),
        ({**WAIT, "duration": "P364D"}, None),
        ({**WAIT, "duration": "P364DT1S"}, "less than or equal"),
        ({**WAIT, "duration": "PT0S"}, "greater than or equal"),
        ({**WAIT, "duration": 5}, "ISO 8601"),
        ({**WAIT, "duration": "PT1.5S"}, "whole seconds"),
        ({**WAIT}, "`duration` or `until`"),
        ({**until(time="09:00"), "duration": "P1D"}, "not both"),
        ({**until(time="09:00"), "otherwise": "end"}, "way past a date"),
        ({**until(at="2027-01-01T09:00:00"), "otherwise": "end"}, None),
        ({**until(trait="r", time="09:00"), "otherwise": "end"}, None),
        (until(at="1970-01-01T00:00:00"), None),
        (until(at="1969-12-31T23:59:59"), "of this age"),
        (until(at="8999-12-31T00:00:00"), None),
        (until(at="9000-01-01T00:00:00"), "of this age"),
        (until(at="2027-01-01T09:00:00.5"), "whole seconds"),
        (until(at=1_700_000_000), "ISO 8601"),
        (until(at=1.5), "ISO 8601"),
        (until(trait="r", time="09:00", offset="P3650D"), None),
        (until(trait="r", time="09:00", offset="-P3650D"), None),
        (until(trait="r", time="09:00", offset="P3651D"), "less than or equal"),
        (until(trait="r", time="09:00", offset="PT24H"), None),
        (until(trait="r", time="09:00", offset="PT25H"), "whole days"),
        (until(trait="r", time="09:00", offset=3), "ISO 8601"),
        (until(usual_hour=False, time="09:00"), "usual_hour"),
        ({"type": "reward", "name": "r"}, "`points` or a `coupon`"),
        ({"type": "reward", "name": "r", "points": 1, "coupon": "a"}, "not both"),
        ({"type": "update", "name": "u"}, "needs `traits`, `tags` or `lists`"),
        ({"type": "update", "name": "u", "tags": {"a": ""}}, None),
        ({"type": "update", "name": "u", "lists": {"a": False}}, None),
        ({"type": "update", "name": "u", "traits": {"a": 1}}, None),
        ({"type": "send", "name": "s", "template_id": "a", "fallback": ["a"]}, "there twice"),
        ({"type": "send", "name": "s", "template_id": "a", "fallback": ["b", "b"]}, "there twice"),
        ({"type": "send", "name": "s", "template_id": "a", "fallback": ["b", "c"]}, None),
        ({"type": "experiment", "name": "e", "variants": [{"name": "a"}, {"name": "a"}]},
         "there twice"),
        ({"type": "experiment", "name": "e", "variants": [
            {"name": "a", "control": True}, {"name": "b", "control": True}]}, "only one"),
        ({"type": "experiment", "name": "e", "variants": [
            {"name": "a", "control": True}, {"name": "b"}]}, None),
        ({"type": "feedback", "name": "f", "template_id": "a", "timeout": "P1D",
          "answers": [{"answer": "x"}, {"answer": "x"}]}, "there twice"),
        ({"type": "feedback", "name": "f", "template_id": "a", "timeout": "P1D",
          "answers": [{"answer": "x"}, {"answer": "y"}]}, None),
    ],
)  # fmt: skip
def test_which_steps_there_can_be(step: dict[str, Any], wrong: str | None):
    if wrong is None:
        assert journey(step).steps[0].name == step["name"]
    else:
        with pytest.raises(ValidationError, match=wrong):
            journey(step)


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"reentry": {"policy": "after", "after": "P1D"}}, None),
        ({"reentry": {"policy": "after"}}, "needs `after`"),
        ({"reentry": {"policy": "always", "after": "P1D"}}, "no other policy has it"),
        ({"entry": {"type": "schedule", "segment_id": "a"}}, "needs one of"),
        ({"entry": {"type": "schedule", "segment_id": "a", "date": "12-25"}}, None),
        ({"entry": {"type": "schedule", "segment_id": "a", "lunar": "08-15"}}, None),
        ({"entry": {"type": "schedule", "segment_id": "a", "cron": "0 9 * * *"}}, None),
        ({"entry": {"type": "schedule", "segment_id": "a", "cron": "0 9 * * *", "date": "12-25"}},
         "needs one of"),
        ({"entry": {"type": "schedule", "segment_id": "a", "date": "12-25",
                    "time_zone": "Asia/Nowhere"}}, "no time zone"),
        ({"entry": {"type": "schedule", "segment_id": "a", "date": "12-25",
                    "time_zone": "Asia/Shanghai"}}, None),
    ],
)  # fmt: skip
def test_which_journeys_there_can_be(more: dict[str, Any], wrong: str | None):
    send = {"type": "send", "name": "s", "template_id": "a"}
    if wrong is None:
        assert isinstance(journey(send, **more), Journey)
    else:
        with pytest.raises(ValidationError, match=wrong):
            journey(send, **more)
