"""How a replay decides a branch again: on the events, by the facts, or as the trace has it."""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from shared.domain.histories.view import Told
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.replay.branching import MOST_MOMENTS
from shared.domain.journeys.replay.replaying import Line, Past
from shared.domain.journeys.stimulus import Perform, TimeUp
from shared.domain.segments.condition import TraitCondition
from shared.domain.segments.evaluate import MAX_FACTS
from shared.domain.segments.expand import Definitions
from shared.domain.workspace.model import WorkspaceSettings
from tests.domain.journeys.memory import NOON, journey
from tests.domain.journeys.test_replay import event
from tests.domain.journeys.test_replayed_lines import (
    CART,
    DAY,
    GONE,
    HOUR,
    LONG_AGO,
    NOTHING,
    PAID,
    SECOND,
    SEND,
    WAIT,
    begin,
    bys,
    on,
    replayed,
)


def forked(*conditions: dict[str, Any], otherwise: str = "end"):
    arms = [{"when": condition, "next": "thank"} for condition in conditions]
    fork = {"type": "branch", "name": "fork", "arms": arms, "otherwise": otherwise}
    return journey(WAIT, fork, SEND, {**SEND, "name": "other"})


DUE = NOON + DAY
ENTRY = Told("ada", event("cart", NOON, CART.fact_id))


def decided(definition, next_: str, *because: dict[str, Any]) -> Enrolment:
    """A run whose branch was decided so, as the trace has it."""
    run = on(definition, begin(definition), Perform("day"), TimeUp("day", 1))
    entry = TraceEntry("fork", 1, DUE, "took", 1, next=next_, because=because)
    if next_ == "end":
        return run.after(entry, at="fork", status="completed", reason="completed")
    return run.after(entry, at=next_)


def past(*events: Told, whole: bool = True, defined_at: datetime = LONG_AGO, **more: Any) -> Past:
    known = more.get("definitions", NOTHING)
    return Past({CART.fact_id: CART}, [ENTRY, *events], whole, known, defined_at)


def paid(at: datetime, arrived: datetime | None = None, message_id: str = "m1") -> Told:
    return Told("ada", event("paid", at, message_id, arrived=arrived))


YES = {"about": "event", "name": "paid", "value": 1, "holds": True}
NO = {"about": "event", "name": "paid", "value": 0, "holds": False}


def branch_of(lines: list[Line]) -> tuple[str, str]:
    """How the branch came out, and by what."""
    line = lines[3]
    return json.loads(line.replayed or "{}").get("next", ""), bys(lines)[3]


@pytest.mark.parametrize(
    ("events", "next_", "because", "came"),
    [
        ((), "end", NO, ("end", "timeline")),
        ((paid(NOON + HOUR),), "thank", YES, ("thank", "timeline")),
        ((paid(DUE),), "thank", YES, ("thank", "timeline")),
        # What came late is seen or not, by when it was looked at.
        ((paid(NOON + HOUR, DUE + SECOND),), "end", NO, ("end", "timeline")),
        ((paid(NOON + HOUR, DUE),), "end", NO, ("end", "timeline")),
        ((paid(NOON + HOUR, DUE - SECOND),), "end", NO, ("thank", "not by timeline")),
        ((paid(NOON + HOUR, DUE + 9 * DAY),), "thank", YES, ("thank", "timeline")),
        # What happened meanwhile counts for an hour.
        ((paid(DUE + SECOND),), "thank", YES, ("thank", "timeline")),
        ((paid(DUE + HOUR),), "thank", YES, ("thank", "timeline")),
        ((paid(DUE + HOUR + SECOND),), "thank", YES, ("end", "not by timeline")),
        ((paid(DUE + SECOND, DUE + 2 * HOUR),), "thank", YES, ("end", "not by timeline")),
        ((paid(DUE + SECOND),), "end", NO, ("end", "timeline")),
        ((), "thank", YES, ("end", "not by timeline")),
    ],
)
def test_a_branch_on_the_events_as_they_had_arrived(events, next_, because, came):
    definition = forked(PAID)
    run = decided(definition, next_, because)
    assert branch_of(replayed(run, definition, past(*events))) == came


def test_so_many_later_arrivals_are_tried_and_no_more():
    """One event of each second came late; the count says how many had arrived."""
    counted = {**PAID, "comparison": "at_least", "times": 1_000}
    definition = forked(counted)
    number = MOST_MOMENTS + 5
    late = [paid(NOON + HOUR, DUE + DAY + n * SECOND, f"m{n}") for n in range(number)]
    for seen, by in ((0, "timeline"), (MOST_MOMENTS - 1, "timeline"), (number, "timeline"),
                     (MOST_MOMENTS, "not by timeline")):  # fmt: skip
        run = decided(definition, "end", {**NO, "value": seen})
        assert branch_of(replayed(run, definition, past(*late)))[1] == by, seen
    soon = [paid(DUE + (n + 1) * SECOND, None, f"m{n}") for n in range(number)]
    for seen, by in ((0, "timeline"), (1, "timeline"), (MOST_MOMENTS, "timeline"),
                     (MOST_MOMENTS + 1, "not by timeline")):  # fmt: skip
        run = decided(definition, "end", {**NO, "value": seen})
        assert branch_of(replayed(run, definition, past(*soon)))[1] == by, seen


@pytest.mark.parametrize(
    ("next_", "because", "came"),
    [
        ("thank", (YES,), ("thank", "facts")),
        ("end", (NO,), ("end", "facts")),
        ("other", (NO,), ("end", "not by facts")),
        ("thank", (NO,), ("end", "not by facts")),
        ("end", (YES,), ("thank", "not by facts")),
        ("end", (), ("end", "trace")),
        ("thank", ({**YES, "name": "left"},), ("thank", "trace")),
        ("other", ({**YES, "name": "left"},), ("", "not by trace")),
        ("end", (NO, NO), ("end", "trace")),
        ("thank", (YES, NO), ("thank", "trace")),
    ],
)
def test_a_branch_by_the_facts_in_the_trace_and_by_the_trace_itself(next_, because, came):
    definition = forked(PAID)
    run = decided(definition, next_, *because)
    assert branch_of(replayed(run, definition, past(whole=False))) == (
        came if next_ != "end" or because != (NO,) else ("end", "timeline")
    )


def test_of_several_arms_the_first_that_its_facts_suffice_for():
    left = {"type": "event", "event": "left"}
    definition = forked(left, PAID, otherwise="other")
    absent = {"about": "event", "name": "left", "value": 0, "holds": False}
    gone = past(paid(NOON + HOUR), whole=False)
    run = decided(definition, "other", absent, NO)
    assert branch_of(replayed(run, definition, gone)) == ("other", "facts")
    run = decided(definition, "thank", YES)
    assert branch_of(replayed(run, definition, gone)) == ("thank", "timeline")
    run = decided(definition, "thank", {**YES, "value": 7})
    assert branch_of(replayed(run, definition, gone)) == ("thank", "facts")
    run = decided(definition, "other", absent)
    assert branch_of(replayed(run, definition, gone)) == ("other", "trace")


def test_more_facts_than_are_written_down_do_not_suffice():
    gone = replace(GONE, timeline={CART.fact_id: CART})
    for number, by in ((MAX_FACTS - 1, "facts"), (MAX_FACTS, "trace")):
        parts = [{"type": "event", "event": f"e{n}"} for n in range(number)]
        definition = forked({"type": "all", "conditions": parts})
        facts = [{**YES, "name": f"e{n}"} for n in range(number)]
        run = decided(definition, "thank", *facts)
        assert branch_of(replayed(run, definition, gone)) == ("thank", by)


def test_definitions_of_today_are_those_of_then_only_if_nothing_was_changed_since():
    city = TraitCondition(trait="city", operator="exists")
    known = Definitions({"in-town": city}, {}, settings=WorkspaceSettings())
    definition = forked({"type": "segment", "segment_id": "in-town"})
    there = Told("ada", event("$identify", NOON - DAY, "m0", traits={"city": "Kunming"}))
    run = decided(definition, "end", {"about": "trait", "name": "city", "holds": False})
    for defined_at, by in ((DUE, "not by timeline"), (DUE + SECOND, "facts")):
        history = past(there, defined_at=defined_at, definitions=known)
        assert branch_of(replayed(run, definition, history))[1] == by
    # A condition that stands for itself cannot have been another one.
    plain = forked(PAID)
    run = decided(plain, "end", NO)
    history = past(paid(NOON + HOUR), defined_at=DUE + SECOND)
    assert branch_of(replayed(run, plain, history)) == ("thank", "not by timeline")
    # One that has lost its meaning decides nothing.
    run = decided(definition, "end", {"about": "trait", "name": "city", "holds": False})
    assert branch_of(replayed(run, definition, past(there))) == ("end", "trace")
