"""Two versions of a journey differ in what they mean, and every such difference is told."""

from datetime import timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.diff import Difference, diff, duration_text
from shared.domain.journeys.ways import ways_out
from shared.domain.text import to_text
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


# --- nothing is hidden ------------------------------------------------------------------------


def meaning(definition):
    """A definition as text, each way named and the steps in the order of their names."""
    plain = definition.model_dump(mode="json", exclude_none=True)
    for step in plain["steps"]:
        for field in ("next", "on_event", "on_timeout", "otherwise", "on_done", "on_overdue"):
            if field in {way.field for way in ways_out(definition.step(step["name"]))}:
                step[field] = definition.target(step["name"], step.get(field))
        for kind in ("arms", "variants", "answers"):
            for fork in step.get(kind, ()):
                fork["next"] = definition.target(step["name"], fork.get("next"))
    plain["steps"].sort(key=lambda step: step["name"])
    return to_text([plain, definition.first])


def changed_somewhere(data, part):
    """The same JSON data with one value in it changed."""
    if isinstance(part, dict) and part:
        name = data.draw(st.sampled_from(sorted(part)))
        return {**part, name: changed_somewhere(data, part[name])}
    if isinstance(part, list) and part:
        place = data.draw(st.integers(0, len(part) - 1))
        if data.draw(st.booleans()):
            return part[:place] + part[place + 1 :]
        return [*part[:place], changed_somewhere(data, part[place]), *part[place + 1 :]]
    match part:
        case bool():
            return not part
        case int() | float():
            return data.draw(st.sampled_from([part + 1, True, str(part)]))
        case "end":
            return None
        case str():
            return data.draw(st.sampled_from([f"{part}x", "end", "P9D", 1]))
        case _:
            return data.draw(st.sampled_from(["end", "P1D", True, {}]))


@given(st.data(), journeys())
def test_whatever_is_changed_is_told_and_nothing_else(data, definition):
    plain = definition.model_dump(mode="json")
    try:
        other = Journey.model_validate(changed_somewhere(data, plain))
    except ValidationError:
        assume(False)
    names = [step.name for step in other.steps]
    assume(len(set(names)) == len(names) and other.journey_id == definition.journey_id)
    told = diff(definition, other)
    assert bool(told) == (meaning(definition) != meaning(other))
    for each in told:
        assert each.kind != "changed" or each.before != each.after


def test_another_control_is_told():
    variants = [{"name": "a", "control": True}, {"name": "b", "next": "end"}]
    drawn = {"type": "experiment", "name": "e", "variants": variants}
    other = {**drawn, "variants": [{"name": "a"}, {**variants[1], "control": True}]}
    assert diff(journey(drawn, SEND), journey(other, SEND)) == (
        changed(
            "e",
            "experiment",
            "variants",
            "a (1, control) → remind; b (1) → end",
            "a (1) → remind; b (1, control) → end",
        ),
    )


def test_conditions_that_read_the_same_are_told_apart():
    def fork(value):
        condition = {"type": "trait", "trait": "level", "operator": "equals", "value": value}
        return {**BRANCH, "arms": [{"when": condition, "next": "end"}]}

    (told,) = diff(journey(fork("1"), SEND), journey(fork(1), SEND))
    assert told.before != told.after
