"""Two versions of a journey differ in what they mean, and every such difference is told."""

from datetime import timedelta

import pytest
from hypothesis import given

from shared.domain.journeys.diff import Difference, diff, duration_text
from tests.domain.journeys.memory import journey
from tests.domain.journeys.strategies import journeys

WAIT = {"type": "wait", "name": "a while", "duration": "P3D"}
SEND = {"type": "send", "name": "remind", "template_id": "cart"}
BRANCH = {
    "type": "branch",
    "name": "fork",
    "arms": [{"when": {"type": "event", "event": "paid"}, "next": "end"}],
    "otherwise": "remind",
}


def changed(step, of_type, field, before, after):
    return Difference("changed", step, of_type, field, before, after)


@given(journeys())
def test_a_journey_differs_from_itself_in_nothing(definition):
    assert diff(definition, definition) == ()


@given(journeys(), journeys())
def test_no_difference_is_equality_of_everything_that_is_compared(one, other):
    told = diff(one, other)
    names = {step.name for step in one.steps}, {step.name for step in other.steps}
    assert {each.step for each in told if each.kind == "added"} == names[1] - names[0]
    assert {each.step for each in told if each.kind == "removed"} == names[0] - names[1]
    if not told:
        kinds = [sorted((step.name, step.type) for step in each.steps) for each in (one, other)]
        assert kinds[0] == kinds[1]
    back = diff(other, one)
    assert {(d.step, d.field) for d in told if d.kind == "changed"} == {
        (d.step, d.field) for d in back if d.kind == "changed"
    }


def test_a_shorter_wait_is_told_in_days():
    after = journey({**WAIT, "duration": "P2D"}, SEND)
    assert diff(journey(WAIT, SEND), after) == (
        changed("a while", "wait", "duration", "3 d", "2 d"),
    )


def test_a_step_that_is_put_in_between_changes_the_way_that_went_on_below():
    text = {"type": "send", "name": "text", "template_id": "text"}
    assert diff(journey(WAIT, SEND), journey(WAIT, text, SEND)) == (
        changed("a while", "wait", "next", "remind", "text"),
        Difference("added", "text", "send"),
    )


def test_naming_the_way_that_is_taken_anyway_is_no_difference():
    assert diff(journey(WAIT, SEND), journey({**WAIT, "next": "remind"}, SEND)) == ()


def test_a_condition_is_told_in_words_of_either_language():
    other = {**BRANCH, "arms": [{"when": {"type": "event", "event": "left"}, "next": "end"}]}
    before, after = journey(BRANCH, SEND), journey(other, SEND)
    assert diff(before, after) == (
        changed("fork", "branch", "arms", "did paid ever → end", "did left ever → end"),
    )
    (in_chinese,) = diff(before, after, "zh")
    assert "发生过 paid" in in_chinese.before


def test_an_arm_that_went_on_below_leads_elsewhere_when_something_comes_between():
    arms = [{"when": {"type": "event", "event": "paid"}}]
    fork = {**BRANCH, "arms": arms}
    thanks = {"type": "send", "name": "thank", "template_id": "thanks", "next": "end"}
    assert diff(journey(fork, SEND), journey(fork, thanks, SEND)) == (
        changed("fork", "branch", "arms", "did paid ever → remind", "did paid ever → thank"),
        Difference("added", "thank", "send"),
    )


def test_entry_exit_and_the_kind_of_a_step_are_told():
    after = journey(
        {"type": "exit", "name": "remind"},
        exit_on=[{"event": "paid"}],
        entry={"type": "event", "event": "seen"},
        clock="due_index",
    )
    told = diff(journey(SEND), after)
    assert [(each.step, each.field) for each in told] == [
        ("", "clock"),
        ("", "entry"),
        ("", "exit_on"),
        ("remind", "type"),
    ]


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(days=1, hours=12), "1 d 12 h"),
        (timedelta(minutes=30), "30 min"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(0), "0 s"),
    ],
)
def test_durations_are_told_in_whole_units(duration, text):
    assert duration_text(duration) == text
