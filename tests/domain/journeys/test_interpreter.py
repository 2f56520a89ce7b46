"""The interpreter is total and deterministic, and its trace tells all that happened."""

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import Request, asked_for
from shared.domain.journeys.bounds import most_events
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Act, Listen, SendMessage
from shared.domain.journeys.enrolment import CUTS, Enrolment
from shared.domain.journeys.ids import enrolment_id, message_id
from shared.domain.journeys.interpreter import Advance, advance, enrol
from shared.domain.journeys.kinds import END, FeedbackStep, RepeatStep, SendStep, WaitStep
from shared.domain.journeys.parts import LONGEST
from shared.domain.journeys.stimulus import Facts, Happened, Merged, Move, Perform, TimeUp
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View
from tests.domain.journeys.memory import NOON, happened, journey
from tests.domain.journeys.strategies import CART, ENROLMENT, TRIGGERS, histories, journeys, traits

HOUR = timedelta(hours=1)  # by which clocks may have been put back
NOBODY = Facts(View({}, {}), ZoneInfo("UTC"))


def begin(definition: Journey, entry: Happened = CART) -> Enrolment:
    return enrol(
        definition, 1, entry, workspace_id="default", profile_id="ada", enrolment_id=ENROLMENT
    ).enrolment


def walked(definition: Journey, history: list[Happened], known: dict[str, str]) -> list[Advance]:
    facts = Facts(View(known, {}), ZoneInfo("UTC"))
    return list(walk(definition, begin(definition), history, lambda step, at: facts))


def stimuli(definition: Journey) -> st.SearchStrategy[Move]:
    """Anything at all, whether it fits or not."""
    names = st.sampled_from([step.name for step in definition.steps] + ["nowhere"])
    hours = st.integers(-10, 200)
    return st.one_of(
        st.builds(Perform, names, st.sampled_from([None, NOBODY])),
        st.builds(TimeUp, names, st.integers(0, 2)),
        st.builds(
            lambda name, at: happened(
                name,
                NOON + timedelta(hours=at),
                about=name.split(":")[0] if ":" in name else "event",
                properties={"cart_id": at % 2 + 1},
            ),
            TRIGGERS,
            hours,
        ),
    )


def reached_beside(made: Advance) -> bool:
    """Whether nothing came of a stimulus but that it was the goal, which ends nothing."""
    after = made.enrolment
    return after.status == "active" and after.trace[-1].decision == "goal"


@given(st.data(), journeys())
def test_every_stimulus_has_an_answer_in_every_state(data: st.DataObject, definition: Journey):
    enrolment = begin(definition)
    for stimulus in data.draw(st.lists(stimuli(definition), max_size=25)):
        made = advance(definition, enrolment, stimulus, NOON)
        assert made == advance(definition, enrolment, stimulus, NOON), "deterministic"
        after = made.enrolment
        if after is enrolment:
            assert made == Advance(enrolment), "what comes to nothing wants nothing"
        else:
            told = [entry.decision for entry in after.trace[len(enrolment.trace) :]]
            assert after.trace[: len(enrolment.trace)] == enrolment.trace, "what was is kept"
            assert len(told) == 1 or (len(told) == 2 and told[0] == "goal"), "a line a decision"
            assert after.clock_at >= enrolment.clock_at, "the clock never goes back"
            assert after.trace[-1].at == after.clock_at or reached_beside(made)
            assert not reached_beside(made) or after == enrolment.beside(after.trace[-1])
        assert advance(definition, after, stimulus, NOON).enrolment == after or isinstance(
            stimulus, Perform
        ), "the same thing twice changes nothing"
        enrolment = after


@given(st.data(), journeys())
def test_a_merge_ends_an_enrolment_wherever_it_stands(data: st.DataObject, definition: Journey):
    enrolment = begin(definition)
    for stimulus in data.draw(st.lists(stimuli(definition), max_size=10)):
        enrolment = advance(definition, enrolment, stimulus, NOON).enrolment
    made = advance(definition, enrolment, Merged("another"), NOON)
    assert not made.effects
    if enrolment.status == "active":
        assert (made.enrolment.status, made.enrolment.reason) == ("exited", "merged")
        assert made.enrolment.trace[-1].because == ({"about": "enrolment", "name": "another"},)
    else:
        assert made.enrolment is enrolment


@given(journeys(), histories(), traits())
def test_every_walk_ends_with_a_named_outcome(definition, history, known):
    made = walked(definition, history, known)
    repeats = any(isinstance(step, RepeatStep) for step in definition.steps)
    dated = any(isinstance(step, WaitStep) and step.may_skip for step in definition.steps)
    last = made[-1].enrolment
    assert last.status in ("completed", "exited")
    assert last.reason
    assert made == walked(definition, list(reversed(history)), known), "order of arrival is no fact"
    steps = [entry.step for entry in last.trace if entry.next is not None]
    for entry, following in zip(last.trace, last.trace[1:], strict=False):
        assert entry.next in (following.step, None) or following.decision in CUTS
    assert repeats or len(steps) == len(set(steps)), "no step is done twice"
    took = last.clock_at - last.entered_at
    assert took <= (LONGEST if dated else definition.longest_stay + HOUR), "what was foreseen"
    assert 2 * len(last.trace) <= most_events(definition), "a state for every two decisions"


@given(journeys(), histories(), traits())
def test_every_message_is_asked_for_once_and_named_by_its_step_and_visit(
    definition, history, known
):
    made = walked(definition, history, known)
    asked = [effect for one in made for effect in one.effects if isinstance(effect, SendMessage)]
    sends = {step.name for step in definition.steps if isinstance(step, SendStep)}
    asks = {step.name for step in definition.steps if isinstance(step, FeedbackStep)}
    begun = [
        entry
        for entry in made[-1].enrolment.trace
        if entry.decision == "requested" or (entry.step in asks and entry.decision == "waiting")
    ]
    assert [one.message_id for one in asked] == [
        message_id(ENROLMENT, entry.step, entry.visit) for entry in begun
    ]
    assert {one.step for one in asked} <= sends | asks
    assert len({one.message_id for one in asked}) == len(asked)


@given(journeys(), histories(), traits())
def test_whoever_comes_after_a_crash_asks_for_the_same(definition, history, known):
    """What advances asked for, once and in order, can be read off the trace alone."""
    made = walked(definition, history, known)
    effects = [one for each in made for one in each.effects if not isinstance(one, Listen)]
    names = [(one.step, one.visit, isinstance(one, Act) and one.escalated) for one in effects]
    assert len(set(names)) == len(names)
    told = list(asked_for(definition, made[-1].enrolment, made[-1].enrolment.trace))
    assert [_id(one) for one in told] == [_id(one) for one in effects]
    for request in told:
        read = type(request).from_body(request.to_body())
        assert read == request


def _id(one: SendMessage | Act | Request) -> str:
    return one.action_id if isinstance(one, Act | ActionRequest) else one.message_id


@given(journeys(), histories(), traits())
def test_whoever_is_not_moved_repeats_by_visits(definition, history, known):
    for entry in walked(definition, history, known)[-1].enrolment.trace:
        step = definition.step(entry.step) if entry.step else None
        if isinstance(step, RepeatStep) and entry.decision in ("repeated", "went_on"):
            taken = entry.visit % (step.times + 1)
            assert entry.decision == ("repeated" if taken else "went_on")
            assert entry.because[0]["name"] == str(taken or step.times)


@given(journeys(), histories(), traits())
def test_an_enrolment_is_the_same_after_it_was_written_and_read(definition, history, known):
    for made in walked(definition, history, known):
        text = json.dumps(made.enrolment.to_json())
        assert Enrolment.from_json(json.loads(text)) == made.enrolment


@given(journeys(), histories(), traits())
def test_whoever_waits_is_listened_for_and_is_woken_when_due(definition, history, known):
    for made in walked(definition, history, known):
        waiting = made.enrolment.waiting
        if reached_beside(made):
            continue  # who waits on is listened for already
        assert made.wake == (waiting.due if waiting else None)
        listens = [effect for effect in made.effects if isinstance(effect, Listen)]
        assert tuple(one.trigger for one in listens) == (waiting.triggers if waiting else ())


WATCH = {
    "type": "wait_for",
    "name": "watch",
    "events": [{"event": "paid", "where": {"amount": 10, "gift": True}}],
    "timeout": "P1D",
    "on_event": END,
}
LATE = {"type": "exit", "name": "late", "reason": "too late"}


def _after(definition: Journey, *facts: Happened) -> Enrolment:
    return walked(definition, list(facts), {})[-1].enrolment


def test_only_events_with_the_same_properties_end_a_wait():
    definition = journey(WATCH, LATE)
    at = NOON + timedelta(hours=1)
    for properties, reason in [
        ({"amount": 10, "gift": True}, "completed"),
        ({"amount": 10.0, "gift": True, "more": 1}, "completed"),
        ({"amount": "10", "gift": True}, "too late"),
        ({"amount": 10, "gift": 1}, "too late"),
        ({"amount": True, "gift": True}, "too late"),
        ({"gift": True}, "too late"),
    ]:
        assert _after(definition, happened("paid", at, properties=properties)).reason == reason


def test_an_event_counts_from_the_beginning_of_the_wait_to_its_end_both_included():
    definition = journey({**WATCH, "events": [{"event": "paid"}]}, LATE)
    day = timedelta(days=1)
    tick = timedelta(milliseconds=1)
    for at, reason in [
        (NOON - tick, "too late"),
        (NOON, "completed"),
        (NOON + day, "completed"),
        (NOON + day + tick, "too late"),
    ]:
        assert _after(definition, happened("paid", at)).reason == reason


def test_an_event_is_used_once_even_by_two_waits_for_it():
    twice = journey(
        {**WATCH, "events": [{"event": "paid"}], "on_event": "again", "on_timeout": END},
        {**WATCH, "name": "again", "events": [{"event": "paid"}], "on_timeout": "late"},
        LATE,
    )
    at = NOON + timedelta(hours=1)
    assert _after(twice, happened("paid", at)).reason == "too late"
    assert _after(twice, happened("paid", at), happened("paid", at, fact_id="other")).reason == (
        "completed"
    )


def test_the_entry_event_itself_neither_wakes_nor_ends_what_it_began():
    definition = journey(
        {**WATCH, "events": [{"event": "cart"}], "on_timeout": "late"},
        LATE,
        exit_on=[{"event": "cart"}],
    )
    assert _after(definition, CART).reason == "too late"
    other = happened("cart", NOON, fact_id="another")
    assert _after(definition, other).reason == "cart"


def test_an_exit_rule_comes_before_a_wait_and_holds_wherever_one_stands():
    definition = journey(
        {**WATCH, "events": [{"event": "paid"}], "on_timeout": "late"},
        LATE,
        exit_on=[{"event": "paid"}, {"segment_id": "buyers"}],
    )
    ended = _after(definition, happened("paid", NOON + timedelta(hours=1)))
    assert (ended.status, ended.reason) == ("exited", "paid")
    assert ended.trace[-1].decision == "exit_rule"
    moved = happened("segment:entered:buyers", NOON, about="segment", arrived_at=None)
    ready = begin(definition)
    assert advance(definition, ready, moved, NOON).enrolment.reason == "segment:entered:buyers"
    before = happened("paid", NOON - timedelta(hours=1))
    assert advance(definition, ready, before, NOON).enrolment is ready


def test_a_wait_in_a_rehearsal_played_by_hand_counts_what_happens_from_now_on():
    definition = journey({"type": "wait", "name": "day", "duration": "P1D"}, WATCH, LATE)
    ahead = begin(definition)
    for stimulus in (Perform("day"), TimeUp("day", 1), Perform("watch")):
        ahead = advance(definition, ahead, stimulus, NOON + timedelta(seconds=3)).enrolment
    assert ahead.clock_at == NOON + timedelta(days=1)
    assert ahead.waiting is not None
    assert ahead.waiting.since == NOON + timedelta(seconds=3)


def test_ids_follow_from_facts_and_nothing_runs_together():
    assert enrolment_id("w", "j", "p", "f") == enrolment_id("w", "j", "p", "f")
    assert enrolment_id("w", "j", "p", "f") != enrolment_id("wj", "", "p", "f")
    assert message_id("e", "a", 1) != message_id("e", "a1", 1)
    assert len(enrolment_id("w", "j", "p", "f")) == 32
