"""Each thing that could have begun a journey is told with the rule that decided it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.entry import Run, enters, may_enter
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.why import Standing, nothing_happened, tries
from tests.domain.journeys.memory import NOON, happened, journey

SEND = {"type": "send", "name": "thank", "template_id": "thanks"}
DAY = timedelta(days=1)
LATER = NOON + 90 * DAY


def standing(definition, *, since=NOON - DAY, status="published", now=LATER):
    return Standing(definition, since, status, now)


def run(definition, entry, *, over=True, name="e"):
    made = enrol(
        definition, 1, entry, workspace_id="default", profile_id="ada", enrolment_id=name
    ).enrolment
    return replace(made, status="completed", reason="completed") if over else made


def outcomes(definition, happenings, enrolments=(), **more):
    return [one.outcome for one in tries(standing(definition, **more), happenings, enrolments)]


CART = happened("cart")
PLAIN = journey(SEND)
FILTERED = journey(SEND, entry={"type": "event", "event": "cart", "where": {"a": 1}})


@pytest.mark.parametrize(
    ("definition", "event", "more", "outcome"),
    [
        (FILTERED, CART, {}, "filtered"),
        (PLAIN, happened("cart", arrived_at=NOON + 2 * DAY), {}, "too_old"),
        (PLAIN, CART, {"since": NOON + DAY}, "before_it_was"),
        (PLAIN, CART, {"status": "paused"}, "paused"),
        (PLAIN, CART, {"status": "draft"}, "not_published"),
        (PLAIN, CART, {"now": NOON + timedelta(minutes=1)}, "not_yet"),
    ],
)  # fmt: skip
def test_the_rule_that_decided_is_named(definition, event, more, outcome):
    (told,) = tries(standing(definition, **more), [event, happened("left")], [])
    assert told.outcome == outcome
    assert told.text.en
    assert told.text.zh


def test_who_entered_who_was_inside_and_who_had_to_pause():
    again = happened("cart", NOON + DAY)
    assert outcomes(PLAIN, [CART], [run(PLAIN, CART)]) == ["entered"]
    assert outcomes(PLAIN, [CART, again], [run(PLAIN, CART)]) == ["reentry", "entered"]
    assert outcomes(PLAIN, [CART, again], [run(PLAIN, CART, over=False)]) == ["inside", "entered"]
    out = journey(SEND, holdout=1)
    assert outcomes(out, [CART], [run(out, CART, over=False)]) == ["held_out"]


def test_of_another_key_nobody_is_inside():
    carts = journey(SEND, reentry={"policy": "never", "key": "cart_id"})
    first, again, other = (
        happened("cart", NOON + n * DAY, fact_id=f"m{n}", properties={"cart_id": cart})
        for n, cart in enumerate([1, 1, 2])
    )
    runs = [run(carts, first, over=False)]
    assert outcomes(carts, [first, again, other], runs) == ["not_published", "inside", "entered"]


def test_a_run_whose_event_is_gone_is_told_all_the_same():
    assert outcomes(PLAIN, [], [run(PLAIN, CART)]) == ["entered"]


def test_who_is_asked_into_another_journey_is_not_in_this_one():
    called = journey(SEND, entry={"type": "call"})
    mine, other = (
        happened("$journey_asked", fact_id=name, properties={"journey_id": name})
        for name in ("test", "other")
    )
    assert outcomes(called, [other]) == []
    assert outcomes(called, [other, mine], [run(called, mine)]) == ["entered"]
    assert "Nobody asked" in nothing_happened(called, whole=True).en


def test_who_never_did_it_is_told_so_as_far_as_is_known():
    whole, part = (nothing_happened(PLAIN, whole=each) for each in (True, False))
    assert "never did cart" in whole.en
    assert "timeline" in part.en
    assert "timeline" not in whole.en


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3), st.booleans()), max_size=6),
    st.sampled_from(["never", "always", "P5D"]),
)
def test_it_agrees_with_the_rules_by_which_people_enter(drawn, policy):
    """A model lets the events in by the rules; what it let in is `entered`, nothing else is."""
    reentry = {"policy": policy} if policy[0] != "P" else {"policy": "after", "after": policy}
    where = {"type": "event", "event": "cart", "where": {"good": True}}
    definition = journey(SEND, reentry=reentry, entry=where)
    events = [
        happened(
            "cart",
            NOON + day * DAY,
            fact_id=f"m{place}",
            arrived_at=NOON + (day + late) * DAY,
            properties={"good": good},
        )
        for place, (day, late, good) in enumerate(drawn)
    ]
    runs = []
    for event in sorted(events, key=lambda one: (one.occurred_at, one.fact_id)):
        before = [Run(one.enrolment_id, one.entered_at, active=False) for one in runs]
        if enters(definition, event) and may_enter(definition.reentry, before, event.occurred_at):
            runs.append(run(definition, event, name=event.fact_id))
    told = tries(standing(definition), events, runs)
    entered = {one.enrolment_id for one in told if one.outcome == "entered"}
    assert entered == {one.enrolment_id for one in runs}
    kept_out = {"filtered", "too_old", "reentry"}
    assert {one.outcome for one in told} <= {"entered", *kept_out}
