"""Whoever is moved to a newer version is never lost, and never asked for a message again."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Act, SendMessage
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.interpreter import advance
from shared.domain.journeys.moving import (
    Choices,
    Fate,
    Line,
    Moving,
    Place,
    choice_problems,
    move,
    plan,
)
from shared.domain.journeys.stimulus import Facts, Perform
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.strategies import histories, journeys, traits
from tests.domain.journeys.test_interpreter import begin, walked

DAY = timedelta(days=1)


def moving(definition: Journey, choices: Choices | None = None) -> Moving:
    return Moving(number=7, version=2, journey=definition, choices=choices or Choices())


def on(definition: Journey, enrolment: Enrolment, history, known) -> Enrolment:
    """The enrolment at its end, if it goes on by itself."""
    facts = Facts(View(known, {}), ZoneInfo("UTC"))
    made = [made.enrolment for made in walk(definition, enrolment, history, lambda step, at: facts)]
    return made[-1] if made else enrolment


def own(enrolment: Enrolment) -> list[TraceEntry]:
    """The decisions but for those of the move, as if there were one version."""
    return [
        replace(entry, version=1)
        for entry in enrolment.trace
        if entry.decision not in ("moved", "waits_on")
    ]


@st.composite
def choices(draw: st.DrawFn, new: Journey) -> Choices:
    names = [f"step {number}" for number in range(8)]
    fates = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, st.integers(0, 5))))
    steps = [step.name for step in new.steps]
    return Choices(
        to={name: steps[fate % len(steps)] for name, fate in fates.items() if fate < 4},
        end=frozenset(name for name, fate in fates.items() if fate == 4),
        keep=frozenset(name for name, fate in fates.items() if fate == 5),
    )


@given(st.data(), journeys(), journeys(), histories(), traits())
def test_a_move_loses_nobody_and_asks_for_nothing_twice(data, old, new, history, known):
    places = [made.enrolment for made in walked(old, history, known)]
    before = data.draw(st.sampled_from([begin(old), *places]))
    wanted = moving(new, data.draw(choices(new)))
    now = NOON + data.draw(st.integers(0, 400)) * timedelta(hours=1)
    made = move(wanted, old, before, now)
    after = made.enrolment
    if after is before:
        assert not made.effects
        assert before.status != "active" or wanted.fate(old, before).what in ("keep", "choose")
        return
    assert after.trace[: len(before.trace)] == before.trace, "what was is kept"
    assert after.clock_at >= before.clock_at, "the clock never goes back"
    assert not any(isinstance(effect, SendMessage | Act) for effect in made.effects)
    assert move(wanted, old, after, now).enrolment is after, "once is enough"
    assert wanted.has_done(after) == len(before.trace)
    if after.status != "active":
        assert (after.status, after.reason) == ("exited", "taken_out")
        return
    assert after.journey_version == 2
    assert new.has(after.at)
    assert Counter(after.visits) - Counter(before.visits) <= Counter({after.at: 1})
    if after.waiting:
        assert made.wake == after.waiting.due
        assert after.waiting.since == before.waiting.since, "a wait keeps its beginning"
    ended = on(new, after, history, known)
    assert ended.status != "active", "everybody comes to an end"
    begun = Counter((e.step, e.visit) for e in ended.trace if e.decision in ("requested", "acted"))
    assert not begun or max(begun.values()) == 1, "no visit asks twice"


@given(st.data(), journeys(), histories(), traits())
def test_a_move_to_the_same_steps_changes_nothing(data, definition, history, known):
    made = walked(definition, history, known)
    places = [begin(definition), *(one.enrolment for one in made)]
    before = data.draw(st.sampled_from(places))
    now = before.clock_at + data.draw(st.integers(0, 100)) * timedelta(hours=1)
    after = move(moving(definition), definition, before, now).enrolment
    if before.status == "active":
        assert after.trace[len(before.trace)].decision == "moved"
        if before.waiting:
            assert after.waiting == before.waiting
    assert own(on(definition, after, history, known)) == own(made[-1].enrolment)


WAITS = {"type": "wait", "name": "pause", "duration": "P3D"}
SEND = {"type": "send", "name": "remind", "template_id": "a"}


def waits(definition: Journey) -> Enrolment:
    first = definition.first
    return advance(definition, begin(definition), Perform(first), NOON).enrolment


@pytest.mark.parametrize(
    ("duration", "asked_after", "due"),
    [
        ("P3D", 1, 3),  # nothing has changed
        ("P3D", 9, 3),  # nor where somebody is late
        ("P5D", 1, 5),  # a wait keeps its beginning
        ("P2D", 1, 2),
        ("P1D", 2, 2),  # what is over by the new duration is over now
        ("P5D", 9, 9),
    ],
)
def test_a_wait_keeps_its_beginning(duration: str, asked_after: int, due: int):
    old, new = journey(WAITS, SEND), journey({**WAITS, "duration": duration}, SEND)
    after = move(moving(new), old, waits(old), NOON + asked_after * DAY).enrolment
    assert (after.waiting.since, after.waiting.due) == (NOON, NOON + due * DAY)
    assert after.visits == {"pause": 1}


def test_another_date_is_asked_for_anew_and_from_now_on():
    old = journey({"type": "wait", "name": "pause", "until": {"time": "18:00"}}, SEND)
    new = journey({"type": "wait", "name": "pause", "until": {"time": "15:00"}}, SEND)
    facts = Facts(View({}, {}), ZoneInfo("UTC"))
    before = advance(old, begin(old), Perform("pause", facts), NOON).enrolment
    after = move(moving(new), old, before, NOON + timedelta(hours=5)).enrolment
    assert (after.phase, after.clock_at) == ("ready", NOON + timedelta(hours=5))
    due = advance(new, after, Perform("pause", facts), NOON).enrolment.waiting.due
    assert due == NOON + timedelta(days=1, hours=3)


def test_a_wait_that_was_renamed_goes_on_where_it_is_said_to():
    old, new = journey(WAITS, SEND), journey({**WAITS, "name": "rest"}, SEND)
    to = moving(new, Choices(to={"pause": "rest"}))
    after = move(to, old, waits(old), NOON + DAY).enrolment
    assert (after.at, after.visits) == ("rest", {"pause": 1, "rest": 1})
    assert after.waiting.due == NOON + 3 * DAY
    assert [entry.decision for entry in after.trace[-2:]] == ["moved", "waits_on"]


def test_who_is_sent_to_another_step_comes_to_it_now():
    old, new = journey(WAITS, SEND), journey(SEND)
    to = moving(new, Choices(to={"pause": "remind"}))
    after = move(to, old, waits(old), NOON + DAY).enrolment
    assert (after.at, after.phase, after.clock_at) == ("remind", "ready", NOON + DAY)


def test_a_question_is_not_asked_again_where_it_merely_changed():
    asks = {
        "type": "feedback",
        "name": "ask",
        "template_id": "a",
        "answers": [{"answer": "good"}],
        "timeout": "P3D",
    }
    old, new = journey(asks), journey({**asks, "template_id": "b", "timeout": "P4D"})
    made = move(moving(new), old, waits(old), NOON + DAY)
    assert made.enrolment.waiting.due == NOON + 4 * DAY
    assert not any(isinstance(effect, SendMessage) for effect in made.effects)


# --- the plan ---------------------------------------------------------------------------------


def rounds(times: int) -> Journey:
    return journey(
        {"type": "send", "name": "remind", "template_id": "a"},
        {"type": "wait", "name": "a day", "duration": "P1D"},
        {"type": "repeat", "name": "again", "to": "remind", "times": times},
    )


@pytest.mark.parametrize(
    ("before", "after", "at", "sent"),
    [
        (3, 3, 2, 4),
        (3, 2, 2, 3),
        (3, 2, 3, 3),
        (3, 2, 4, 4),  # what was sent stays sent
        (5, 2, 4, 4),
        (3, 1, 1, 2),
        (1, 2, 1, 3),
        (2, 5, 3, 6),
    ],
)
def test_rounds_are_counted_on_in_a_version_with_more_or_fewer(
    before: int, after: int, at: int, sent: int
):
    old, new = rounds(before), rounds(after)
    enrolment = begin(old)
    for made in walk(old, enrolment, [], lambda step, at: Facts(View({}, {}), ZoneInfo("UTC"))):
        enrolment = made.enrolment
        if enrolment.waiting and enrolment.visits["a day"] == at:
            break
    ended = on(new, move(moving(new), old, enrolment, enrolment.clock_at).enrolment, [], {})
    assert sum(entry.decision == "requested" for entry in ended.trace) == sent


@given(st.data(), journeys(), journeys(), histories(), traits())
def test_the_plan_says_what_the_move_does(data, old, new, history, known):
    chosen = data.draw(choices(new))
    wanted = moving(new, chosen)
    inside = [made.enrolment for made in walked(old, history, known)]
    inside = [one for one in inside if one.status == "active"]
    counts = Counter(Place(1, one.at, one.phase) for one in inside)
    lines = plan(counts, {1: old}, new, chosen)
    assert sum(line.people for line in lines) == len(inside), "everybody stands somewhere"
    fates = {line.step: line.fate for line in lines}
    for one in inside:
        after = move(wanted, old, one, NOON).enrolment
        match fates[one.at]:
            case Fate("end"):
                assert after.reason == "taken_out"
            case Fate("keep" | "choose"):
                assert after is one
            case Fate(_, step):
                assert (after.journey_version, after.at) == (2, step)
    asked = {line.step for line in lines if line.fate.what == "choose"}
    problems = list(choice_problems(chosen, lines, new))
    assert {one.path for one in problems if one.code == "choose"} == asked
    assert [line.fate.what == "choose" for line in lines] == sorted(
        (line.fate.what == "choose" for line in lines), reverse=True
    ), "what needs a choice comes first"


def test_choices_name_steps_that_are_there_and_each_once():
    new = journey(SEND)
    lines = (Line(1, "pause", 31, 0, Fate("choose")),)
    wrong = Choices(to={"a": "nowhere"}, end=frozenset({"a"}))
    found = {(one.path, one.code) for one in choice_problems(wrong, lines, new)}
    assert found == {("to.a", "no_such_step"), ("a", "chosen_twice"), ("pause", "choose")}
