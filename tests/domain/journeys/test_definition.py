"""A journey says where it is wrong, and a way that names no step goes on to the one below."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from shared.domain.journeys.bounds import MOST_ASKED, bound_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import https_only
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.triggers import triggers_of
from shared.domain.journeys.validate import validate
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from tests.domain.journeys.memory import journey
from tests.domain.journeys.strategies import journeys

VECTORS = Path(__file__).parents[2] / "vectors" / "journeys"
CASES = json.loads((VECTORS / "problems.json").read_text())
VISITORS = Segment.model_validate(
    {
        "segment_id": "visitors",
        "title": "Visitors",
        "condition": {"type": "trait", "trait": "city", "operator": "exists"},
    }
).condition
LEVEL = Tag.model_validate(
    {
        "tag_id": "vip",
        "title": "VIP",
        "category": "value",
        "family": "value",
        "how": {"type": "manual", "values": [{"value": "yes", "title": "Yes"}]},
    }
)
KNOWN = Definitions(
    {"visitors": VISITORS},
    {"vip": LEVEL},
    templates={"welcome"},
    lists={"guests"},
    journeys={"another"},
)
WAIT = {"type": "wait", "name": "a day", "duration": "P1D"}


@pytest.mark.parametrize("case", CASES, ids=[case["title"] for case in CASES])
def test_what_is_wrong_is_named_with_its_place(case: dict[str, Any]):
    more = {key: one for key, one in case.items() if key not in ("title", "steps", "problems")}
    definition = journey(*case["steps"], **more)
    found = validate(definition, KNOWN)
    wanted = [Problem(path, message, zh, code) for path, message, code, zh in case["problems"]]
    assert list(found) == wanted
    assert all(one.detail == (one.path, one.message) for one in found)


@given(journeys())
def test_journeys_without_circles_and_islands_are_valid(definition: Journey):
    known = replace(KNOWN, segments={"buyers": VISITORS})
    assert validate(definition, known) == ()


@given(journeys())
def test_a_journey_is_the_same_after_it_was_written_and_read(definition: Journey):
    assert Journey.model_validate_json(definition.model_dump_json()) == definition


@pytest.mark.parametrize(
    ("step", "where"),
    [
        ({**WAIT, "duration": 86400}, "duration"),
        ({**WAIT, "duration": "PT0S"}, "duration"),
        ({**WAIT, "duration": "PT0.5S"}, "duration"),
        ({**WAIT, "duration": "P365D"}, "duration"),
        ({**WAIT, "name": "a: day"}, "name"),
        ({**WAIT, "name": "day "}, "name"),
        ({**WAIT, "name": "d" * 61}, "name"),
        ({**WAIT, "colour": "red"}, "colour"),
    ],
)
def test_a_step_that_cannot_be_is_refused_at_its_field(step: dict[str, Any], where: str):
    with pytest.raises(ValidationError) as refused:
        journey(step)
    assert where in refused.value.errors()[0]["loc"]


@pytest.mark.parametrize(
    "reentry", [{"policy": "after"}, {"policy": "never", "after": "P1D"}, {"after": "P1D"}]
)
def test_only_reentry_after_a_pause_has_a_pause(reentry: dict[str, str]):
    with pytest.raises(ValidationError, match="policy `after` needs `after`"):
        journey(WAIT, reentry=reentry)


def test_triggers_are_all_that_entries_waits_and_exit_rules_refer_to():
    watched = journey(
        {"type": "wait_for", "name": "w", "events": [{"event": "paid"}], "timeout": "P1D"},
        entry={"type": "segment", "segment_id": "visitors", "edge": "exited"},
        exit_on=[{"event": "left"}, {"segment_id": "buyers"}],
    )
    assert triggers_of(watched) == {
        "segment:exited:visitors",
        "paid",
        "left",
        "segment:entered:buyers",
    }


def test_by_the_due_index_one_go_asks_for_no_more_than_a_transaction_takes():
    sends = [{"type": "send", "name": f"send {n}", "template_id": "a"} for n in range(MOST_ASKED)]
    wait = {"type": "wait", "name": "a day", "duration": "P1D"}
    one_more = {"type": "send", "name": "one more", "template_id": "a"}
    too_many = journey(*sends, one_more, clock="due_index")
    assert [p.message.split()[0] for p in bound_problems(too_many)] == [str(MOST_ASKED + 1)]
    assert not list(bound_problems(journey(*sends, one_more)))
    assert not list(bound_problems(journey(*sends, wait, one_more, clock="due_index")))
    # A date that is past holds nobody up.
    past = {"type": "wait", "name": "a date", "until": {"at": "2020-01-01T00:00:00Z"}}
    assert list(bound_problems(journey(*sends, past, one_more, clock="due_index")))


ACTIONS = [
    {"type": "send", "template_id": "a"},
    {"type": "update", "traits": {"level": 1}},
    {"type": "reward", "points": 1},
    {"type": "webhook", "url": "https://crm.example/"},
    {"type": "start_journey", "journey_id": "next"},
]


def test_by_the_due_index_actions_count_as_messages_do():
    """Also a task: it is given by one go, and handed on by the next."""
    asked = [{**ACTIONS[n % len(ACTIONS)], "name": f"step {n}"} for n in range(MOST_ASKED)]
    for action in ACTIONS:
        too_many = journey(*asked, {**action, "name": "more"}, clock="due_index")
        assert [p.code for p in bound_problems(too_many)] == ["too_many_at_once"], action
    assert not list(bound_problems(journey(*asked, clock="due_index")))

    task = {"type": "assign", "name": "call", "to": "sales", "title": "Call", "due": "P1D"}
    assert [p.code for p in bound_problems(journey(*asked, task, clock="due_index"))] == [
        "too_many_at_once"
    ]
    assert not list(bound_problems(journey(task, *asked, clock="due_index")))
    escalated = {**task, "escalate_to": "boss"}
    assert [p.code for p in bound_problems(journey(escalated, *asked, clock="due_index"))] == [
        "too_many_at_once"
    ]


@pytest.mark.parametrize("before", ["", "me@", ":secret@", "me:secret@"])
def test_an_address_to_call_holds_neither_user_nor_password(before):
    url = f"https://{before}crm.example/hook"
    if not before:
        assert https_only(url) == url
    else:
        with pytest.raises(ValueError, match="neither user nor password"):
            https_only(url)
