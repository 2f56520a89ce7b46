"""What is called impossible never is: nobody among all whom the other tests draw matches it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.domain.segments.condition import Condition, NotCondition
from shared.domain.segments.contradiction import Prover
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.expand import Definitions, expand
from shared.domain.segments.references import references
from tests.domain.segments.conditions import conditions
from tests.domain.segments.histories import view_of
from tests.domain.segments.naive_values import passes
from tests.domain.segments.strategies import cases

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def impossible(conditions):
    return Prover().impossible(conditions)


def implies(one, other):
    return Prover().implies(one, other)


def read(**data):
    return CONDITION.validate_python(data)


def trait(operator, value=None, name="city"):
    more = {} if value is None else {"value": value}
    return {"type": "trait", "trait": name, "operator": operator, **more}


def did(times=1, comparison="at_least", **more):
    return {"type": "event", "event": "paid", "comparison": comparison, "times": times, **more}


def active(comparison, value, about="silence_days"):
    return {"type": "activity", "about": about, "comparison": comparison, "value": value}


def every(*conditions):
    return {"type": "all", "conditions": list(conditions)}


def either(*conditions):
    return {"type": "any", "conditions": list(conditions)}


def no(condition):
    return {"type": "not", "condition": condition}


@given(cases(conditions))
def test_whoever_matches_shows_that_it_is_possible(case):
    data, history, now, zone = case
    condition = CONDITION.validate_python(data)
    view = view_of(history, references(condition), now, zone)
    if evaluate(condition, view, now, zone).matches:
        assert not impossible([condition])
    else:
        assert not impossible([NotCondition(condition=condition)])


SCALARS = st.sampled_from(
    [None, True, False, 0, 1, 1.5, 2, "", "a", "ab", "b", "1", ["a"], [1, "b"], []]
)
TESTS = st.one_of(
    st.tuples(
        st.sampled_from(["equals", "not_equals", "contains"]),
        st.sampled_from([True, 1, 1.5, "a", "ab", "b"]),
    ),
    st.tuples(
        st.sampled_from(["greater", "greater_or_equal", "less", "less_or_equal"]),
        st.sampled_from([1, 1.5, 2, "a", "ab", "b"]),
    ),
    st.tuples(
        st.sampled_from(["one_of", "contains_any", "contains_all"]),
        st.lists(st.sampled_from([True, 1, "a", "b"]), min_size=1, max_size=2),
    ),
    st.tuples(st.just("matches"), st.sampled_from(["a", "^a", "b$"])),
    st.tuples(st.sampled_from(["exists", "not_exists"]), st.none()),
)  # fmt: skip


@given(st.lists(st.tuples(TESTS, st.booleans()), min_size=1, max_size=4), SCALARS)
def test_a_value_that_passes_shows_that_tests_agree(tests, value):
    wanted = [trait(*test) if holds else no(trait(*test)) for test, holds in tests]
    naive = all(
        passes({"operator": operator, "value": named}, value) == holds
        for (operator, named), holds in tests
    )
    if naive:
        assert not impossible([CONDITION.validate_python(one) for one in wanted])


@pytest.mark.parametrize(
    "condition",
    [
        every(trait("equals", "Bern"), trait("equals", "Rom")),
        every(trait("equals", "Bern"), trait("not_exists")),
        every(trait("greater", 3), trait("less", 3)),
        every(trait("greater", 3), trait("less", "a")),
        every(trait("less", ""), trait("exists")),
        every(trait("one_of", ["a", "b"]), trait("not_equals", "a"), trait("not_equals", "b")),
        every(trait("equals", "abc"), trait("contains", "x")),
        every(trait("contains_all", ["a", "b"]), no(trait("contains", "a"))),
        every(trait("matches", "a"), trait("contains_any", ["a"])),
        every(trait("exists"), no(trait("exists"))),
        every(did(2), did(1, "at_most")),
        every(did(1, within_days=7), did(0, "at_most", within_days=30)),
        every(did(1, within_days=7), did(0, "exactly")),
        every(did(5, within_days=3), did(4, "at_most", within_days=4)),
        every(did(1, where=[{"property": "value", "operator": "exists"}]), did(0, "at_most")),
        every(did(2), did(3, "at_most"), no(did(2, "exactly")), no(did(3, "exactly"))),
        every(active("at_least", 30), active("less_than", 14)),
        active("less_than", 0, "events"),
        every(either(trait("equals", 1), trait("equals", 2)), trait("greater", 2)),
        {
            "type": "at_least",
            "count": 2,
            "conditions": [trait("equals", "a"), trait("equals", "b"), trait("equals", "c")],
        },
        no(either(trait("exists"), trait("not_exists"))),
    ],
)
def test_contradictions_are_found(condition):
    assert impossible([CONDITION.validate_python(condition)])


@pytest.mark.parametrize(
    "condition",
    [
        every(trait("equals", 1), no(trait("equals", True))),
        every(trait("greater", 3), trait("less", 4)),
        every(trait("greater", "a"), trait("less", "a\x01")),
        every(did(1, within_days=30), did(0, "at_most", within_days=7)),
        every(did(1), did(0, "at_most", where=[{"property": "value", "operator": "exists"}])),
        every(active("at_least", 14), active("less_than", 30)),
        every(trait("contains", "a"), trait("contains", "b")),
        every(trait("matches", "^b"), trait("greater", "a"), trait("less", "c")),
    ],
)
def test_what_can_be_is_not_called_impossible(condition):
    assert not impossible([CONDITION.validate_python(condition)])


def test_stages_exclude_one_another_and_together_are_everybody():
    known = Definitions({}, {}, DEFAULT_LIFECYCLE)
    stages = {
        stage: expand(read(type="lifecycle", stages=[stage]), known)
        for stage in DEFAULT_LIFECYCLE.names
    }
    for one, condition in stages.items():
        assert not impossible([condition])
        for other in stages.keys() - {one}:
            assert impossible([condition, stages[other]])
    assert impossible([NotCondition(condition=each) for each in stages.values()])


def test_the_wider_one_is_implied():
    assert implies(read(**did(3, within_days=7)), read(**did(1)))
    assert not implies(read(**did(1)), read(**did(3, within_days=7)))


def test_what_takes_too_long_is_not_called_impossible():
    parts = [
        either(*(trait("equals", f"{n} {m}", name=f"t{n}") for m in range(4))) for n in range(12)
    ]
    never = [trait("matches", "x", name="far"), no(trait("matches", "x", name="far"))]
    spread = either(every(*parts, *never), every(*parts, never[0]))
    assert not impossible([CONDITION.validate_python(spread)])


def test_once_the_allowance_is_spent_nothing_is_proven():
    both = [CONDITION.validate_python(one) for one in (trait("exists"), trait("not_exists"))]
    assert Prover(10).impossible(both)
    assert not Prover(0).impossible(both)
