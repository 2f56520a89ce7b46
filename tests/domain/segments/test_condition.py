import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError

from shared.domain.segments.condition import MAX_DEPTH, MAX_NODES, Condition, Segment, nodes
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
