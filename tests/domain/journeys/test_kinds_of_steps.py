"""What each kind of step leads to, listens to, takes and gives on; and the names of what moves."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from shared.domain.journeys.calls import carried, way_key
from shared.domain.journeys.hashing import ALL, draw
from shared.domain.journeys.kinds import Step
from shared.domain.journeys.naming import named_by, unknown_names
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import (
    MOST_LIST_CHARACTERS,
    about,
    kept_of_entry,
    matches,
    moved,
    segment_of,
    segment_trigger,
    stage_moves,
    stage_of,
    stage_trigger,
    standing_triggers,
    trigger_of,
    triggers_of,
    triggers_of_wait,
)
from shared.domain.journeys.until import days_between
from shared.domain.journeys.ways import (
    Way,
    asks_for_habit,
    needs_facts,
    stay_of,
    values_given,
    ways_out,
)
from shared.domain.segments.expand import Definitions, Named
from shared.domain.text import to_text
from tests.domain.journeys.memory import NOON, happened, journey

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
CITY = {"type": "trait", "trait": "city", "operator": "exists"}
FROM = {"entry": "cart"}
WAIT = {"type": "wait", "next": "x"}


def until(**more: Any) -> dict[str, Any]:
    return {**WAIT, "until": {"time": "09:00", **more}}


# What is written, its ways, the longest stay, whether it needs facts, its triggers, what it gives.
KINDS: list[tuple[dict[str, Any], list[Way], timedelta, bool, tuple[str, ...], dict[str, Any]]] = [
    (
        {"type": "send", "template_id": "t", "values": {"a": FROM, "b": 1}, "next": "x"},
        [Way("next", "x")], timedelta(), False, (), {"values.a": FROM, "values.b": 1},
    ),
    (
        {"type": "update", "traits": {"a": FROM}, "tags": {"vip": "yes"}},
        [Way("next", None)], timedelta(), False, (), {"traits.a": FROM},
    ),
    ({"type": "reward", "points": 1, "next": "x"}, [Way("next", "x")], timedelta(), False, (), {}),
    (
        {"type": "webhook", "url": "https://a.example/", "body": {"b": FROM}, "next": "x"},
        [Way("next", "x")], timedelta(), False, (), {"body.b": FROM},
    ),
    (
        {"type": "start_journey", "journey_id": "other", "properties": {"p": 2}, "next": "x"},
        [Way("next", "x")], timedelta(), False, (), {"properties.p": 2},
    ),
    ({**WAIT, "duration": "PT5H"}, [Way("next", "x")], 5 * HOUR, False, (), {}),
    ({**WAIT, "until": {"at": "2027-01-01T09:00:00Z"}}, [Way("next", "x")], timedelta(), False,
     (), {}),
    (
        {**WAIT, "until": {"at": "2027-01-01T09:00:00"}, "otherwise": "y"},
        [Way("next", "x"), Way("otherwise", "y")], timedelta(), True, (), {},
    ),
    (until(), [Way("next", "x")], DAY, True, (), {}),
    (until(weekdays=["mon"]), [Way("next", "x")], 7 * DAY, True, (), {}),
    (until(weekdays=["mon", "thu"]), [Way("next", "x")], 4 * DAY, True, (), {}),
    (until(usual_hour=True), [Way("next", "x")], DAY, True, (), {}),
    (until(trait="r"), [Way("next", "x")], timedelta(), True, (), {}),
    (
        {"type": "wait_for", "timeout": "P2D", "on_event": "x", "on_timeout": "y", "events": [
            {"event": "paid"}, {"segment_id": "vip", "edge": "exited"}, {"event": "paid"}]},
        [Way("on_event", "x"), Way("on_timeout", "y")], 2 * DAY, False,
        ("paid", "segment:exited:vip"), {},
    ),
    (
        {"type": "assign", "title": "T", "to": "s", "due": "P3D", "on_done": "x",
         "on_overdue": "y"},
        [Way("on_done", "x"), Way("on_overdue", "y")], 3 * DAY, False, ("$task_done",), {},
    ),
    (
        {"type": "feedback", "template_id": "t", "timeout": "P4D", "on_timeout": "z",
         "event": "said", "values": {"v": True},
         "answers": [{"answer": "a", "next": "x"}, {"answer": "b"}]},
        [Way("answers[0].next", "x"), Way("answers[1].next", None), Way("on_timeout", "z")],
        4 * DAY, False, ("said",), {"values.v": True},
    ),
    (
        {"type": "branch", "arms": [{"when": CITY, "next": "x"}, {"when": CITY}],
         "otherwise": "y"},
        [Way("arms[0].next", "x"), Way("arms[1].next", None), Way("otherwise", "y")],
        timedelta(), True, (), {},
    ),
    (
        {"type": "experiment", "variants": [{"name": "a", "next": "x"}, {"name": "b"}]},
        [Way("variants[0].next", "x"), Way("variants[1].next", None)], timedelta(), False, (), {},
    ),
    (
        {"type": "repeat", "to": "s", "times": 2, "next": "x"},
        [Way("to", "s"), Way("next", "x")], timedelta(), False, (), {},
    ),
    ({"type": "exit"}, [], timedelta(), False, (), {}),
]  # fmt: skip


def step_of(written: dict[str, Any]) -> Step:
    return journey({"name": "s", **written}).steps[0]


@pytest.mark.parametrize(("written", "ways", "stay", "asks", "triggers", "given"), KINDS)
def test_what_a_step_leads_to_takes_and_gives(written, ways, stay, asks, triggers, given):
    step = step_of(written)
    assert list(ways_out(step)) == ways
    assert stay_of(step) == stay
    assert needs_facts(step) is asks
    assert triggers_of_wait(step) == triggers
    plain = {
        name: value if isinstance(value, bool | int | str) else value.model_dump()
        for name, value in values_given(step).items()
    }
    assert plain == given
    assert asks_for_habit(step) is ("usual_hour" in written.get("until", {}))


CARRIED = {
    "wait": (True, True), "branch": (False, True), "experiment": (True, True),
    "repeat": (True, True), "exit": (True, True), "send": (False, False),
    "update": (False, False), "reward": (False, False), "webhook": (False, False),
    "start_journey": (False, False), "wait_for": (False, False), "assign": (False, False),
    "feedback": (False, False),
}  # fmt: skip


@pytest.mark.parametrize("written", [kind[0] for kind in KINDS])
def test_what_is_carried_out_in_the_same_call(written: dict[str, Any]):
    """After nothing, a send, an action, a fork and a wait."""
    step = step_of(written)
    alone, known = CARRIED[step.type]
    if step.type == "wait" and needs_facts(step):
        alone = False
    send, reward = step_of(KINDS[0][0]), step_of(KINDS[2][0])
    fork, wait, watch = (step_of(KINDS[n][0]) for n in (17, 5, 13))
    assert carried(step, None) is alone
    assert (carried(step, send), carried(step, reward)) == (known, known)
    assert (carried(step, fork), carried(step, watch)) == (alone, alone)
    assert carried(step, wait) is False


@pytest.mark.parametrize(
    ("days", "most"),
    [
        (["mon"], 7), (["mon", "tue"], 6), (["mon", "sun"], 6), (["mon", "wed", "sat"], 3),
        (["sat", "mon", "sat"], 5), (["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 1),
    ],
)  # fmt: skip
def test_the_longest_way_to_a_day_of_the_week(days: list[str], most: int):
    step = step_of(until(weekdays=days))
    assert days_between(step.until) == most


# --- names ------------------------------------------------------------------------------------


def test_a_move_of_a_segment_or_stage_has_a_trigger_that_can_be_read():
    assert segment_trigger("a:b", "entered") == "segment:entered:a:b"
    assert stage_trigger("loyal", "left") == "lifecycle:left:loyal"
    for edge in ("entered", "exited"):
        assert segment_of(f"segment:{edge}:a:b") == "a:b"
        assert stage_of(f"segment:{edge}:a") is None
    for edge in ("entered", "left"):
        assert stage_of(f"lifecycle:{edge}:a:b") == "a:b"
        assert segment_of(f"lifecycle:{edge}:a") is None
    for none in ("segment:left:a", "segment:entered", "paid", "lifecycle:exited:a", "lifecycle"):
        assert (segment_of(none), stage_of(none)) == (None, None)
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    assert moved("segment", "segment:entered:a", at) == Happened(
        fact_id="segment:entered:a 2026-01-02T03:00:00.000Z",
        trigger="segment:entered:a",
        occurred_at=at,
        about="segment",
    )
    assert stage_moves("new", "loyal", at) == (
        moved("lifecycle", "lifecycle:left:new", at),
        moved("lifecycle", "lifecycle:entered:loyal", at),
    )


@pytest.mark.parametrize(
    ("entry", "trigger", "kind"),
    [
        ({"type": "event", "event": "cart"}, "cart", "event"),
        ({"type": "segment", "segment_id": "vip", "edge": "exited"}, "segment:exited:vip",
         "segment"),
        ({"type": "lifecycle", "stage": "new", "edge": "left"}, "lifecycle:left:new",
         "lifecycle"),
        ({"type": "call"}, "$journey_asked", "event"),
        ({"type": "schedule", "segment_id": "vip", "cron": "0 9 * * 1"}, "$journey_asked",
         "event"),
    ],
)  # fmt: skip
def test_what_an_entry_goes_by(entry: dict[str, Any], trigger: str, kind: str):
    definition = journey(
        {"type": "wait_for", "name": "w", "events": [{"event": "paid"}], "timeout": "P1D"},
        entry=entry, exit_on=[{"event": "left"}, {"event": "paid"}, {"event": "left"}],
        goal={"segment_id": "loyal", "within": "P1D"},
    )  # fmt: skip
    assert (trigger_of(definition.entry), about(definition.entry)) == (trigger, kind)
    assert standing_triggers(definition) == ("left", "paid", "segment:entered:loyal")
    assert triggers_of(definition) == {trigger, "left", "paid", "segment:entered:loyal"}
    met = Happened(fact_id="f", trigger=trigger, occurred_at=NOON, about=kind)
    assert matches(definition.entry, met)
    assert not matches(definition.entry, replace(met, trigger="other"))
    other = "segment" if kind != "segment" else "event"
    assert not matches(definition.entry, replace(met, about=other))


@pytest.mark.parametrize(
    ("asked", "found", "equal"),
    [
        (1, 1, True), (1, 1.0, True), (1, True, False), (True, 1, False), (True, True, True),
        (False, False, True), (False, 0, False), ("1", 1, False), ("a", "a", True),
        (0, None, False), (FROM, "c1", True), (FROM, "c2", False),
        ({"entry": "none"}, None, False),
    ],
)  # fmt: skip
def test_values_are_compared_as_json_has_them(asked: Any, found: Any, equal: bool):
    definition = journey(WAIT | {"name": "w", "duration": "P1D", "next": "end"},
                         exit_on=[{"event": "paid", "where": {"x": asked}}])  # fmt: skip
    rule = definition.exit_on[0]
    paid = happened("paid", properties={"x": found})
    assert matches(rule, paid, {"cart": "c1"}) is equal
    assert not matches(rule, happened("paid"), {"cart": "c1"})
    if isinstance(asked, dict):
        assert not matches(rule, paid)


def test_what_is_kept_of_an_entry():
    send = {
        "type": "send",
        "name": "s",
        "template_id": "t",
        "values": {"items": {"entry": "items"}},
    }
    update = {"type": "update", "name": "u", "traits": {"a": {"entry": "list"}, "b": FROM}}
    steps = (send, update)
    short = ["x" * (MOST_LIST_CHARACTERS - 4)]
    assert len(to_text(short)) == MOST_LIST_CHARACTERS
    properties = {"items": short, "list": [1], "cart": 2.5, "other": 1, "winner:e": "a"}
    kept = kept_of_entry(journey(*steps), happened("cart", properties=properties))
    assert kept == {"items": short, "cart": 2.5}
    long = {"items": [short[0] + "x"], "cart": None}
    assert kept_of_entry(journey(*steps), happened("cart", properties=long)) == {}
    keyed = journey(*steps, reentry={"policy": "always", "key": "other"})
    assert kept_of_entry(keyed, happened("cart", properties=properties))["other"] == 1
    drawn = {"type": "experiment", "name": "e", "variants": [{"name": "a"}, {"name": "b"}]}
    called = journey(*steps, drawn, entry={"type": "call"})
    assert kept_of_entry(called, happened("x", properties=properties)) == {
        "items": short, "cart": 2.5, "winner:e": "a"}  # fmt: skip
    stage = journey(*steps, entry={"type": "lifecycle", "stage": "new"})
    assert kept_of_entry(stage, happened("x", properties=properties)) == {}


def test_what_rules_and_steps_ask_of_the_entry_is_named_once():
    definition = journey(
        {"type": "wait_for", "name": "w", "timeout": "P1D", "events": [
            {"event": "a", "where": {"x": {"entry": "one"}}}, {"stage": "loyal"},
            {"event": "b", "where": {"y": {"entry": "two"}, "z": {"entry": "one"}, "c": 1}}]},
        {"type": "send", "name": "s", "template_id": "t", "values": {"v": {"entry": "three"}}},
        {"type": "update", "name": "u", "traits": {"t": {"entry": "four"}}},
        exit_on=[{"event": "left", "where": {"n": {"entry": "five"}}}],
        goal={"event": "paid", "within": "P1D", "where": {"n": {"entry": "six"}}},
        reentry={"policy": "always", "key": "one"},
    )  # fmt: skip
    assert definition.asked_of_entry == ("five", "six", "one", "two", "three", "four")
    assert definition.shown_of_entry == {"three"}
    assert [path for path, _ in definition.rules()] == [
        *("exit_on[0]", "goal", "steps[0].events[0]", "steps[0].events[1]", "steps[0].events[2]")
    ]
    assert [definition.place(name) for name in ("w", "s", "u")] == [0, 1, 2]
    assert (definition.has("u"), definition.has("v"), definition.first) == (True, False, "w")
    assert [definition.target("s", to) for to in ("w", None)] == ["w", "u"]
    assert definition.target("u", None) == "end"
    assert way_key(definition, "s") == "s1"


def test_what_steps_name():
    steps = journey(
        {"type": "send", "name": "a", "template_id": "t", "fallback": ["f", "g"]},
        {"type": "feedback", "name": "b", "template_id": "q", "timeout": "P1D",
         "answers": [{"answer": "x"}]},
        {"type": "update", "name": "c", "tags": {"vip": "yes"}, "lists": {"l": True}},
        {"type": "start_journey", "name": "d", "journey_id": "j"},
        {"type": "exit", "name": "e"},
    )  # fmt: skip
    assert [list(named_by(step)) for step in steps.steps] == [
        [("template_id", Named("template", "t")), ("fallback[0]", Named("template", "f")),
         ("fallback[1]", Named("template", "g"))],
        [("template_id", Named("template", "q"))],
        [("tags.vip", Named("tag", "vip")), ("lists.l", Named("list", "l"))],
        [("journey_id", Named("journey", "j"))],
        [],
    ]  # fmt: skip
    trusted = Definitions({}, {})
    assert [one.code for one in unknown_names(steps, trusted)] == ["unknown_tag"]
    nothing = replace(trusted, templates=set(), lists=set(), journeys=set())
    assert [one.path for one in unknown_names(steps, nothing)] == [
        *("steps[0].template_id", "steps[0].fallback[0]", "steps[0].fallback[1]"),
        *("steps[1].template_id", "steps[2].tags.vip", "steps[2].lists.l", "steps[3].journey_id"),
    ]


def test_draws_are_made_of_the_salt_and_the_person_and_of_nothing_else():
    """Written another way: an experiment that runs must never draw anew."""
    told = sha256(b"draw\xffholdout:test\xffada\xff").digest()
    assert draw("holdout:test", "ada") == int(told[:8].hex(), 16)
    assert ALL == 1 << 64
