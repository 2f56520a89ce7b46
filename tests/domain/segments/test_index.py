from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.index import index_segments
from shared.domain.segments.references import references
from tests.domain.segments.conditions import EVENTS, TRAITS, conditions, properties, trait_values
from tests.domain.segments.histories import Happening, view_of
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def index_of(**trees):
    return index_segments({name: CONDITION.validate_python(tree) for name, tree in trees.items()})


def test_an_event_finds_the_conditions_that_refer_to_it_however_deep():
    page = {"type": "event", "event": "page"}
    city = {"type": "trait", "trait": "city", "operator": "exists"}
    rare = {"type": "amount", "aggregate": "sum", "event": "order", "property": "revenue"}
    index = index_of(
        visitors={"type": "not", "condition": {"type": "any", "conditions": [page]}},
        known={"type": "all", "conditions": [city, page]},
        locals=city,
        spenders={
            **rare,
            "comparison": "at_least",
            "value": 100,
            "window": {"type": "after", "anchor": {"event": "signup"}, "seconds": 60},
        },
        asleep={"type": "activity", "about": "silence_days", "comparison": "at_least", "value": 9},
    )

    assert index.touched_by(["page"], []) == {"visitors", "known", "asleep"}
    assert index.touched_by([], ["city", "age"]) == {"known", "locals"}
    assert index.touched_by(["signup"], []) == {"spenders", "asleep"}
    assert index.touched_by(["order"], []) == {"spenders", "asleep"}
    assert index.touched_by(["nothing"], []) == {"asleep"}
    assert index.touched_by([], []) == frozenset()


def judged(condition, history, now, zone):
    return evaluate(condition, view_of(history, references(condition), now, zone), now, zone)


@given(cases(), st.sampled_from(EVENTS), properties)
def test_an_event_that_touches_no_condition_changes_no_verdict(case, name, values):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)

    if not index_segments({"one": condition}).touched_by([name], []):
        more = (*history, Happening(now, name, values, message_id="more"))
        assert judged(condition, more, now, zone) == judged(condition, history, now, zone)


@given(cases(), st.sampled_from(TRAITS), trait_values)
def test_a_trait_that_touches_no_condition_changes_no_verdict(case, trait, value):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)

    if not index_segments({"one": condition}).touched_by([], [trait]):
        view = view_of(history, references(condition), now, zone)
        other = replace(view, traits={**view.traits, trait: value})
        assert evaluate(condition, other, now, zone) == evaluate(condition, view, now, zone)


@given(st.lists(conditions, max_size=4))
def test_every_reference_leads_back_to_its_condition(trees):
    index = index_of(**{f"s{n}": tree for n, tree in enumerate(trees)})

    for name, parts in index.references.items():
        assert all(name in index.by_event[event] for event in parts.event_names)
        assert all(name in index.by_trait[trait] for trait in parts.traits)
        assert (name in index.activity) == parts.activity
