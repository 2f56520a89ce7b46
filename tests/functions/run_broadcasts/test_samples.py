"""A sample goes first, is compared by who reached the goal, and the rest gets what did best."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.broadcasts.asked import enrolment_by
from shared.domain.broadcasts.model import Sample, Tried
from shared.domain.broadcasts.waves import group_of
from shared.domain.instants import parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.progress import change_of
from shared.domain.journeys.stimulus import Happened, Perform
from tests.crash.faults import KilledError, Line
from tests.functions.run_broadcasts.conftest import PEOPLE
from tests.functions.run_broadcasts.test_asking import again, check
from tests.functions.run_broadcasts.world import WS, Catalog

HOURS = timedelta(hours=1)
JOURNEY = Journey.model_validate(
    {
        "journey_id": "news",
        "title": "News",
        "entry": {"type": "call"},
        "goal": {"event": "paid", "within": "PT3H"},
        "steps": [
            {
                "type": "experiment",
                "name": "which",
                "variants": [
                    {"name": "a", "control": True, "next": "end"},
                    {"name": "b", "next": "end"},
                ],
            },
        ],
    }
)
SAMPLE = Sample(0.7, 4 * HOURS, "which", 1)


@pytest.fixture
def sampled(make_world):
    return make_world(catalog=Catalog(JOURNEY))


def enters(world, profile_id, call):
    """The enrolment that follows from being asked, over at once; gives the variant."""
    happened = Happened(
        fact_id=call["message_id"],
        trigger="$journey_asked",
        occurred_at=parse_instant(call["occurred_at"]),
        properties=call["properties"],
    )
    one = world.store.load(WS, "b1")
    name = enrolment_by(WS, one, profile_id)
    begun = enrol(JOURNEY, 1, happened, workspace_id=WS, profile_id=profile_id, enrolment_id=name)
    done = advance(JOURNEY, begun.enrolment, Perform("which"), world.clock.at)
    change = change_of(done, world.clock.at)
    world.enrolments.enrol(Ref(WS, profile_id, name), None, change, "")
    return done.enrolment.trace[-1].because[0]["name"]


def until_wait(world):
    while world.machine_step() != "ask":
        pass
    while world.next()["do"] == "ask":
        world.machine_step()


def pays(world, make_event, profile_id, at):
    event = replace(make_event("paid", at=at), message_id=f"paid-{profile_id}-{at.isoformat()}")
    world.timelines.add_event(profile_id, event)


def test_what_did_best_goes_to_the_rest(sampled, make_event):
    one = sampled.begin(sample=SAMPLE)
    first = {name for name in PEOPLE if group_of(one, name) == "sample"}
    until_wait(sampled)
    assert set(sampled.asked()) == first
    drawn = {name: enters(sampled, name, call) for name, call in sampled.calls()}
    b = sorted(name for name, variant in drawn.items() if variant == "b")
    assert b
    assert len(b) < len(first) < len(PEOPLE)
    asked_at = sampled.clock.at
    pays(sampled, make_event, b[0], asked_at + HOURS)  # after the end of the enrolment
    for name, variant in drawn.items():
        if variant == "a":
            pays(sampled, make_event, name, asked_at - HOURS)  # before it
            pays(sampled, make_event, name, asked_at + 3.5 * HOURS)  # too late

    done = sampled.play()

    check(sampled)
    assert (done.verdict.winner, done.verdict.why) == ("b", "won")
    assert done.verdict.tried == (
        Tried("a", True, len(first) - len(b), 0),
        Tried("b", False, len(b), 1),
    )
    assert done.verdict.at >= asked_at + 3.9 * HOURS
    for name, call in sampled.calls():
        winner = {} if name in first else {"winner:which": "b"}
        known = {"journey_id": "news", "broadcast_id": "b1"}
        assert call["properties"] == {**known, **winner}
        assert (parse_instant(call["occurred_at"]) >= done.verdict.at) == (name not in first)


def test_who_never_entered_counts_for_no_variant(sampled):
    sampled.begin(sample=SAMPLE)
    until_wait(sampled)
    name, call = min(sampled.calls())
    variant = enters(sampled, name, call)
    done = sampled.play()
    assert (done.verdict.winner, done.verdict.why) == ("a", "too_little")
    assert {each.variant: each.entered for each in done.verdict.tried} == {
        "a": int(variant == "a"),
        "b": int(variant == "b"),
    }
    check(sampled)


def test_a_crash_of_the_decision_at_any_call_leaves_one_verdict(make_world):
    plain = make_world(catalog=Catalog(JOURNEY))
    plain.begin(sample=SAMPLE)
    until_wait(plain)
    for name, call in plain.calls():
        enters(plain, name, call)
    number, verdicts = 0, []
    while not verdicts:
        number += 1
        line = Line(faults={number: "after"})
        world = make_world(around=line.around, catalog=plain.catalog, clock=plain.clock)
        try:
            verdicts.append(world.decide())
        except KilledError:
            continue
    assert number > 5
    assert again(plain.decide) == plain.store.load(WS, "b1").verdict
    assert plain.play().verdict == plain.decide()


def test_where_nobody_is_in_the_sample_the_rest_is_asked_all_the_same(make_world):
    world = make_world(catalog=Catalog(JOURNEY))
    world.begin(sample=replace(SAMPLE, share=1e-9))
    done = world.play()
    check(world)
    assert (done.verdict.winner, done.verdict.why) == ("a", "too_little")
