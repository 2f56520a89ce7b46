"""What a move writes, whom it leaves, and what the operator is told before: line by line."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment, TraceEntry, Waiting
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.move_job import FAILURES_TOLD, SEGMENTS, MoveJob, Segment, Whole
from shared.domain.journeys.moving import (
    Choices,
    Fate,
    Line,
    Moving,
    Place,
    choice_problems,
    move,
    plan,
    take_out,
)
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.steps.asked import asked_by
from shared.domain.journeys.stimulus import Facts, Perform, TimeUp
from shared.domain.journeys.withdrawn import withdrawn
from shared.domain.profiles.model import View
from tests.domain.journeys.ledgered import begun
from tests.domain.journeys.memory import NOON, happened, journey

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WATCH = {"type": "wait_for", "name": "watch", "events": [{"event": "paid"}], "timeout": "P2D"}
PAUSE = {"type": "wait", "name": "pause", "duration": "P3D"}
DATE = {"type": "wait", "name": "pause", "until": {"time": "18:00"}}
THANK = {"type": "send", "name": "thank", "template_id": "a"}
MORE = {"type": "send", "name": "more", "template_id": "b"}
CALL = {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P2D"}
ASK = {
    "type": "feedback",
    "name": "ask",
    "template_id": "a",
    "answers": [{"answer": "good"}],
    "timeout": "P2D",
}
NOW = NOON + 5 * HOUR
NOBODY = Facts(View({}, {}), ZoneInfo("UTC"))


def moving(new: Journey, **chosen: Any) -> Moving:
    return Moving(7, 2, new, Choices(**chosen))


def reason(step: str, version: int = 1, at: str = "2026-11-22T17:00:00.000Z") -> dict[str, Any]:
    return {"about": "move", "name": "7", "step": step, "version": version, "at": at}


def moved_entry(to: str, at: Any, because: dict[str, Any]) -> TraceEntry:
    return TraceEntry("", 0, at, "moved", 2, next=to, because=(because,))


def test_who_waits_on_is_written_down_twice_and_listened_for_anew():
    old = journey(WATCH, THANK, exit_on=[{"event": "left"}])
    new = journey({**WATCH, "events": [{"event": "seen"}], "timeout": "P4D"}, THANK,
                  exit_on=[{"event": "gone"}, {"event": "seen"}])  # fmt: skip
    before = begun(old, Perform("watch"))
    due = NOON + 4 * DAY
    on = TraceEntry("watch", 1, NOON, "waits_on", 2, due=due)
    after = replace(
        before,
        journey_version=2,
        waiting=Waiting(NOON, due, ("seen",)),
        trace=(*before.trace, moved_entry("watch", NOON, reason("watch")), on),
    )
    listens = (Listen("gone", exits=True), Listen("seen", True, "watch", 1))
    assert move(moving(new), old, before, NOW) == Advance(after, listens, wake=due)
    assert moving(new).has_done(after) == 2
    assert replace(moving(new), number=8).has_done(after) is None
    assert moving(new).has_done(before) is None
    assert moving(new).name == "7"


def test_who_stands_at_a_step_comes_to_the_same_one_as_before():
    old, new = journey(WATCH, THANK, MORE), journey(THANK, MORE, exit_on=[{"event": "left"}])
    paid = happened("paid", NOON + HOUR, fact_id="p")
    before = begun(old, Perform("watch"), paid)
    same = move(moving(new), old, before, NOW)
    entry = moved_entry("thank", NOON + HOUR, reason("thank"))
    wanted = replace(before, journey_version=2, trace=(*before.trace, entry))
    assert same == Advance(wanted, (Listen("left", exits=True),))
    other = move(moving(new, to={"thank": "more"}), old, before, NOW).enrolment
    entry = moved_entry("more", NOW, reason("thank"))
    assert other == replace(
        before, journey_version=2, at="more", clock_at=NOW, trace=(*before.trace, entry)
    )
    early = move(moving(new, to={"thank": "more"}), old, before, NOON).enrolment
    assert early.clock_at == NOON + HOUR, "its clock never goes back"


@pytest.mark.parametrize(
    ("old", "new", "to", "waits", "due"),
    [
        # What is waited for by a date is kept where it is the same one.
        (DATE, DATE, "", True, NOON + 6 * HOUR),
        (DATE, {**DATE, "name": "rest"}, "rest", True, NOON + 6 * HOUR),
        (DATE, {**DATE, "until": {"time": "19:00"}}, "", False, None),
        (PAUSE, DATE, "", False, None),
        (DATE, PAUSE, "", True, NOON + 3 * DAY),
        (WATCH, {**WATCH, "name": "rest"}, "rest", True, NOON + 2 * DAY),
        (PAUSE, {**WATCH, "name": "pause"}, "pause", False, None),
        # What asks when it begins is asked again under another name.
        (CALL, {**CALL, "due": "P3D"}, "", True, NOON + 3 * DAY),
        (CALL, {**CALL, "name": "rest"}, "rest", False, None),
        (ASK, {**ASK, "timeout": "PT1H"}, "", True, NOW),
        (ASK, {**ASK, "name": "rest"}, "rest", False, None),
        (PAUSE, {**PAUSE, "duration": "PT5H"}, "", True, NOW),
        (PAUSE, {**PAUSE, "duration": "PT4H"}, "", True, NOW),
        (PAUSE, {**PAUSE, "duration": "PT6H"}, "", True, NOON + 6 * HOUR),
    ],
)
def test_whether_and_until_when_a_wait_goes_on(old, new, to, waits, due):
    before_def, after_def = journey(old, THANK), journey(new, THANK)
    begun_at = begun(before_def)
    before = advance(before_def, begun_at, Perform(old["name"], NOBODY), NOON).enrolment
    assert before.waiting
    chosen = {"to": {old["name"]: to}} if to else {}
    made = move(moving(after_def, **chosen), before_def, before, NOW)
    after = made.enrolment
    assert after.at == new["name"]
    assert (after.waiting is not None) is waits
    if waits:
        assert after.waiting is not None
        assert (after.waiting.since, after.waiting.due, made.wake) == (NOON, due, due)
        same = old["name"] == new["name"]
        assert after.visits == {old["name"]: 1} | ({} if same else {new["name"]: 1})
        assert after.trace[-1].visit == 1
    else:
        assert (after.clock_at, made.wake) == (NOW, None)
        assert after.visits == {old["name"]: 1}


def test_visits_of_a_step_are_counted_on_when_it_is_come_to_by_a_move():
    again = {"type": "repeat", "name": "again", "to": "pause", "times": 5}
    old = journey(PAUSE, {**PAUSE, "name": "rest"}, again)
    stimuli = [Perform("pause"), TimeUp("pause", 1), Perform("rest"), TimeUp("rest", 1),
               Perform("again"), Perform("pause")]  # fmt: skip
    before = begun(old, *stimuli)
    after = move(moving(old, to={"pause": "rest"}), old, before, NOW).enrolment
    assert (after.visits["pause"], after.visits["rest"]) == (2, 2)
    assert after.trace[-1].visit == 2


def test_whom_a_move_concerns():
    definition = journey(PAUSE, THANK)
    before = begun(definition, Perform("pause"))
    over = take_out(before, "3", NOW)
    entry = TraceEntry("pause", 1, NOW, "taken_out", 1, because=({"about": "move", "name": "3"},))
    assert over == replace(before, status="exited", reason="taken_out", waiting=None,
                           clock_at=NOW, trace=(*before.trace, entry))  # fmt: skip
    for enrolment, concerned, all_out in (
        (before, True, True),
        (replace(before, journey_version=2), False, True),
        (replace(before, journey_version=3), False, True),
        (over, False, False),
    ):
        assert moving(definition).concerns(enrolment) is concerned
        assert moving(definition, all_out=True).concerns(enrolment) is all_out
        if not concerned:
            assert move(moving(definition), definition, enrolment, NOW) == Advance(enrolment)
    out = move(moving(definition, all_out=True), definition, before, NOW)
    assert out == Advance(take_out(before, "7", NOW))


@pytest.mark.parametrize(
    ("name", "chosen", "fate"),
    [
        ("pause", {}, Fate("same", "pause")),
        ("thank", {}, Fate("choose")),  # of another kind there
        ("watch", {}, Fate("choose")),
        ("nobody", {}, Fate("choose")),
        ("pause", {"to": {"pause": "thank"}}, Fate("to", "thank")),
        ("pause", {"end": frozenset({"pause"})}, Fate("end")),
        ("pause", {"keep": frozenset({"pause"})}, Fate("keep")),
        ("pause", {"keep": frozenset({"watch"})}, Fate("same", "pause")),
        ("watch", {"all_out": True}, Fate("end")),
        ("pause", {"to": {"pause": "thank"}, "keep": frozenset({"pause"})}, Fate("keep")),
        ("pause", {"end": frozenset({"pause"}), "keep": frozenset({"pause"})}, Fate("end")),
    ],
)
def test_what_becomes_of_whoever_stands_there(name: str, chosen: dict[str, Any], fate: Fate):
    old = journey(WATCH, PAUSE, THANK)
    new = journey(PAUSE, {**PAUSE, "name": "thank"})
    step = old.step(name) if old.has(name) else None
    assert Choices(**chosen).fate(step, name, new) == fate
    enrolment = replace(begun(old), at=name)
    assert moving(new, **chosen).fate(old, enrolment) == fate
    if fate.what in ("choose", "keep"):
        assert move(moving(new, **chosen), old, enrolment, NOW) == Advance(enrolment)


def test_the_plan_has_a_line_for_each_step_those_in_front_that_need_a_choice():
    first, second = journey(PAUSE, WATCH, THANK, MORE), journey(PAUSE, THANK, CALL)
    new = journey(PAUSE, MORE)
    counts = {
        Place(2, "call", "waiting"): 4,
        Place(1, "more", "ready"): 3,
        Place(1, "pause", "waiting"): 5,
        Place(1, "pause", "ready"): 2,
        Place(1, "thank", "ready"): 1,
        Place(1, "watch", "waiting"): 8,
        Place(0, "unknown", "waiting"): 1,
        Place(2, "pause", "ready"): 6,
        Place(1, "gone", "ready"): 7,
    }
    lines = plan(counts, {1: first, 2: second}, new, Choices(to={"thank": "more"}))
    assert lines == (
        Line(0, "unknown", 1, 0, Fate("choose")),
        Line(1, "gone", 0, 7, Fate("choose")),
        Line(1, "watch", 8, 0, Fate("choose")),
        Line(2, "call", 4, 0, Fate("choose")),
        Line(1, "pause", 5, 2, Fate("same", "pause")),
        Line(1, "thank", 0, 1, Fate("to", "more")),
        Line(1, "more", 0, 3, Fate("same", "more")),
        Line(2, "pause", 0, 6, Fate("same", "pause")),
    )
    assert [line.people for line in lines] == [1, 7, 8, 4, 7, 1, 3, 6]


def test_what_is_missing_from_choices_is_said_in_both_languages():
    new = journey(PAUSE, MORE)
    chosen = Choices(
        to={"a": "nowhere", "b": "more", "c": "pause"},
        end=frozenset({"c", "d"}),
        keep=frozenset({"d", "e"}),
    )
    lines = [
        Line(1, "watch", 8, 3, Fate("choose")),
        Line(2, "pause", 5, 2, Fate("same", "pause")),
        Line(3, "call", 1, 0, Fate("choose")),
    ]
    missing = '{} stand in "{}" of version {}, which is not there any more: choose where they go'
    zh = "{} 人停留在版本 {} 的步骤“{}”，新版本没有该步骤：请选择去向"
    assert list(choice_problems(chosen, lines, new)) == [
        Problem("to.a", 'there is no step "nowhere"', "没有步骤“nowhere”", "no_such_step"),
        Problem("c", "one choice is enough", "同一步骤只能选择一次", "chosen_twice"),
        Problem("d", "one choice is enough", "同一步骤只能选择一次", "chosen_twice"),
        Problem("watch", missing.format(11, "watch", 1), zh.format(11, 1, "watch"), "choose"),
        Problem("call", missing.format(1, "call", 3), zh.format(1, 3, "call"), "choose"),
    ]


# --- the job ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "walk", "over"),
    [
        ("counting", "count", False),
        ("counted", "count", True),
        ("moving", "move", False),
        ("moved", "move", True),
    ],
)
def test_how_far_a_job_is(stage: Any, walk: str, over: bool):
    job = MoveJob(journey_id="test", number=1, version=2, requested_at=NOON, stage=stage)
    assert (job.walk, job.is_over) == (walk, over)
    assert (job.attempt, job.machine, job.choices, job.finished_at) == (0, "", Choices(), None)


def walked(number: int, done: bool = True) -> Segment:
    segment = Segment(number, ("shop#ada", "ENR#1"), done)
    segment.places.update({Place(1, "pause", "waiting"): 2, Place(2, "pause", "ready"): 1})
    segment.outcomes.update({"moved": 3, "kept": 1, "unchosen": number})
    return segment


def test_a_part_of_the_table_is_the_same_after_it_was_written_and_read():
    segment = walked(4)
    for number in range(FAILURES_TOLD + 3):
        segment.fail(f"e{number}", "lost")
    assert segment.failed == FAILURES_TOLD + 3
    assert segment.failures == [(f"e{number}", "lost") for number in range(FAILURES_TOLD)]
    plain = segment.to_json()
    assert plain == {
        "cursor": ("shop#ada", "ENR#1"),
        "done": True,
        "places": [[1, "pause", "waiting", 2], [2, "pause", "ready", 1]],
        "outcomes": {"moved": 3, "kept": 1, "unchosen": 4},
        "failed": FAILURES_TOLD + 3,
        "failures": segment.failures,
    }
    lists = {**plain, "cursor": list(plain["cursor"]), "failures": [list(one) for one in
                                                                     segment.failures]}  # fmt: skip
    assert Segment.from_json(4, lists) == segment
    empty = Segment(0)
    assert Segment.from_json(0, empty.to_json()) == empty
    assert (empty.cursor, empty.done, empty.failed) == (None, False, 0)


def test_the_whole_is_the_sum_of_its_parts_and_done_when_all_are():
    parts = [walked(number) for number in range(SEGMENTS)]
    parts[0].fail("e0", "lost")
    for part in parts[1:]:
        for number in range(2):
            part.fail(f"e{part.number}-{number}", "lost")
    whole = Whole.of(iter(parts))
    assert whole.places == {Place(1, "pause", "waiting"): 32, Place(2, "pause", "ready"): 16}
    assert whole.outcomes == {"moved": 48, "kept": 16, "unchosen": 120}
    assert (whole.failed, len(whole.failures), whole.done) == (31, FAILURES_TOLD, True)
    assert whole.failures[:2] == (("e0", "lost"), ("e1-0", "lost"))
    assert whole.inside == 48
    assert whole.older(2) == {Place(1, "pause", "waiting"): 32}
    assert whole.older(1) == {}
    assert whole.older(3) == whole.places
    assert list(whole.left()) == [16, 120, 31]
    assert not Whole.of(parts[1:]).done
    assert not Whole.of([*parts[1:], walked(0, done=False)]).done
    nothing = Whole.of([])
    assert (nothing.inside, nothing.failed, nothing.done) == (0, 0, False)
    assert list(nothing.left()) == [0, 0, 0]


# --- tasks of whoever was taken away ----------------------------------------------------------


def test_only_tasks_without_an_answer_are_taken_back_and_only_of_who_was_taken_away():
    again = {"type": "repeat", "name": "again", "to": "call", "times": 3}
    definition = journey(CALL, again, exit_on=[{"event": "paid"}])
    round_ = (Perform("call"), TimeUp("call", 1), Perform("again"), Perform("call"))
    waiting = begun(definition, *round_)
    paid = happened("paid", NOON + 3 * DAY, fact_id="p")
    over = advance(definition, waiting, paid, NOON).enrolment

    def taken(enrolment: Enrolment, told: int = 0) -> list[str]:
        found = list(withdrawn(enrolment, told))
        names = {one.action_id: f"{one.step} {one.visit}" for one in _tasks(definition, enrolment)}
        return [names[one] for one in found]

    assert taken(waiting) == []
    assert taken(over) == ["call 2"], "what is overdue stays to be done"
    assert taken(over, len(over.trace) - 1) == ["call 2"]
    assert taken(over, len(over.trace)) == []
    moved = move(moving(definition), definition, waiting, NOW).enrolment
    assert taken(moved) == [], "who waits on may still be answered"
    away = journey({**PAUSE, "name": "away"}, CALL, again, exit_on=[{"event": "paid"}])
    gone = move(moving(away, to={"call": "away"}), definition, waiting, NOW).enrolment
    assert taken(gone) == ["call 2"]
    assert taken(gone, len(gone.trace)) == []
    later = advance(away, gone, Perform("away"), NOW).enrolment
    assert taken(later, len(waiting.trace)) == ["call 2"]


def _tasks(definition: Journey, enrolment: Enrolment) -> list[Any]:
    return [
        one
        for entry in enrolment.trace
        if entry.step and definition.has(entry.step)
        for one in asked_by(definition.step(entry.step), enrolment.enrolment_id, entry)
    ]
