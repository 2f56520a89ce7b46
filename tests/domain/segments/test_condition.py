import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from shared.domain.segments.condition import (
    MAX_DEPTH,
    MAX_NODES,
    OPERATORS,
    Condition,
    Segment,
    nodes,
)
from tests.domain.segments.conditions import conditions

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
LEAF = {"type": "event", "event": "page"}


def nested(levels):
    tree = LEAF
    for _ in range(levels - 1):
        tree = {"type": "not", "condition": tree}
    return tree


def mistakes(data):
    with pytest.raises(ValidationError) as caught:
        CONDITION.validate_python(data)
    return caught.value.errors()


@given(conditions)
def test_a_condition_survives_the_way_through_the_catalog(data):
    condition = CONDITION.validate_python(data)

    assert CONDITION.validate_json(CONDITION.dump_json(condition)) == condition


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("equals", None),
        ("equals", ["a"]),
        ("contains", None),
        ("one_of", "a"),
        ("one_of", []),
        ("exists", True),
        ("not_exists", "a"),
        ("greater", None),
        ("greater", True),
        ("less_or_equal", [1]),
        ("equals", float("nan")),
        ("equals", float("inf")),
        ("equals", {"a": 1}),
        ("equals", "x" * 1_001),
        ("one_of", ["x"] * 51),
        ("is", 1),
    ],
)
def test_a_value_that_does_not_fit_its_operator_is_refused(operator, value):
    condition = {"type": "trait", "trait": "city", "operator": operator, "value": value}

    assert mistakes(condition)


@pytest.mark.parametrize(
    "change",
    [
        {"within_days": 0},
        {"within_days": 731},
        {"times": -1},
        {"event": ""},
        {"comparison": "more"},
        {"unknown": 1},
    ],
)
def test_a_number_or_word_outside_its_range_is_refused(change):
    assert mistakes({**LEAF, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, ""),
        ({"from_days": 7, "to_days": 7}, ""),
        ({"from_days": 8, "to_days": 7}, "from_days is after to_days"),
        ({"repeats": "yearly", "from_days": -31, "to_days": 31}, ""),
        ({"repeats": "yearly", "from_days": -32}, "at most 31 days"),
        ({"repeats": "yearly", "to_days": 32}, "at most 31 days"),
        ({"from_days": -32, "to_days": 32}, ""),
        ({"repeats": "yearly", "calendar": "lunar"}, ""),
        ({"calendar": "lunar"}, "needs repeats: yearly"),
    ],
)
def test_days_around_a_date_have_an_order_and_anniversaries_a_limit(change, message):
    source = {"type": "trait", "trait": "born"}
    leaf = {"type": "date", "source": source, "from_days": 0, "to_days": 0}

    if not message:
        assert CONDITION.validate_python({**leaf, **change})
    else:
        assert message in mistakes({**leaf, **change})[0]["msg"]


def test_a_mistake_points_at_its_node():
    tree = {"type": "all", "conditions": [LEAF, {**LEAF, "within_days": 0}]}

    (mistake,) = mistakes(tree)

    assert mistake["loc"] == ("all", "conditions", 1, "event", "within_days")


def test_a_tree_may_be_as_deep_as_the_limit_and_no_deeper():
    assert CONDITION.validate_python(nested(MAX_DEPTH))

    (mistake,) = mistakes({"type": "any", "conditions": [LEAF, nested(MAX_DEPTH)]})

    path = "conditions[1]" + ".condition" * (MAX_DEPTH - 1)
    assert mistake["msg"] == f"Value error, {path}: nested deeper than {MAX_DEPTH} levels"


@pytest.mark.parametrize("levels", [100, 250, 2_000])
def test_a_tree_of_absurd_depth_is_refused_and_does_no_harm(levels):
    assert mistakes(nested(levels))


def test_a_tree_may_have_as_many_nodes_as_the_limit_and_no_more():
    groups = [{"type": "all", "conditions": [LEAF] * size} for size in (49, 49, 49, 45)]
    full = {"type": "any", "conditions": [*groups, LEAF, LEAF, LEAF]}
    assert len(list(nodes(CONDITION.validate_python(full)))) == MAX_NODES

    (mistake,) = mistakes({"type": "any", "conditions": [*full["conditions"], LEAF]})

    assert mistake["msg"].endswith(f"more than {MAX_NODES} conditions in one tree")


@pytest.mark.parametrize("kind", ["all", "any"])
@pytest.mark.parametrize("parts", [0, 51])
def test_a_group_has_one_part_at_least_and_fifty_at_most(kind, parts):
    assert mistakes({"type": kind, "conditions": [LEAF] * parts})


@pytest.mark.parametrize("segment_id", ["", "Buyers", "1st", "a#b", "a" * 65, "买家"])
def test_a_segment_id_is_a_slug(segment_id):
    with pytest.raises(ValidationError):
        Segment.model_validate({"segment_id": segment_id, "title": "t", "condition": LEAF})


def test_nodes_are_listed_from_the_top_with_their_paths():
    tree = {"type": "all", "conditions": [nested(2), {"type": "any", "conditions": [LEAF]}]}

    listed = [(path, depth) for path, depth, _ in nodes(CONDITION.validate_python(tree))]

    assert listed == [
        ("", 1),
        ("conditions[0]", 2),
        ("conditions[0].condition", 3),
        ("conditions[1]", 2),
        ("conditions[1].conditions[0]", 3),
    ]


FITTING = {
    "equals": ("a", 1, True),
    "not_equals": ("", 0.5, False),
    "contains": ("a", 1, True),
    "one_of": (["a"], [1, True]),
    "contains_any": (["a"],),
    "contains_all": (["a", 2],),
    "exists": (None,),
    "not_exists": (None,),
    "greater": ("a", 1, 0.5),
    "greater_or_equal": ("", 0),
    "less": ("a", 1),
    "less_or_equal": ("a", -1),
    "matches": ("^a",),
}
PROBLEMS = {
    "takes one value": (["equals", "not_equals", "contains"], [None, ["a"]]),
    "takes a list of values": (["one_of", "contains_any", "contains_all"], [None, "a", 1, []]),
    "takes no value": (["exists", "not_exists"], ["a", 0, False, ["a"]]),
    "takes one number or one text": (
        ["greater", "greater_or_equal", "less", "less_or_equal"], [None, True, ["a"]],
    ),
    "takes an RE2 pattern": (["matches"], [None, 1, True, ["a"]]),
}  # fmt: skip


@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_takes_what_fits_it(operator):
    for value in FITTING[operator]:
        test = CONDITION.validate_python(
            {"type": "trait", "trait": "city", "operator": operator, "value": value}
        )
        assert test.value == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize("problem", PROBLEMS)
def test_what_does_not_fit_is_told_in_words_of_the_operator(problem):
    operators, values = PROBLEMS[problem]
    for operator in operators:
        for value in values:
            (mistake,) = mistakes(
                {"type": "trait", "trait": "city", "operator": operator, "value": value}
            )
            assert mistake["msg"] == f"Value error, {operator} {problem}"


@pytest.mark.parametrize(
    ("leaf", "problem"),
    [
        ({**LEAF, "within_days": 3, "window": {"type": "rolling", "seconds": 3}},
         "either within_days or window, not both"),
        ({**LEAF, "window": {"type": "between", "first_day": "2026-01-02",
                             "last_day": "2026-01-01"}},
         "first_day is after last_day"),
        ({**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
          "comparison": "at_least", "value": 1},
         "distinct needs within_days of at most 92, or seconds"),
        ({**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
          "comparison": "at_least", "value": 1, "within_days": 93},
         "distinct needs within_days of at most 92, or seconds"),
        ({**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
          "comparison": "at_least", "value": 1,
          "window": {"type": "between", "first_day": "2026-01-01", "last_day": "2026-01-01"}},
         "distinct needs within_days of at most 92, or seconds"),
        ({**LEAF, "type": "trend", "direction": "rising", "periods": 1, "unit": "week",
          "aggregate": "sum"},
         "a property for aggregate sum, and for nothing else"),
        ({**LEAF, "type": "trend", "direction": "rising", "periods": 1, "unit": "week",
          "property": "price"},
         "a property for aggregate sum, and for nothing else"),
        ({"type": "at_least", "count": 2, "conditions": [LEAF]},
         "count is greater than the number of conditions"),
    ],
)  # fmt: skip
def test_parts_that_do_not_go_together_are_told(leaf, problem):
    (mistake,) = mistakes(leaf)
    assert mistake["msg"] == f"Value error, {problem}"


@pytest.mark.parametrize(
    "leaf",
    [
        {**LEAF, "within_days": 3},
        {**LEAF, "window": {"type": "between", "first_day": "2026-01-01",
                            "last_day": "2026-01-01"}},
        {**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
         "comparison": "at_least", "value": 1, "within_days": 92},
        {**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
         "comparison": "at_least", "value": 1, "window": {"type": "rolling", "seconds": 9}},
        {**LEAF, "type": "amount", "aggregate": "distinct", "property": "sku",
         "comparison": "at_least", "value": 1,
         "window": {"type": "after", "seconds": 9, "anchor": {"event": "x"}}},
        {**LEAF, "type": "amount", "aggregate": "sum", "property": "sku",
         "comparison": "at_least", "value": 1, "within_days": 700},
        {**LEAF, "type": "trend", "direction": "rising", "periods": 1, "unit": "week",
         "aggregate": "sum", "property": "price"},
        {"type": "at_least", "count": 1, "conditions": [LEAF]},
    ],
)  # fmt: skip
def test_parts_that_go_together_are_taken(leaf):
    assert CONDITION.validate_python(leaf).type == leaf["type"]


def test_a_pattern_that_re2_does_not_know_is_refused():
    leaf = {"type": "trait", "trait": "city", "operator": "matches"}
    assert CONDITION.validate_python({**leaf, "value": "a|b"})
    assert mistakes({**leaf, "value": "(a"})
    assert mistakes({**leaf, "value": r"(a)\1"})


def test_the_first_of_too_many_nodes_is_the_one_that_is_named():
    groups = [{"type": "all", "conditions": [LEAF] * size} for size in (49, 49, 49, 49)]
    (mistake,) = mistakes({"type": "any", "conditions": groups})
    path = "conditions[3].conditions[48]"
    assert mistake["msg"] == f"Value error, {path}: more than {MAX_NODES} conditions in one tree"
