"""The evaluator's verdicts, facts and turns, of people who stand on every edge."""

from datetime import timedelta

import pytest
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.references import references
from tests.domain.segments.histories import view_of
from tests.domain.segments.oracle import Reading
from tests.domain.segments.test_evaluate import assert_shows
from tests.domain.segments_edges.crowd import AT, LEAVES, MILLISECOND, ZONE, crowd

READ = TypeAdapter(Condition)
# What has yet to happen makes the evaluator look again early.
PEOPLE = [[each for each in past if each.at <= AT] for past in crowd().values()]


@pytest.mark.slow
@pytest.mark.parametrize("kind", LEAVES)
def test_each_kind_of_leaf(kind):
    """Each leaf for every third person, another third for the next leaf."""
    turned = 0
    for n, data in enumerate(LEAVES[kind]):
        condition = READ.validate_python(data)
        needed = references(condition)
        for past in PEOPLE[n % 3 :: 3]:
            view = view_of(past, needed, AT, ZONE)
            verdict = evaluate(condition, view, AT, ZONE)
            reading = Reading(past, AT, ZONE)
            assert verdict.matches == reading.holds(data), (data, past)
            (fact,) = verdict.because
            assert_shows(fact, data, reading)
            at = verdict.changes_at
            if at is not None and at < AT + timedelta(days=399):
                assert Reading(past, at, ZONE).holds(data) != verdict.matches, (data, past, at)
                before = Reading(past, at - MILLISECOND, ZONE)
                assert before.holds(data) == verdict.matches, (data, past, at)
                turned += 1
    assert turned or kind in ("filters", "traits")
