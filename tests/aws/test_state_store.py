from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.items import from_item, to_item
from shared.aws.state_store import StateStore, Whole
from shared.domain.counters.fold import (
    Fold,
    Occurrence,
    Step,
    earned_days,
    fold_counters,
    fold_state,
    position_of,
)
from shared.domain.counters.revenue import revenue_of
from shared.domain.identity.person import Person
from shared.domain.profiles.model import ProfileState
from shared.errors import ConflictError, TransientError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ADA = ("default", "ada")
PEOPLE = count()
UTC_ZONE = ZoneInfo("UTC")
PK = keys.person(*ADA)


@pytest.fixture
def store(dynamodb, profiles_table):
    return StateStore(dynamodb, profiles_table)


def fold(*steps):
    """A fold out of (position, hour) pairs, all counted alike."""
    return Fold(
        tuple(Step(position_of(str(at)), "events", NOON + hour * HOUR) for at, hour in steps)
    )


def row(dynamodb, table, sk):
    return dynamodb.get_item(TableName=table, Key=to_item({"pk": PK, "sk": sk})).get("Item")


def test_the_first_events_make_the_state(store):
    state = store.fold_state(*ADA, fold((1, 0), (2, 1))).state

    assert state == ProfileState(NOON, NOON + HOUR, events=2, position=position_of("2"))
    assert store.state(*ADA) == state


def test_later_events_are_added_without_reading(store):
    store.fold_state(*ADA, fold((1, 0)))

    state = store.fold_state(*ADA, fold((2, 1), (3, 2))).state

    assert (state.first_seen_at, state.last_seen_at, state.events) == (NOON, NOON + 2 * HOUR, 3)


def test_what_is_delivered_again_counts_once(store):
    first = store.fold_state(*ADA, fold((1, 0), (2, 1))).state

    assert store.fold_state(*ADA, fold((1, 0), (2, 1))).state == first
    assert store.fold_state(*ADA, fold((1, 0))).state == first
    assert store.fold_state(*ADA, fold((1, 0), (2, 1), (3, 2))).state.events == 3


def test_a_late_event_moves_the_first_instant_back_and_not_the_last(store):
    store.fold_state(*ADA, fold((1, 0), (2, 1)))

    state = store.fold_state(*ADA, fold((3, -5))).state

    assert (state.first_seen_at, state.last_seen_at) == (NOON - 5 * HOUR, NOON + HOUR)
    assert state.events == 3


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_delivery_of_a_stream_gives_the_same_row(store, data):
    person = ("default", f"p{next(PEOPLE)}")
    hours = data.draw(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
    steps = list(enumerate(hours, start=1))
    at = 0
    while at < len(steps):
        begin = data.draw(st.integers(0, at))
        end = data.draw(st.integers(begin + 1, len(steps)))
        at = max(at, end)
        state = store.fold_state(*person, fold(*steps[begin:end])).state

    assert state.events == len(steps)
    assert state.first_seen_at == NOON + min(hours) * HOUR
    assert state.last_seen_at == NOON + max(hours) * HOUR
    assert state.position == position_of(str(len(steps)))


def test_a_row_that_somebody_else_moves_meanwhile_is_left_to_the_next_delivery(store, dynamodb):
    store.fold_state(*ADA, fold((1, 0)))
    read = dynamodb.get_item

    def read_and_move(**request):
        found = read(**request)
        store.fold_state(*ADA, fold((5, 9)))
        return found

    class Racing:
        get_item = staticmethod(read_and_move)
        update_item = staticmethod(dynamodb.update_item)

    late = fold((2, -1))
    with pytest.raises(TransientError):
        StateStore(Racing(), "profiles").fold_state(*ADA, late)


@pytest.mark.parametrize(
    "decided",
    [
        {"stage": "new", "stage_since": NOON, "stage_before": "prospect"},
        {"due_at": NOON + HOUR},
        {"stage_before": None, "due_at": None},
        {"stage": "lost", "stage_since": NOON + HOUR, "stage_before": None, "due_at": NOON},
    ],
)
def test_what_is_decided_is_stored_and_the_facts_stay(store, decided):
    folded = store.fold_state(*ADA, fold((1, 0))).state
    before = replace(folded, stage="new", stage_since=NOON, stage_before="lost", due_at=NOON)
    before = store.settle(*ADA, folded, before)
    after = store.settle(*ADA, before, replace(before, **decided))

    assert store.state(*ADA) == after
    assert store.fold_state(*ADA, fold((2, 0))).state == replace(
        after, events=2, position=position_of("2")
    )


def test_what_was_decided_before_something_new_happened_is_not_stored(store):
    before = store.fold_state(*ADA, fold((1, 0))).state
    store.fold_state(*ADA, fold((2, 0)))

    with pytest.raises(ConflictError):
        store.settle(*ADA, before, replace(before, stage="new"))


def test_nobody_decides_over_somebody_else(store):
    before = store.fold_state(*ADA, fold((1, 0))).state
    after = store.settle(*ADA, before, replace(before, stage="new"))

    with pytest.raises(ConflictError):
        store.settle(*ADA, before, replace(before, stage="lost"))

    assert store.state(*ADA) == after


def test_a_decision_that_changes_nothing_costs_nothing(profiles_table):
    state = ProfileState(NOON, NOON, 1)

    StateStore(None, profiles_table).settle(*ADA, state, state)


def test_nobody_has_no_state(store):
    assert store.state("default", "nobody") is None


def test_what_rapport_did_is_no_sign_of_life(store):
    """Its own events are heard of, in any order with others, and touch neither state nor dates."""
    own = [Occurrence(position_of(str(at)), "$listed", NOON + at * HOUR) for at in range(1, 9)]
    seen = [Occurrence(position_of(str(at)), "page", NOON + at * HOUR) for at in (3, 5)]
    others = {each.position for each in seen}
    own = [each for each in own if each.position not in others]
    stream = sorted([*seen, *own], key=lambda each: each.position)

    first = store.fold_state(*ADA, fold_state(stream[:2]))
    assert (first.state, first.seen, store.state(*ADA)) == (None, ("ada",), None)
    store.fold_state(*ADA, fold_state(stream[1:4]))
    store.fold_state(*ADA, fold_state(stream))
    whole = store.fold_state(*ADA, fold_state(stream[2:]))

    state = whole.state
    assert (state.first_seen_at, state.last_seen_at) == (NOON + 3 * HOUR, NOON + 5 * HOUR)
    assert (state.events, whole.strands["ada"].heard) == (2, 8)


def test_how_far_something_is_built_never_goes_back(store):
    store.fold_state(*ADA, fold((1, 0)))
    for build in (3, 5, 4):
        store.begin_build(*ADA, build)
    store.end_build(*ADA, 5)
    store.end_build(*ADA, 3)

    strand = store.fold_state(*ADA, fold((2, 0))).strands["ada"]
    assert (strand.building, strand.built) == (5, 5)


def test_stages_that_were_left_are_told_with_the_present_one(store):
    state = store.fold_state(*ADA, fold((1, 0))).state
    assert store.stages(*ADA, state) == []
    moves = [("new", NOON), ("active", NOON + HOUR), ("lost", NOON + 2 * HOUR)]
    for stage, since in moves:
        after = replace(state, stage=stage, stage_since=since)
        state = store.settle(*ADA, state, after)

    assert store.stages(*ADA, state) == moves


def test_a_stage_that_somebody_meant_to_leave_is_told_once(store):
    """Who dies, or is slower, between history and state leaves a row of what was never left."""
    before = store.fold_state(*ADA, fold((1, 0))).state
    state = store.settle(*ADA, before, replace(before, stage="new", stage_since=NOON))
    store.fold_state(*ADA, fold((2, 0)))
    with pytest.raises(ConflictError):
        store.settle(*ADA, state, replace(state, stage="lost", stage_since=NOON + HOUR))

    assert store.stages(*ADA, store.state(*ADA)) == [("new", NOON)]


AMOUNTS = st.one_of(
    st.integers(-10_000, 10_000), st.decimals(-9_999, 9_999, places=2).map(float), st.none()
)


@given(values=st.lists(AMOUNTS, min_size=1, max_size=8), data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_revenue_is_summed_exactly_and_once_whatever_is_delivered_again(
    store, dynamodb, profiles_table, values, data
):
    person = f"p{next(PEOPLE)}"
    seen = [
        Occurrence(position_of(str(at)), "order", NOON, revenue_of({"revenue": value}))
        for at, value in enumerate(values, start=1)
    ]
    at = 0
    while at < len(seen):
        begin, end = data.draw(st.integers(0, at)), data.draw(st.integers(at + 1, len(seen)))
        at = end
        for (name, month), counted in fold_counters(seen[begin:end], UTC_ZONE).items():
            store.fold_counter("default", person, name, month, counted)

    key = to_item({"pk": keys.person("default", person), "sk": "CNT#order#2026-11"})
    stored = from_item(dynamodb.get_item(TableName=profiles_table, Key=key)["Item"])
    plain = [Fraction(str(value)) for value in values if value is not None]
    earned = earned_days("2026-11", stored)
    assert [Fraction(amount) for amount in earned.values()] == ([sum(plain)] if plain else [])
    assert stored["d22"] == len(values)


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_first_and_last_touch_are_those_of_all_events_in_any_order(store, data):
    person = ("default", f"p{next(PEOPLE)}")
    touches = data.draw(st.lists(st.none() | st.text("abc", min_size=1, max_size=3), min_size=1))
    seen = [
        Occurrence(position_of(str(at)), "page", NOON + (at % 3) * HOUR, touch=touch)
        for at, touch in enumerate(touches, start=1)
    ]
    for one in seen:
        state = store.fold_state(*person, fold_state([one])).state
        store.fold_state(*person, fold_state(seen[:1]))

    known = [touch for touch in touches if touch]
    assert state.first_touch == min(known, default=None)
    assert state.last_touch == max(known, default=None)


def test_the_states_of_all_strands_are_one(store):
    person = Person("default", "a", ("a", "b", "c"), ("a",))
    assert store.whole(person) == Whole(None, {})
    store.fold_state("default", "b", fold((1, 0), (2, 5)))
    before = store.whole(person).state
    after = store.settle("default", "a", before, replace(before, stage="new", stage_since=NOON))
    store.fold_state("default", "c", fold((1, -3)))
    store.settle_joins("default", "a", 2)
    store.settle_joins("default", "a", 1)

    whole = store.whole(person)

    assert (after.judged, whole.seen, whole.joins("a")) == (1, ("b", "c"), 2)
    assert whole.state == replace(after, first_seen_at=NOON - 3 * HOUR, events=3)
