"""What a replay says of each line of a trace: what it comes out as, and what that followed from."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.journeys.enrolment import Enrolment, TraceEntry, Waiting
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.moving import Choices, Moving, move
from shared.domain.journeys.replay.replaying import Line, Past, replay
from shared.domain.journeys.replay.stimuli import happened_of, since_of
from shared.domain.journeys.steps.asked import task_id
from shared.domain.journeys.stimulus import Facts, Happened, Merged, Perform, TimeUp
from shared.domain.journeys.triggers import moved
from shared.domain.profiles.model import View
from shared.domain.segments.expand import Definitions
from shared.domain.text import to_text
from tests.domain.journeys.memory import NOON, happened, journey

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
LONG_AGO, UTC = NOON - 900 * DAY, ZoneInfo("UTC")
NOTHING = Definitions({}, {})
CART = happened("cart", properties={"cart_id": "c1"}, correlation_id="r1")
SEND = {"type": "send", "name": "thank", "template_id": "thanks"}
WAIT = {"type": "wait", "name": "day", "duration": "P1D"}
PAID = {"type": "event", "event": "paid"}
GONE = Past({}, [], False, NOTHING, LONG_AGO)


def begin(definition, entry: Happened = CART) -> Enrolment:
    return enrol(
        definition, 1, entry, workspace_id="shop", profile_id="ada", enrolment_id="e"
    ).enrolment


def on(definition, enrolment: Enrolment, *stimuli, now: datetime | None = None) -> Enrolment:
    for one in stimuli:
        at = one.occurred_at if isinstance(one, Happened) else enrolment.clock_at
        enrolment = advance(definition, enrolment, one, now or at).enrolment
    return enrolment


def replayed(enrolment: Enrolment, definition, past: Past) -> list[Line]:
    return list(replay(enrolment, lambda version: definition, past))


def bys(lines: list[Line]) -> list[str]:
    return [line.by if line.same else f"not by {line.by}" for line in lines]


def changed(enrolment: Enrolment, place: int, **values: Any) -> Enrolment:
    trace = list(enrolment.trace)
    trace[place] = replace(trace[place], **values)
    return replace(enrolment, trace=tuple(trace))


# --- lines ------------------------------------------------------------------------------------


def test_lines_are_the_decisions_as_they_are_stored_and_the_end_without_them():
    definition = journey(SEND)
    run = on(definition, begin(definition), Perform("thank"))
    stored = run.to_json()
    wanted = [to_text(entry) for entry in stored.pop("trace")] + [to_text(stored)]
    lines = replayed(run, definition, GONE)
    assert lines == [
        Line(wanted[0], wanted[0], "trace"),
        Line(wanted[1], wanted[1], "definition"),
        Line(wanted[2], wanted[2], "definition"),
    ]


def test_a_run_that_cannot_have_begun_has_nothing_on_the_other_side():
    definition = journey(SEND)
    run = on(definition, begin(definition), Perform("thank"))
    whole = replace(GONE, whole=True)
    lines = replayed(run, definition, whole)
    assert [line.replayed for line in lines] == [None, None, None]
    assert bys(lines) == ["not by definition"] * 3
    other = happened("other", fact_id=CART.fact_id)
    lines = replayed(run, definition, replace(GONE, timeline={CART.fact_id: other}))
    assert [line.replayed for line in lines] == [None, None, None], "it is no entry"
    late = replace(CART, arrived_at=NOON + 9 * DAY)
    lines = replayed(run, definition, replace(GONE, timeline={CART.fact_id: late}))
    assert bys(lines) == ["timeline", "definition", "definition"], "its age was judged then"


def test_a_decision_too_many_or_too_few_leaves_one_side_empty():
    definition = journey(SEND)
    run = on(definition, begin(definition), Perform("thank"))
    twice = replace(run, trace=(*run.trace, run.trace[-1]))
    lines = replayed(twice, definition, GONE)
    assert bys(lines) == ["trace", "definition", "not by definition", "definition"]
    assert lines[2] == Line(lines[1].recorded, None, "definition")
    first = replace(run, trace=run.trace[:1])
    lines = replayed(first, definition, GONE)
    assert bys(lines) == ["trace", "not by definition"]
    out = journey(SEND, holdout=1)
    lines = replayed(replace(begin(out), trace=begin(out).trace[:1]), out, GONE)
    assert lines[1].recorded is None
    assert "held_out" in (lines[1].replayed or "")
    assert bys(lines) == ["trace", "not by definition", "definition"]


# --- what brought it about --------------------------------------------------------------------

WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [
        {"event": "left"},
        {"event": "paid", "where": {"cart": {"entry": "cart_id"}, "whole": True}},
        {"segment_id": "buyers"},
    ],
    "timeout": "P2D",
}
ASK = {
    "type": "feedback",
    "name": "ask",
    "template_id": "a",
    "answers": [{"answer": "good"}],
    "timeout": "P1D",
}
CALL = {"type": "assign", "name": "call", "title": "Call", "to": "sales", "due": "P1D"}
AT = {"about": "event", "name": "paid", "at": "2026-11-22T13:00:00.000Z"}


def found(entry: TraceEntry, definition, run: Enrolment, *, whole: bool = False, **timeline):
    return happened_of(entry, definition, run, timeline, whole=whole)


def entry_of(step: str, decision: Any, *because: dict[str, Any], fact: str | None = "m2"):
    return TraceEntry(step, 2, NOON, decision, 1, fact=fact, because=because)


@pytest.mark.parametrize(
    ("entry", "properties"),
    [
        (entry_of("watch", "happened", AT), {"cart": "c1", "whole": True}),
        (entry_of("watch", "exit_rule", AT), {"why": 1}),
        (entry_of("watch", "goal", AT), {"n": 2}),
        (entry_of("watch", "happened", {**AT, "name": "left"}), {}),
        (entry_of("watch", "happened", {**AT, "name": "unheard of"}), {}),
        (entry_of("call", "happened", {**AT, "name": "$task_done"}),
         {"task_id": task_id("e", "call", 2)}),
        (entry_of("call", "happened", AT), {}),
        (entry_of("call", "exit_rule", {**AT, "name": "$task_done"}), {}),
        (entry_of("ask", "happened", AT, {"about": "answer", "name": "good"}),
         {"question": "ask", "answer": "good"}),
        (entry_of("how", "happened", AT, {"about": "answer", "name": "good"}),
         {"question": "q", "answer": "good"}),
        (entry_of("ask", "happened", AT), {"question": "ask", "answer": None}),
        (entry_of("ask", "exit_rule", AT), {"why": 1}),
        (entry_of("", "entered", AT), {"cart_id": "c1"}),
        (entry_of("thank", "happened", AT), {}),
    ],
)  # fmt: skip
def test_an_event_that_is_gone_has_what_it_must_have_had(entry: TraceEntry, properties: dict):
    definition = journey(
        WATCH, CALL, ASK, {**ASK, "name": "how", "question": "q"}, SEND,
        exit_on=[{"event": "paid", "where": {"why": 1}}],
        goal={"event": "paid", "where": {"n": 2}, "within": "P9D"},
    )  # fmt: skip
    made = found(entry, definition, begin(definition))
    assert made is not None
    assert made.by == "trace"
    name = entry.because[0]["name"]
    assert made.happened == Happened(
        fact_id="m2", trigger=name, occurred_at=NOON + HOUR, properties=properties
    )
    assert found(entry, definition, begin(definition), whole=True) is None


def test_what_the_timeline_has_is_taken_from_there_whatever_the_trace_says():
    definition = journey(WATCH)
    run, known = begin(definition), happened("other", fact_id="m2")
    for entry in (entry_of("watch", "happened", AT), entry_of("watch", "happened")):
        made = found(entry, definition, run, whole=True, m2=known)
        assert made == (known, "timeline")


def test_a_move_says_itself_which_fact_it_is():
    definition, run = journey(WATCH), begin(journey(WATCH))
    for kind, trigger in (("segment", "segment:entered:a"), ("lifecycle", "lifecycle:left:b")):
        fact = moved(kind, trigger, NOON + HOUR)
        because = {"about": kind, "name": trigger, "at": "2026-11-22T13:00:00.000Z"}
        entry = entry_of("watch", "happened", because, fact=fact.fact_id)
        for whole in (True, False):
            assert found(entry, definition, run, whole=whole) == (fact, "facts")
        wrong = replace(entry, fact="another")
        assert found(wrong, definition, run) is None


@pytest.mark.parametrize(
    "entry",
    [
        entry_of("watch", "happened"),
        entry_of("watch", "happened", AT, fact=None),
        entry_of("watch", "happened", AT, fact=""),
        entry_of("watch", "happened", {**AT, "about": "trait"}),
        entry_of("watch", "happened", {"about": "event", "name": "paid"}),
        entry_of("watch", "happened", {**AT, "at": 5}),
    ],
)
def test_what_says_too_little_cannot_have_been(entry: TraceEntry):
    definition = journey(WATCH)
    assert found(entry, definition, begin(definition)) is None
    run = on(definition, begin(definition), Perform("watch"))
    paid = happened("left", NOON + HOUR, fact_id="m2")
    over = on(definition, run, paid)
    wrong = replace(over, trace=(*over.trace[:-1], replace(entry, visit=1)))
    lines = replayed(wrong, definition, GONE)
    assert lines[2].replayed is None
    assert lines[2].by == "trace"


def test_since_when_a_wait_listened():
    definition = journey(WATCH)
    early = NOON - HOUR
    waiting = on(definition, begin(definition), Perform("watch"), now=early)
    assert since_of(waiting, 1) == early
    assert since_of(replace(waiting, waiting=None), 1) == NOON
    for at, since in ((NOON - HOUR, early), (NOON + HOUR, NOON)):
        over = on(definition, waiting, happened("left", at, fact_id="m2"))
        assert over.trace[-1].decision == "happened"
        assert since_of(over, 1) == since
        assert since_of(changed(over, 2, because=()), 1) == NOON
        assert since_of(changed(over, 2, because=({"about": "event"},)), 1) == NOON
        assert since_of(changed(over, 2, decision="exit_rule"), 1) == NOON
    lines = replayed(
        on(definition, waiting, happened("left", early, fact_id="m2")), definition, GONE
    )
    assert bys(lines) == ["trace", "definition", "trace", "definition"]


# --- time, merges and moves -------------------------------------------------------------------


def test_ends_of_waits_follow_from_the_definition_and_from_their_place():
    definition = journey(WAIT, {**WATCH, "on_timeout": "end"}, SEND)
    run = on(definition, begin(definition), Perform("day"), TimeUp("day", 1), Perform("watch"),
             TimeUp("watch", 1))  # fmt: skip
    assert bys(replayed(run, definition, GONE)) == ["trace", *["definition"] * 5]
    elsewhere = journey({**WAIT, "duration": "P2D"}, {**WATCH, "on_timeout": "end"}, SEND)
    lines = replayed(run, elsewhere, GONE)
    assert [line.same for line in lines] == [True, False, False, False, False, False]


def test_a_merge_and_an_end_by_hand_follow_from_the_facts():
    definition = journey(WAIT)
    waiting = on(definition, begin(definition), Perform("day"))
    later = NOON + 3 * HOUR
    merged = advance(definition, waiting, Merged("another"), later).enrolment
    assert bys(replayed(merged, definition, GONE)) == ["trace", "definition", "facts", "definition"]
    out = move(Moving(9, 2, definition, Choices(all_out=True)), definition, waiting, later)
    lines = replayed(out.enrolment, definition, GONE)
    assert bys(lines) == ["trace", "definition", "facts", "definition"]
    assert json.loads(lines[2].replayed or "")["because"] == [{"about": "move", "name": "9"}]
    nothing = changed(out.enrolment, 2, because=())
    assert '"name":""' in (replayed(nothing, definition, GONE)[2].replayed or "")


@pytest.mark.parametrize("to", ["day", "rest", "thank"])
def test_a_move_follows_from_the_facts_and_both_versions(to: str):
    rest = {**WAIT, "name": "rest", "duration": "P3D"}
    old, new = journey(WAIT, SEND), journey({**WAIT, "duration": "P3D"}, rest, SEND)
    waiting = on(old, begin(old), Perform("day"))
    choices = Choices() if to == "day" else Choices(to={"day": to})
    after = move(Moving(7, 2, new, choices), old, waiting, NOON + 2 * HOUR).enrolment
    lines = list(replay(after, {1: old, 2: new}.__getitem__, GONE))
    waits = [] if to == "thank" else ["definition"]
    assert bys(lines) == ["trace", "definition", "facts", *waits, "definition"]
    assert lines[2].replayed == to_text(after.to_json()["trace"][2])


# --- what a wait saw --------------------------------------------------------------------------


def waits(until: dict[str, Any], facts: Facts) -> tuple[Any, Enrolment]:
    definition = journey({"type": "wait", "name": "w", "until": until})
    return definition, on(definition, begin(definition), Perform("w", facts))


@pytest.mark.parametrize(
    ("until", "traits", "active", "by"),
    [
        ({"time": "03:30"}, {"timezone": "America/New_York"}, (), "facts"),
        ({"weekdays": ["sun", "wed"], "time": "10:00"}, {}, (), "facts"),
        ({"trait": "renewal", "time": "09:00"}, {"renewal": "2026-12-01"}, (), "facts"),
        ({"trait": "renewal", "time": "09:00"}, {"renewal": "soon"}, (), "facts"),
        ({"usual_hour": True, "time": "20:00"}, {}, (1, 2, 3), "facts"),
        ({"usual_hour": True, "time": "20:00"}, {"timezone": "Asia/Tokyo"}, (1, 2, 3), "facts"),
        ({"usual_hour": True, "time": "20:00"}, {}, (1,), "facts"),
        ({"at": "2026-12-24T18:00:00"}, {}, (), "facts"),
        ({"at": "2026-12-24T18:00:00+08:00"}, {}, (), "definition"),
    ],
)
def test_what_a_wait_saw_of_somebody_lies_in_its_trace(until, traits, active, by):
    known = tuple(NOON - days * DAY - 4 * HOUR for days in active)
    facts = Facts(View(traits, {}), ZoneInfo("Asia/Shanghai"), active=known)
    definition, run = waits(until, facts)
    lines = replayed(run, definition, GONE)
    assert bys(lines) == ["trace", by, "definition"]


def test_a_zone_that_nobody_knows_is_that_of_nowhere():
    definition, run = waits({"time": "09:00"}, Facts(View({}, {}), ZoneInfo("Asia/Shanghai")))
    for name in ("Mars/Olympus", "../x", ""):
        wrong = changed(run, 1, because=({"about": "zone", "name": name},))
        line = replayed(wrong, definition, GONE)[1]
        assert json.loads(line.replayed or "")["due"] == "2026-11-23T09:00:00.000Z"
        assert json.loads(line.replayed or "")["because"] == [{"about": "zone", "name": "UTC"}]


def test_what_was_decided_where_somebody_waits_or_is_over_is_no_decision():
    definition = journey(WAIT, SEND)
    waiting = on(definition, begin(definition), Perform("day"))
    entry = replace(waiting.trace[-1], step="thank", decision="requested", next="end", due=None)
    more = replace(waiting, trace=(*waiting.trace, entry))
    assert bys(replayed(more, definition, GONE)) == ["trace", "definition", "not by definition",
                                                     "definition"]  # fmt: skip
    assert isinstance(waiting.waiting, Waiting)
