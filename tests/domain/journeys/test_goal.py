"""A goal is reached once and ends nothing else; who is held out is told of and left alone."""

from datetime import timedelta

import pytest
from scipy.stats import binomtest, chi2_contingency

from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.goal import held_out
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.stimulus import Happened, Perform
from tests.domain.journeys.memory import NOON, Bench, World, at_once, happened, journey

DAY = timedelta(days=1)
PAID = happened("paid", NOON + DAY)
WEEK = {"type": "wait", "name": "week", "duration": "P7D"}
WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"event": "paid"}],
    "timeout": "P7D",
    "on_event": "week",
}
GOAL = {"event": "paid", "within": "P2D"}


def told(*facts: Happened, steps=(WEEK,), **more) -> Enrolment:
    definition = journey(*steps, **{"goal": GOAL, **more})
    cart = happened("cart", properties={"cart_id": "c1", "other": [1]})
    enrolment = enrol(
        definition, 1, cart, workspace_id="default", profile_id="ada", enrolment_id="e"
    ).enrolment
    enrolment = advance(definition, enrolment, Perform(definition.first), NOON).enrolment
    for fact in facts:
        enrolment = advance(definition, enrolment, fact, fact.occurred_at).enrolment
    return enrolment


def decisions(enrolment: Enrolment) -> list[str]:
    return [entry.decision for entry in enrolment.trace]


def test_a_goal_is_written_down_and_the_wait_goes_on():
    reached = told(PAID)
    assert decisions(reached) == ["entered", "waiting", "goal"]
    assert (reached.goal_at, reached.clock_at) == (NOON + DAY, NOON)
    assert reached.waiting == told().waiting
    again = happened("paid", NOON + 1.5 * DAY)
    assert told(PAID, PAID, again) == reached, "it is reached once"


@pytest.mark.parametrize(("days", "counts"), [(-0.01, False), (0, True), (2, True), (2.01, False)])
def test_a_goal_counts_from_the_entry_to_the_end_of_its_window(days: float, counts: bool):
    enrolment = told(happened("paid", NOON + days * DAY))
    assert (enrolment.goal_at is not None) is counts


def test_an_event_can_be_the_goal_and_end_a_wait_and_meet_an_exit_rule():
    assert decisions(told(PAID, steps=(WATCH, WEEK))) == ["entered", "waiting", "goal", "happened"]
    out = told(PAID, steps=(WATCH, WEEK), exit_on=[{"event": "paid"}])
    assert decisions(out) == ["entered", "waiting", "goal", "exit_rule"]
    assert (out.status, out.reason) == ("exited", "paid")
    assert told(PAID, PAID, steps=(WATCH, WEEK)) == told(PAID, steps=(WATCH, WEEK))


def test_a_goal_that_ends_the_journey_completes_it():
    over = told(PAID, goal={**GOAL, "ends": True}, exit_on=[{"event": "paid"}])
    assert (over.status, over.reason, over.clock_at) == ("completed", "goal", NOON + DAY)
    assert over.was_cut, "its execution has to be stopped"


def test_a_goal_can_be_a_move_and_ask_for_what_the_entry_was_about():
    moved = happened("lifecycle:entered:loyal", NOON + DAY, about="lifecycle", arrived_at=None)
    assert told(moved, goal={"stage": "loyal", "within": "P7D"}).goal_at == NOON + DAY
    goal = {**GOAL, "where": {"cart_id": {"entry": "cart_id"}, "n": {"entry": "other"}}}
    same = happened("paid", NOON + DAY, properties={"cart_id": "c1", "n": [1]})
    assert told(same, goal=goal).goal_at is None, "only plain values are kept and compared"
    goal["where"].pop("n")
    assert told(same, goal=goal).goal_at == NOON + DAY
    assert told(same, goal=goal).entry == {"cart_id": "c1"}, "no more than is asked for"
    assert (
        told(happened("paid", NOON + DAY, properties={"cart_id": "c2"}), goal=goal).goal_at is None
    )
    missing = {**GOAL, "where": {"x": {"entry": "x"}}}
    assert told(happened("paid", NOON + DAY, properties={"x": None}), goal=missing).goal_at is None


def test_an_execution_of_somebody_who_reached_the_goal_is_stopped_only_if_it_ends_there():
    for ends in (False, True):
        world = World()
        mail = {"type": "send", "name": "mail", "template_id": "a"}
        definition = journey(WEEK, mail, goal={**GOAL, "ends": ends})
        bench = Bench(definition, at_once(world))
        bench.take_in(happened("cart"))
        world.timeline = (("ada", PAID),)
        bench.take_in(PAID)
        bench.take_in(PAID)
        assert bool(world.stopped) is ends
        assert bool(world.listeners) is not ends
        assert world.counted == {"started": 1, **({"completed:goal": 1} if ends else {})}


HELD = journey({"type": "send", "name": "mail", "template_id": "a"}, holdout=0.2)
PEOPLE = [f"person-{number}" for number in range(20_000)]


def test_as_many_people_are_held_out_as_asked_for_and_always_the_same():
    out = [held_out(HELD, person) for person in PEOPLE]
    assert binomtest(sum(out), len(PEOPLE), 0.2).pvalue > 1e-6
    assert out == [held_out(HELD, person) for person in PEOPLE]
    other = HELD.model_copy(update={"journey_id": "other"})
    pairs = [(one, held_out(other, person)) for one, person in zip(out, PEOPLE, strict=True)]
    table = [[pairs.count((a, b)) for a in (True, False)] for b in (True, False)]
    assert chi2_contingency(table).pvalue > 1e-6, "another journey holds others out"
    nobody, everybody = (
        HELD.model_copy(update={"holdout": 0}),
        HELD.model_copy(update={"holdout": 1}),
    )
    assert not any(held_out(nobody, person) for person in PEOPLE)
    assert all(held_out(everybody, person) for person in PEOPLE)


@pytest.mark.parametrize("clock", ["step_functions", "due_index"])
def test_who_is_held_out_is_written_down_and_nothing_else_happens(clock: str):
    definition = HELD.model_copy(update={"holdout": 1, "clock": clock, "exit_on": ()})
    world = World()
    for _ in range(2):
        Bench(definition, at_once(world)).take_in(happened("cart"))
    [stored] = world.enrolments.values()
    enrolment = stored.enrolment
    assert (enrolment.status, enrolment.reason) == ("exited", "holdout")
    assert decisions(enrolment) == ["entered", "held_out"]
    assert not any((world.started, world.requested, world.listeners, world.queued))
    assert world.counted == {"started": 1, "exited:holdout": 1}
    entered, exited = told_by(enrolment, 0, NOON)
    assert entered.properties["held_out"] is True
    assert exited.properties["reason"] == "holdout"
    assert "held_out" not in next(told_by(told(), 0, NOON)).properties
