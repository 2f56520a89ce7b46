from hypothesis import given
from hypothesis import strategies as st

from shared.domain.segments.condition import Segment
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.index import index_segments
from tests.domain.segments.oracle import Past
from tests.domain.segments.strategies import (
    EVENTS,
    TRAITS,
    cases,
    conditions,
    trait_values,
    view_of,
)


def segment(segment_id, condition):
    return Segment(segment_id=segment_id, title="t", condition=condition)


def test_an_event_finds_the_segments_that_refer_to_it_however_deep():
    page = {"type": "event", "event": "page"}
    city = {"type": "trait", "trait": "city", "operator": "exists"}
    index = index_segments(
        [
            segment(
                "visitors", {"type": "not", "condition": {"type": "any", "conditions": [page]}}
            ),
            segment("known", {"type": "all", "conditions": [city, page]}),
            segment("locals", city),
        ]
    )

    assert index.touched_by(["page"], []) == {"visitors", "known"}
    assert index.touched_by([], ["city", "age"]) == {"known", "locals"}
    assert index.touched_by(["order"], []) == frozenset()


@given(cases(), st.sampled_from(EVENTS))
def test_an_event_that_touches_no_segment_changes_no_verdict(case, event):
    data, past, now, zone = case
    one = segment("one", data)
    happened = (event, now.astimezone(zone).date())

    if not index_segments([one]).touched_by([event], []):
        before = evaluate(one.condition, view_of(past), now, zone)
        more = Past(past.traits, (*past.events, happened))
        assert evaluate(one.condition, view_of(more), now, zone) == before


@given(cases(), st.sampled_from(TRAITS), trait_values)
def test_a_trait_that_touches_no_segment_changes_no_verdict(case, trait, value):
    data, past, now, zone = case
    one = segment("one", data)

    if not index_segments([one]).touched_by([], [trait]):
        before = evaluate(one.condition, view_of(past), now, zone)
        other = Past({**past.traits, trait: value}, past.events)
        assert evaluate(one.condition, view_of(other), now, zone) == before


@given(st.lists(conditions, max_size=4))
def test_every_reference_leads_back_to_its_segment(trees):
    index = index_segments(segment(f"s{n}", tree) for n, tree in enumerate(trees))

    for segment_id, parts in index.references.items():
        assert all(segment_id in index.by_event[event] for event in parts.events)
        assert all(segment_id in index.by_trait[trait] for trait in parts.traits)
