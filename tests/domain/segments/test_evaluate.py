from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.days import month_of
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import MAX_FACTS, evaluate
from shared.domain.segments.references import references
from tests.domain.segments.oracle import Past, oracle
from tests.domain.segments.strategies import (
    EVENTS,
    TRAITS,
    cases,
    event_conditions,
    pasts,
    traits,
    trees,
    view_of,
)

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
SHANGHAI = ZoneInfo("Asia/Shanghai")
STEP = timedelta(minutes=30)
INSTANT = timedelta(microseconds=1)


@given(cases())
def test_the_verdict_is_the_one_of_a_naive_reading(case):
    data, past, now, zone = case

    verdict = evaluate(CONDITION.validate_python(data), view_of(past), now, zone)

    assert verdict.matches == oracle(data, past, now, zone)


@given(cases(trees(event_conditions)))
@settings(max_examples=150)
def test_nothing_changes_before_changes_at_and_everything_does_at_it(case):
    data, past, now, zone = case
    verdict = evaluate(CONDITION.validate_python(data), view_of(past), now, zone)

    # The longest window is 6 days and the latest event is 2 days ahead: after 10 days all is over.
    end = verdict.changes_at or now + timedelta(days=10)
    clock = now
    while clock < end:
        assert oracle(data, past, clock, zone) == verdict.matches
        clock += STEP
    assert oracle(data, past, end - INSTANT, zone) == verdict.matches
    if verdict.changes_at:
        assert oracle(data, past, verdict.changes_at, zone) != verdict.matches


@given(cases())
def test_what_is_not_referred_to_does_not_matter(case):
    data, past, now, zone = case
    condition = CONDITION.validate_python(data)
    needed = references(condition)
    today = now.astimezone(zone).date()

    whole = view_of(past)
    least = View(
        traits={name: whole.traits[name] for name in needed.traits & whole.traits.keys()},
        counters={
            event: {
                day: times
                for day, times in whole.counters.get(event, {}).items()
                if month_of(day) >= (needed.first_month(event, today) or "")
            }
            for event in needed.events
        },
    )

    assert evaluate(condition, least, now, zone) == evaluate(condition, whole, now, zone)


@given(cases(), st.data())
def test_the_facts_given_decide_the_verdict_alone(case, data):
    tree, past, now, zone = case
    condition = CONDITION.validate_python(tree)
    verdict = evaluate(condition, view_of(past), now, zone)
    decisive = {(fact.about, fact.name) for fact in verdict.because}

    other = data.draw(pasts(now.astimezone(zone).date()))
    mixed = Past(
        traits={
            name: (past if ("trait", name) in decisive else other).traits.get(name)
            for name in TRAITS
        },
        events=tuple(
            happened
            for name in EVENTS
            for happened in (past if ("event", name) in decisive else other).events
            if happened[0] == name
        ),
    )

    assert len(verdict.because) < MAX_FACTS
    assert oracle(tree, mixed, now, zone) == verdict.matches


@given(traits)
def test_a_trait_never_makes_a_verdict_change_by_itself(known):
    condition = CONDITION.validate_python({"type": "trait", "trait": "city", "operator": "exists"})

    verdict = evaluate(condition, View(known, {}), datetime(2026, 11, 22, tzinfo=UTC), SHANGHAI)

    assert verdict.changes_at is None


def test_thirty_days_without_a_visit_become_true_at_a_midnight_of_the_workspace():
    condition = CONDITION.validate_python(
        {"type": "event", "event": "page", "comparison": "exactly", "times": 0, "within_days": 30}
    )
    view = View({}, {"page": {date(2026, 11, 22): 3}})
    # 00:30 on the 22nd in Shanghai is still the 21st in UTC.
    now = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)

    verdict = evaluate(condition, view, now, SHANGHAI)

    assert not verdict.matches
    assert verdict.changes_at == datetime(2026, 12, 22, tzinfo=SHANGHAI)
    assert [fact.to_json() for fact in verdict.because] == [
        {"about": "event", "name": "page", "value": 3, "holds": False, "within_days": 30}
    ]


def test_an_event_of_tomorrow_counts_from_tomorrow_on():
    condition = CONDITION.validate_python({"type": "event", "event": "page", "within_days": 1})
    view = View({}, {"page": {date(2026, 11, 23): 1}})

    verdict = evaluate(condition, view, datetime(2026, 11, 22, 12, tzinfo=UTC), ZoneInfo("UTC"))

    assert not verdict.matches
    assert verdict.changes_at == datetime(2026, 11, 23, tzinfo=UTC)


def test_a_day_at_the_end_of_the_calendar_does_no_harm():
    condition = CONDITION.validate_python(
        {"type": "event", "event": "page", "comparison": "exactly", "within_days": 730}
    )
    view = View({}, {"page": {date.max: 1, date.min: 1}})

    verdict = evaluate(condition, view, datetime(2026, 11, 22, tzinfo=UTC), ZoneInfo("UTC"))

    assert not verdict.matches
    assert verdict.changes_at is None


def test_facts_are_small_whatever_the_profile_holds():
    condition = CONDITION.validate_python(
        {
            "type": "all",
            "conditions": [
                {"type": "trait", "trait": f"t{n}", "operator": "exists"} for n in range(40)
            ],
        }
    )
    view = View({f"t{n}": ["x" * 9_999] if n % 2 else "x" * 9_999 for n in range(40)}, {})

    because = evaluate(condition, view, datetime(2026, 11, 22, tzinfo=UTC), SHANGHAI).because

    assert len(because) == MAX_FACTS
    assert because[0].value == "x" * 100
    assert because[1].to_json() == {"about": "trait", "name": "t1", "holds": True}


@pytest.mark.parametrize("holds", [True, False])
def test_of_a_group_only_the_parts_that_agree_with_it_are_given_as_facts(holds):
    condition = CONDITION.validate_python(
        {
            "type": "any" if holds else "all",
            "conditions": [
                {"type": "trait", "trait": "a", "operator": "exists"},
                {"type": "trait", "trait": "b", "operator": "exists"},
            ],
        }
    )
    view = View({"a": 1}, {})

    verdict = evaluate(condition, view, datetime(2026, 11, 22, tzinfo=UTC), SHANGHAI)

    assert verdict.matches is holds
    assert [fact.name for fact in verdict.because] == ["a" if holds else "b"]
