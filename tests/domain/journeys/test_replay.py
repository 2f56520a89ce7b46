"""A run is replayed to the byte, and whatever is changed in its trace is found."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.events.model import Event
from shared.domain.histories.view import Told, view_at
from shared.domain.instants import parse_instant
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.moving import Choices, Moving, move
from shared.domain.journeys.replay.replaying import Past, replay
from shared.domain.journeys.stimulus import Facts, Merged, Perform
from shared.domain.journeys.triggers import moved
from shared.domain.journeys.walk import walk
from shared.domain.segments.expand import Definitions
from shared.domain.segments.references import References, all_references, references
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.strategies import CART, histories, journeys, traits

UTC = ZoneInfo("UTC")
EPOCH = parse_instant("2020-01-01T00:00:00.000Z")


def event(name, at, message_id, *, arrived=None, traits=None, **properties):
    return Event(
        workspace_id="default",
        source_id="web",
        message_id=message_id,
        type="identify" if name == "$identify" else "track",
        name=name,
        occurred_at=at,
        received_at=arrived or at,
        timestamp=at,
        properties=properties,
        traits=traits or {},
    )


def told(history, known):
    """The same as a timeline holds it; moves are no events."""
    claimed = event("$identify", NOON - timedelta(days=1), "claims", traits=known)
    done = [
        event(one.trigger, one.occurred_at, one.fact_id, **one.properties)
        for one in (CART, *history)
        if one.about == "event"
    ]
    return [Told("ada", one) for one in (claimed, *done)]


def past_of(history, known, *, whole=True):
    timeline = {one.fact_id: one for one in (CART, *history)}
    return Past(timeline, told(history, known), whole, Definitions({}, {}), EPOCH)


def ran(definition, history, known):
    """A run on the events that the past has."""
    events = told(history, known)

    def facts(step, at):
        needed = References(traits=frozenset(known))
        if isinstance(step, BranchStep):
            needed = all_references(references(arm.when) for arm in step.arms)
        return Facts(view_at(at, events, needed, UTC), UTC)

    begun = begin(definition)
    for made in walk(definition, begun, history, facts):
        begun = made.enrolment
    return begun


def begin(definition):
    return enrol(
        definition, 1, CART, workspace_id="default", profile_id="ada", enrolment_id="e"
    ).enrolment


def differing(enrolment, definition, past):
    return [line for line in replay(enrolment, lambda version: definition, past) if not line.same]


@given(journeys(), histories(), traits())
def test_a_run_is_replayed_to_the_byte(definition, history, known):
    run = ran(definition, history, known)
    lines = replay(run, lambda version: definition, past_of(history, known))
    assert [line.replayed for line in lines] == [line.recorded for line in lines]
    assert len(lines) == len(run.trace) + 1
    assert all(line.by != "trace" for line in lines), "nothing had to be believed"


@given(journeys(), histories(), traits())
def test_where_the_timeline_is_gone_the_facts_in_the_trace_suffice(definition, history, known):
    history = [
        one if one.about == "event" else moved(one.about, one.trigger, one.occurred_at)
        for one in history
    ]
    run = ran(definition, history, known)
    nothing = Past({}, [], False, Definitions({}, {}), EPOCH)
    assert not differing(run, definition, nothing)


CHANGES = {
    "step": lambda value: f"{value}x",
    "visit": lambda value: value + 1,
    "at": lambda value: value.replace("T12", "T11") if "T12" in value else f"1{value[1:]}",
    "decision": lambda value: "requested" if value != "requested" else "elapsed",
    "version": lambda value: value + 1,
    "next": lambda value: "end" if value != "end" else "step 0",
    "due": lambda value: f"1{value[1:]}",
    "fact": lambda value: f"{value}x",
}


def changed_fact(fact, data, definition, step):
    name = data.draw(st.sampled_from(sorted(fact)))
    if name == "holds" and fact["about"] == "usual_hour":
        # A hint and a habit of the same full hour come to the same, and the habit is believed.
        hint = definition.step(step).until.time
        assume(fact["name"] != hint or not hint.endswith(":00"))
    value = fact[name]
    if isinstance(value, bool):
        return {**fact, name: not value}
    return {**fact, name: value + 1 if isinstance(value, int | float) else f"{value}x"}


@given(st.data(), journeys(), histories(), traits())
def test_whatever_is_changed_in_a_trace_is_found(data, definition, history, known):
    run = ran(definition, history, known)
    plain = run.to_json()
    entry = data.draw(st.sampled_from(plain["trace"]))
    field = data.draw(st.sampled_from(sorted(entry)))
    if field == "because":
        place = data.draw(st.integers(0, len(entry["because"]) - 1))
        entry["because"][place] = changed_fact(
            entry["because"][place], data, definition, entry["step"]
        )
    else:
        entry[field] = CHANGES[field](entry[field])
    try:
        changed = Enrolment.from_json(plain)
    except ValueError:
        assume(False)  # no instant any more
    assume(changed != run)
    assert differing(changed, definition, past_of(history, known))


@given(st.data(), journeys(), histories(), traits())
def test_a_decision_that_is_taken_out_or_doubled_is_found(data, definition, history, known):
    run = ran(definition, history, known)
    place = data.draw(st.integers(0, len(run.trace) - 1))
    entry = run.trace[place]
    for part in ((), (entry, entry)):
        trace = (*run.trace[:place], *part, *run.trace[place + 1 :])
        assert differing(replace(run, trace=trace), definition, past_of(history, known))


# --- branches ---------------------------------------------------------------------------------

SEND = {"type": "send", "name": "thank", "template_id": "thanks"}


def forked(*conditions):
    arms = [{"when": condition, "next": "thank"} for condition in conditions]
    fork = {"type": "branch", "name": "fork", "arms": arms, "otherwise": "end"}
    return journey({"type": "wait", "name": "a day", "duration": "P1D"}, fork, SEND)


PAID = {"type": "event", "event": "paid"}
KNOWN = {"type": "trait", "trait": "city", "operator": "exists"}


def run_on(definition, events):
    needed = References(events={"paid": None}, traits=frozenset({"city"}))

    def facts(step, at):
        return Facts(view_at(at, events, needed, UTC), UTC)

    run = begin(definition)
    for made in walk(definition, run, [], facts):
        run = made.enrolment
    return run


def test_an_event_that_came_late_does_not_make_a_run_of_the_past_wrong():
    definition, entry = forked(PAID), Told("ada", event("cart", NOON, CART.fact_id))
    run = run_on(definition, [entry])
    late = event("paid", NOON + timedelta(hours=1), "m1", arrived=NOON + timedelta(days=9))
    past = Past({CART.fact_id: CART}, [entry, Told("ada", late)], True, Definitions({}, {}), EPOCH)
    assert not differing(run, definition, past)


def test_an_event_that_happened_while_the_step_was_carried_out_may_have_counted():
    definition, entry = forked(PAID), Told("ada", event("cart", NOON, CART.fact_id))
    due = NOON + timedelta(days=1)
    meanwhile = Told("ada", event("paid", due + timedelta(seconds=5), "m1"))
    needed = References(events={"paid": None})

    def a_little_late(step, at):
        return Facts(view_at(at + timedelta(minutes=1), [entry, meanwhile], needed, UTC), UTC)

    run = begin(definition)
    for made in walk(definition, run, [], a_little_late):
        run = made.enrolment
    assert run.trace[-1].step == "thank"
    history = [entry, meanwhile]
    assert not differing(
        run, definition, Past({CART.fact_id: CART}, history, True, Definitions({}, {}), EPOCH)
    )


def test_an_event_that_was_there_makes_it_wrong():
    definition, entry = forked(PAID), Told("ada", event("cart", NOON, CART.fact_id))
    run = run_on(definition, [entry])
    there = event("paid", NOON + timedelta(hours=1), "m1")
    past = Past({CART.fact_id: CART}, [entry, Told("ada", there)], True, Definitions({}, {}), EPOCH)
    lines = differing(run, definition, past)
    assert '"next":"thank"' in lines[0].replayed
    assert '"next":"end"' in lines[0].recorded


@pytest.mark.parametrize(
    ("because", "same"),
    [
        ({"about": "event", "name": "paid", "value": 0, "holds": False}, True),
        ({"about": "event", "name": "paid", "value": 3, "holds": False}, False),
        ({"about": "event", "name": "left", "value": 0, "holds": False}, False),
    ],
)
def test_facts_that_contradict_themselves_decide_nothing(because, same):
    definition = forked(PAID)
    run = run_on(definition, [Told("ada", event("cart", NOON, CART.fact_id))])
    place = next(n for n, one in enumerate(run.trace) if one.decision == "took")
    entry = replace(run.trace[place], because=(because,))
    changed = replace(run, trace=(*run.trace[:place], entry, *run.trace[place + 1 :]))
    nothing = Past({}, [], False, Definitions({}, {}), EPOCH)
    line = replay(changed, lambda version: definition, nothing)[place]
    assert (line.by != "trace") == same


# --- what comes from outside ------------------------------------------------------------------


def test_a_run_that_gave_way_and_one_that_was_moved_are_replayed():
    wait = {"type": "wait", "name": "a day", "duration": "P1D"}
    old, new = journey(wait, SEND), journey({**wait, "duration": "P3D"}, SEND)
    waiting = next(iter(walk(old, begin(old), [], lambda step, at: None))).enrolment
    later = NOON + timedelta(hours=2)
    stayed = move(Moving(7, 2, new, Choices()), old, waiting, later).enrolment
    onward = Moving(8, 2, new, Choices(to={"a day": "thank"}))
    elsewhere = move(onward, old, waiting, later).enrolment
    out = move(Moving(9, 2, new, Choices(all_out=True)), old, waiting, later).enrolment
    merged = advance(new, stayed, Merged("another"), later).enrolment
    past = past_of([], {})
    for run in (stayed, elsewhere, out, merged):
        lines = replay(run, lambda version: old if version == 1 else new, past)
        assert all(line.same for line in lines), lines


def test_a_wait_that_the_wall_clock_had_not_reached_is_ended_by_what_came_before():
    wait = {"type": "wait_for", "name": "w", "events": [{"event": "paid"}], "timeout": "P1D"}
    definition = journey({"type": "wait", "name": "a day", "duration": "P1D"}, wait, SEND)
    run = ahead = begin(definition)
    for made in walk(definition, run, [], lambda step, at: None):
        ahead = made.enrolment
        if ahead.at == "w" and not ahead.waiting:
            break
    wall = NOON + timedelta(hours=1)
    waiting = advance(definition, ahead, Perform("w"), wall).enrolment
    paid = happened("paid", NOON + timedelta(hours=3))
    run = advance(definition, waiting, paid, wall).enrolment
    assert run.trace[-1].decision == "happened"
    assert not differing(run, definition, past_of([paid], {}))
