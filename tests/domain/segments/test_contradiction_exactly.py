"""Where all that could be is tried, impossible is what nothing passes, and nothing else."""

from itertools import product

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.segments.condition import Condition
from shared.domain.segments.contradiction import Prover
from tests.domain.segments.groups import groups
from tests.domain.segments.naive_values import compares, passes

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def impossible(*wanted):
    """Whether it is certain that leaves, each with how it has to come out, never come out so."""
    return Prover().impossible(
        CONDITION.validate_python(leaf if holds else {"type": "not", "condition": leaf})
        for leaf, holds in wanted
    )


def agreed(wanted, candidates, passing):
    """Whether one of the candidates comes out as it has to everywhere."""
    found = any(all(passing(leaf, each) == holds for leaf, holds in wanted) for each in candidates)
    event(f"possible: {found}")
    return found


# --- values -------------------------------------------------------------------------------------

NUMBERS, TEXTS = (1, 1.5, 2), ("a", "ab", "b")
VALUES = [
    *(None, True, False, [], ["x"], -9, 9, *NUMBERS, *(n - 0.25 for n in NUMBERS), 2.25),
    *("", "zz", *TEXTS, *(f"{text}\x00" for text in TEXTS)),
]
_scalars = st.sampled_from([True, *NUMBERS, *TEXTS])


def trait_tests(operators, values):
    return st.builds(
        lambda operator, value: {"operator": operator, "value": value},
        st.sampled_from(operators),
        values,
    )


PLAIN = st.one_of(
    trait_tests(["equals", "not_equals"], _scalars),
    trait_tests(["greater", "greater_or_equal", "less", "less_or_equal"],
                st.sampled_from([*NUMBERS, *TEXTS])),
    trait_tests(["one_of"], st.lists(_scalars, min_size=1, max_size=3)),
    trait_tests(["exists", "not_exists"], st.none()),
)  # fmt: skip


def of_trait(test):
    return {"type": "trait", "trait": "t", **test}


def of_value(test):
    return {"type": "value", "event": "page", "which": "last", "test": {**test, "property": "p"}}


def of_favourite(test):
    return {
        "type": "favourite", "event": "page", "within_days": 3,
        "test": {**test, "property": "p"},
    }  # fmt: skip


@settings(max_examples=120)
@given(
    st.lists(st.tuples(PLAIN, st.booleans()), min_size=1, max_size=4),
    st.sampled_from([of_trait, of_value, of_favourite]),
)
def test_of_values(tests, of):
    wanted = [(of(test), holds) for test, holds in tests]
    assert impossible(*wanted) != agreed(tests, VALUES, passes)


ELEMENTS = (True, 1, "a", "b")
LISTS = [
    [each for each, there in zip(ELEMENTS, chosen, strict=True) if there]
    for chosen in product((False, True), repeat=len(ELEMENTS))
]
_elements = st.lists(st.sampled_from(ELEMENTS), min_size=1, max_size=2)
OF_LISTS = st.one_of(
    st.tuples(trait_tests(["contains_all"], _elements), st.booleans()),
    st.tuples(trait_tests(["contains"], st.sampled_from(ELEMENTS)), st.booleans()),
    st.tuples(trait_tests(["contains_any"], _elements), st.just(False)),
    st.tuples(trait_tests(["equals", "not_equals"], st.sampled_from(ELEMENTS)), st.booleans()),
)


@settings(max_examples=80)
@given(_elements, st.lists(OF_LISTS, max_size=3))
def test_of_lists_that_have_all_of_something(having, tests):
    tests = [({"operator": "contains_all", "value": having}, True), *tests]
    wanted = [(of_trait(test), holds) for test, holds in tests]
    assert impossible(*wanted) != agreed(tests, LISTS, passes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": "trait", "trait": "other"}, {"type": "trait", "trait": "t"}),
        (
            {"type": "value", "event": "page", "which": "first"},
            {"type": "value", "event": "page", "which": "last"},
        ),
        (
            {"type": "value", "event": "page", "which": "last"},
            {"type": "value", "event": "cart", "which": "last"},
        ),
        (
            {"type": "favourite", "event": "page", "within_days": 3},
            {"type": "favourite", "event": "page", "within_days": 4},
        ),
        (
            {"type": "favourite", "event": "page", "within_days": 3},
            {"type": "value", "event": "page", "which": "last", "within_days": 3},
        ),
    ],
)
def test_values_of_different_things_do_not_contradict_one_another(one, other):
    def test_of(leaf, value):
        test = {"operator": "equals", "value": value}
        return {**leaf, **test} if "trait" in leaf else {**leaf, "test": {**test, "property": "p"}}

    assert not impossible((test_of(one, 1), True), (test_of(other, 2), True))
    assert impossible((test_of(one, 1), True), (test_of(one, 2), True))


def test_two_properties_of_one_event_do_not_contradict_one_another():
    test = {"operator": "equals", "value": 1}
    one = {**of_value(test), "test": {**test, "property": "q"}}
    assert not impossible((of_value({"operator": "equals", "value": 2}), True), (one, True))


# --- numbers ------------------------------------------------------------------------------------

QUARTERS = [None, *(n / 4 for n in range(-12, 33))]
_holding = st.booleans()


def number_tests(make, comparisons, values):
    one = st.builds(
        lambda comparison, value: {**make, "comparison": comparison, "value": value},
        st.sampled_from(comparisons),
        st.sampled_from(values),
    )
    return st.lists(st.tuples(one, _holding), min_size=1, max_size=4)


AMOUNTS = ["at_least", "at_most", "more_than", "less_than", "exactly"]
AMOUNT = {"type": "amount", "event": "page", "property": "price", "aggregate": "maximum"}
RATIO = {"type": "ratio", "whole": {"event": "page"}}


@settings(max_examples=80)
@given(
    st.one_of(
        number_tests(AMOUNT, AMOUNTS, [-1, 0, 0.5, 1, 2, 3]),
        number_tests(RATIO, AMOUNTS, [0.5, 1, 2]),
    )
)
def test_of_amounts(wanted):
    def passing(leaf, number):
        return number is not None and compares(leaf["comparison"], number, leaf["value"])

    assert impossible(*wanted) != agreed(wanted, QUARTERS, passing)


@settings(max_examples=80)
@given(
    st.sampled_from(["silence_days", "age_days"]).flatmap(
        lambda about: number_tests(
            {"type": "activity", "about": about}, ["at_least", "less_than"], [0, 1, 2, 5]
        )
    )
)
def test_of_silence_and_age_which_are_never_less_than_nothing(wanted):
    def passing(leaf, days):
        return days is not None and (days >= leaf["value"]) == (leaf["comparison"] == "at_least")

    days = [each for each in QUARTERS if each is None or each >= 0]
    assert impossible(*wanted) != agreed(wanted, days, passing)


def test_amounts_of_different_things_do_not_contradict_one_another():
    large, small = ({"comparison": "at_least", "value": 5}, {"comparison": "at_most", "value": 1})
    for change in (
        {"aggregate": "minimum"}, {"property": "weight"}, {"event": "cart"}, {"within_days": 3},
    ):  # fmt: skip
        assert not impossible(({**AMOUNT, **large}, True), ({**AMOUNT, **change, **small}, True))
    silent = {"type": "activity", "comparison": "at_least", "value": 5, "about": "silence_days"}
    young = {**silent, "about": "age_days", "comparison": "less_than"}
    assert not impossible((silent, True), (young, True))


# --- counts -------------------------------------------------------------------------------------


def rolling(seconds):
    return {"window": {"type": "rolling", "seconds": seconds}}


def between(first, last):
    days = {"first_day": f"2026-01-{first:02}", "last_day": f"2026-01-{last:02}"}
    return {"window": {"type": "between", **days}}


EVER = ({}, set(range(1, 10)))
WINDOWS = [
    [EVER, *(({"within_days": n}, set(range(1, n + 1))) for n in (2, 5))],
    [EVER, *((rolling(n), set(range(1, n + 1))) for n in (2, 5))],
    [EVER, *((between(a, b), set(range(a, b + 1))) for a, b in ((2, 5), (3, 5), (2, 3), (3, 8)))],
]
FILTERS = [{"property": name, "operator": "exists"} for name in "fg"]


@st.composite
def counted(draw):
    """Two kinds of events as data, each with all the single events that it counts."""
    windows = draw(st.sampled_from(WINDOWS))
    found = []
    for _ in range(2):
        window, times = draw(st.sampled_from(windows))
        asked = draw(st.sets(st.sampled_from([0, 1])))
        single = {
            (time, have) for time in times for have in (0, 1, 2, 3)
            if all(have >> each & 1 for each in asked)
        }  # fmt: skip
        leaf = {"type": "event", "event": "page", "where": [FILTERS[each] for each in asked]}
        found.append(({**leaf, **window}, single))
    return found


COMPARED = st.one_of(
    st.tuples(st.sampled_from(["at_least", "at_most"]), st.integers(0, 4), st.booleans()),
    st.tuples(st.just("exactly"), st.integers(0, 4), st.just(True)),
)


@settings(max_examples=120)
@given(counted(), st.lists(st.tuples(st.integers(0, 1), COMPARED), min_size=1, max_size=4))
def test_of_counts_in_windows_that_lie_within_one_another(kinds, tests):
    ones, others = (single for _, single in kinds)
    wanted = [
        ({**kinds[which][0], "comparison": comparison, "times": times}, holds)
        for which, (comparison, times, holds) in tests
    ]
    pairs = [
        pair for pair in product(range(8), repeat=2)
        if (not ones <= others or pair[0] <= pair[1]) and (not others <= ones or pair[0] >= pair[1])
    ]  # fmt: skip
    found = any(
        all(compares(how, pair[which], times) == holds for which, (how, times, holds) in tests)
        for pair in pairs
    )
    event(f"possible: {found}, nested: {ones <= others or others <= ones}")
    assert impossible(*wanted) != found


@given(
    st.lists(
        st.tuples(st.sampled_from(["at_least", "at_most", "exactly"]), st.integers(0, 4),
                  st.booleans()),
        min_size=1, max_size=6,
    )
)  # fmt: skip
def test_of_counts_some_of_which_are_excluded(tests):
    leaf = {"type": "event", "event": "page"}
    wanted = [
        ({**leaf, "comparison": comparison, "times": times}, holds)
        for comparison, times, holds in tests
    ]
    found = any(
        all(compares(how, count, times) == holds for how, times, holds in tests)
        for count in range(12)
    )
    assert impossible(*wanted) != found


# --- groups -------------------------------------------------------------------------------------

TRAITS = ("x", "y")
_leaves = st.builds(
    lambda name, test: {"type": "trait", "trait": name, **test},
    st.sampled_from(TRAITS),
    st.one_of(
        trait_tests(["equals", "greater", "less"], st.integers(1, 2)),
        trait_tests(["exists"], st.none()),
    ),
)


_trees = st.recursive(_leaves, groups, max_leaves=6)


def holds(node, known):
    if node["type"] == "not":
        return not holds(node["condition"], known)
    if node["type"] == "trait":
        return passes(node, known[node["trait"]])
    parts = [holds(part, known) for part in node["conditions"]]
    return sum(parts) >= ({"all": len(parts), "any": 1}.get(node["type"]) or node["count"])


@settings(max_examples=100)
@given(_trees, _trees)
def test_ofgroups_and_what_follows_from_what(one, other):
    everybody = [
        dict(zip(TRAITS, values, strict=True))
        for values in product((None, "a", 0, 1, 1.5, 2, 3), repeat=len(TRAITS))
    ]
    both = [known for known in everybody if holds(one, known) and holds(other, known)]
    event(f"possible: {bool(both)}")
    read = [CONDITION.validate_python(tree) for tree in (one, other)]
    assert Prover().impossible(read) == (not both)
    ones = [known for known in everybody if holds(one, known)]
    assert Prover().implies(*read) == (len(ones) == len(both))


def test_an_allowance_is_spent_on_all_proofs_of_a_prover():
    """Each test costs the square of how many there are of its subject: here 1 and 4."""
    read = CONDITION.validate_python
    both = [read({"type": "trait", "trait": "x", "operator": each})
            for each in ("exists", "not_exists")]  # fmt: skip
    assert Prover(5).impossible(both)
    assert not Prover(4).impossible(both)
    prover = Prover(14)
    assert [prover.impossible(both) for _ in range(4)] == [True, True, False, False]
    # What could not be proven has spent what was left, and nothing more.
    assert not prover.impossible(both[:1])


def test_each_choice_costs_what_there_is_to_choose_from_and_what_is_known():
    read = CONDITION.validate_python

    def at(name, value):
        return {"type": "trait", "trait": name, "operator": "equals", "value": value}

    either = read({"type": "any", "conditions": [at("x", 1), at("x", 2)]})
    never = [either, read(at("x", 3))]
    # 1 for the test, 2 for the choice; then 4 for each of both ways.
    assert Prover(11).impossible(never)
    assert not Prover(10).impossible(never)
