"""What is known of everybody at each step, by the names of the facts, and what begins what."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.verify.arrivals import MOST_FACTS, Known, edges, known_at
from shared.domain.journeys.verify.feeding import (
    Claimed,
    Did,
    Started,
    begins,
    feeds,
    turns,
    written,
)
from shared.domain.segments.condition import Condition, Node, NotCondition, TraitCondition
from tests.domain.journeys.memory import journey
from tests.domain.journeys.small import ASK, CALL, WATCH
from tests.domain.journeys.test_verify import SEND, WAIT, around, trait

CONDITION: TypeAdapter[Node] = TypeAdapter(Condition)
ENTRY = {"entry": TraitCondition(trait="entered", operator="exists")}
LASTING = {"lasting": TraitCondition(trait="lasts", operator="exists")}
BOTH = {"entry", "lasting"}


def fork(name: str, *ways: str | None, otherwise: str | None = None) -> dict[str, Any]:
    arms = [{"when": trait(name=f"{name}{n}"), "next": to} for n, to in enumerate(ways)]
    return {"type": "branch", "name": name, "arms": arms, "otherwise": otherwise}


def known(definition: Journey, *, unknown: tuple[tuple[str, int], ...] = (), **more: Any):
    """By step, the names of what holds now, and of what held once."""

    def arms(name: str) -> tuple[Node | None, ...]:
        step = definition.step(name)
        return tuple(
            None if (name, n) in unknown else arm.when
            for n, arm in enumerate(getattr(step, "arms", ()))
        )

    found = known_at(definition, ENTRY, LASTING, arms, more.get("barred", frozenset()))
    return {name: (set(one.now), set(one.once)) for name, one in found.items()}, found


def test_a_fork_says_of_each_way_what_was_met_and_what_was_not():
    definition = journey(
        fork("f", "a", "b", otherwise="c"),
        {**SEND, "name": "a", "next": "end"}, {**SEND, "name": "b", "next": "end"},
        {**SEND, "name": "c", "next": "end"},
    )  # fmt: skip
    names, found = known(definition)
    first, not_first, second, not_second = "f: 0", "f: not 0", "f: 1", "f: not 1"
    assert names == {
        "f": (BOTH, BOTH),
        "a": (BOTH | {first}, BOTH | {first}),
        "b": (BOTH | {not_first, second},) * 2,
        "c": (BOTH | {not_first, not_second},) * 2,
    }
    condition = TraitCondition(trait="f0", operator="exists")
    assert found["a"].now[first] == condition
    assert found["b"].now[not_first] == NotCondition(condition=condition)
    names, _ = known(definition, unknown=(("f", 0),))
    assert names["a"] == (BOTH, BOTH)
    assert names["b"] == (BOTH | {second},) * 2
    names, _ = known(definition, barred=frozenset({("f", "otherwise")}))
    assert set(names) == {"f", "a", "b"}


@pytest.mark.parametrize("slow", [WAIT, WATCH, CALL, ASK, SEND])
def test_where_time_can_pass_only_what_lasts_still_holds(slow: dict[str, Any]):
    definition = journey(fork("f", "s", otherwise="end"), {**slow, "name": "s"},
                         {"type": "exit", "name": "x"})  # fmt: skip
    names, _ = known(definition)
    now = {"lasting"} if slow is not SEND else BOTH | {"f: 0"}
    assert names["x"] == (now, BOTH | {"f: 0"})
    assert names["s"] == (BOTH | {"f: 0"},) * 2


def test_where_ways_meet_only_what_all_agree_on_is_known():
    definition = journey(
        fork("f", "a", "b", otherwise="b"),
        {**WAIT, "name": "a", "next": "b"},
        fork("b", "c", otherwise="end"),
        {"type": "exit", "name": "c"},
    )
    names, _ = known(definition)
    assert names["b"] == ({"lasting"}, BOTH)
    assert names["c"] == ({"lasting", "b: 0"}, BOTH | {"b: 0"})


def test_a_way_back_takes_away_what_a_round_makes_untrue():
    definition = journey(
        fork("f", "a", otherwise="end"),
        {**SEND, "name": "a"},
        WAIT,
        {"type": "repeat", "name": "again", "to": "a", "times": 2},
        {"type": "exit", "name": "x"},
    )
    names, _ = known(definition)
    assert names["a"] == ({"lasting"}, BOTH | {"f: 0"})
    assert names["x"][0] == {"lasting"}


def test_more_than_can_be_looked_at_is_let_go():
    for number in (MOST_FACTS - 3, MOST_FACTS - 2, MOST_FACTS - 1):
        steps = [fork(f"f{n:02d}", "end") for n in range(number)]
        names, _ = known(journey(*steps, {"type": "exit", "name": "x"}))
        kept = len(names["x"][0])
        assert kept == (number + 2 if number + 2 <= MOST_FACTS else 2)


def test_the_ways_between_steps():
    definition = journey(fork("f", "a", "end", otherwise=None), {**SEND, "name": "a"}, WAIT)
    told = [(one.step.name, one.way.field, one.target) for one in edges(definition)]
    assert told == [
        ("f", "arms[0].next", "a"),
        ("f", "otherwise", "a"),
        ("a", "next", "a while"),
    ]
    barred = frozenset({("f", "otherwise"), ("a", "otherwise")})
    assert len(list(edges(definition, barred))) == 2
    assert Known(ENTRY, LASTING).once is LASTING


# --- what begins what -------------------------------------------------------------------------


def test_everything_that_a_journey_brings_about():
    definition = journey(
        SEND,
        {"type": "update", "name": "u", "traits": {"a": 1}, "tags": {"t": "x"},
         "lists": {"l": False}},
        {"type": "start_journey", "name": "on", "journey_id": "next"},
        WAIT,
        goal={"event": "paid", "within": "P1D"},
    )  # fmt: skip
    mine = {"journey_id": "test"}
    here = {**mine, "step": "u"}
    assert list(feeds(definition)) == [
        Did("$journey_entered", mine),
        Did("$journey_completed", mine),
        Did("$journey_exited", mine),
        Did("$journey_goal", mine),
        Did("$message_sent", {**mine, "step": "remind", "template_id": "plain"}),
        Did("$updated", here),
        Claimed("a"),
        Did("$tagged", {"tag_id": "t"}),
        Did("$listed", {"list_id": "l", "on": False}),
        Started("next"),
    ]
    assert list(written(definition.step("u"))) == [
        Claimed("a"),
        Did("$tagged", {"tag_id": "t"}),
        Did("$listed", {"list_id": "l", "on": False}),
    ]


PAID = {"type": "event", "event": "paid"}


@pytest.mark.parametrize(
    ("trigger", "condition", "turned"),
    [
        (Did("paid"), PAID, True),
        (Did("paid"), {"type": "not", "condition": {"type": "all", "conditions": [
            trait(), PAID]}}, True),
        (Did("left"), PAID, False),
        (Claimed("paid"), PAID, False),
        (Claimed("city"), trait(), True),
        (Claimed("phone"), trait(), False),
        (Did("city"), trait(), False),
        (Started("paid"), PAID, False),
        (Did("paid", {"a": 1}), {**PAID, "where": [
            {"property": "a", "operator": "equals", "value": 1}]}, True),
        (Did("paid", {"a": 2}), {**PAID, "where": [
            {"property": "a", "operator": "equals", "value": 1}]}, False),
        (Did("paid", {"b": 2}), {**PAID, "where": [
            {"property": "a", "operator": "equals", "value": 1}]}, True),
        (Did("paid", {"a": 1, "b": 2}), {**PAID, "where": [
            {"property": "a", "operator": "equals", "value": 1},
            {"property": "b", "operator": "equals", "value": 1}]}, False),
        # Patterns that lie deeper in a leaf, each of several.
        (Did("left"), {"type": "sequence", "steps": [
            {"event": "paid"}, {"event": "left"}], "within_seconds": 3_600}, True),
        (Did("gone"), {"type": "sequence", "steps": [
            {"event": "paid"}, {"event": "left"}], "within_seconds": 3_600}, False),
        (Claimed("city"), {"type": "segment", "segment_id": "in-town"}, True),
        (Claimed("city"), {"type": "segment", "segment_id": "nobody"}, False),
    ],
)  # fmt: skip
def test_what_can_turn_a_condition(trigger: Any, condition: dict[str, Any], turned: bool):
    known_ = around(segments=[{"segment_id": "in-town", "condition": trait()}])
    assert turns(trigger, CONDITION.validate_python(condition), known_) is turned


@pytest.mark.parametrize(
    ("entry", "trigger", "begun"),
    [
        ({"type": "event", "event": "paid"}, Did("paid"), True),
        ({"type": "event", "event": "paid"}, Did("left"), False),
        ({"type": "event", "event": "paid"}, Claimed("paid"), False),
        ({"type": "event", "event": "paid", "where": {"a": 1}}, Did("paid", {"a": 1.0}), True),
        ({"type": "event", "event": "paid", "where": {"a": 1}}, Did("paid", {"a": True}), False),
        ({"type": "event", "event": "paid", "where": {"a": 1, "b": 1}}, Did("paid", {"a": 1}),
         True),
        ({"type": "event", "event": "paid", "where": {"a": 1, "b": 1}},
         Did("paid", {"a": 1, "b": 2}), False),
        ({"type": "segment", "segment_id": "in-town"}, Claimed("city"), True),
        ({"type": "segment", "segment_id": "in-town", "edge": "exited"}, Claimed("city"), True),
        ({"type": "segment", "segment_id": "in-town"}, Claimed("phone"), False),
        ({"type": "call"}, Started("test"), True),
        ({"type": "call"}, Started("other"), False),
        ({"type": "call"}, Did("$journey_asked"), False),
        ({"type": "schedule", "segment_id": "in-town", "cron": "0 9 * * 1"}, Started("test"),
         True),
        ({"type": "schedule", "segment_id": "in-town", "cron": "0 9 * * 1"}, Claimed("city"),
         False),
    ],
)  # fmt: skip
def test_what_lets_people_enter(entry: dict[str, Any], trigger: Any, begun: bool):
    known_ = around(segments=[{"segment_id": "in-town", "condition": trait()}])
    assert begins(trigger, journey(SEND, entry=entry), known_) is begun
