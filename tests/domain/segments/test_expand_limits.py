"""Where an expansion is refused: the place of each mistake, and limits to the last condition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    Node,
    NotCondition,
    nodes,
)
from shared.domain.segments.expand import (
    MAX_EXPANDED,
    MAX_EXPANDED_DEPTH,
    Definitions,
    ExpansionError,
    Named,
    expand,
)
from shared.domain.segments.first_match import Rule, first_match
from tests.domain.segments.written import NOTHING, VIP, of_kind, read, segment, tag
from tests.domain.tags.definitions import lifecycle, rule_tag


def no(condition: Any) -> dict[str, Any]:
    return {"type": "not", "condition": condition}


def refused(condition: Node, known: Definitions, within: Named | None = None) -> tuple[str, str]:
    """(where, what) of the mistake."""
    with pytest.raises(ExpansionError) as caught:
        expand(condition, known, within)
    assert caught.value.details == ((caught.value.where, caught.value.message),)
    return caught.value.where, caught.value.message


# --- places -------------------------------------------------------------------------------------

WRONG = tag("x")
LEVEL = rule_tag("level", [read(VIP), read(no(WRONG))], None)
STAGES = lifecycle([read(VIP), read({"type": "any", "conditions": [VIP, segment("x")]})])


@pytest.mark.parametrize(
    ("leaf", "message"),
    [
        (segment("a"), 'in segment "a", condition.tag_id: there is no tag "x"'),
        (segment("b"), 'in segment "a", condition.tag_id: there is no tag "x"'),
        (segment("c"), 'in segment "c", tag_id: there is no tag "x"'),
        (
            tag("level", operator="equals", value="silver"),
            'in tag "level", how.values[1].condition.condition.tag_id: there is no tag "x"',
        ),
        (
            {"type": "lifecycle", "stages": ["third"]},
            'in lifecycle, stages[1].condition.conditions[1].segment_id: there is no segment "x"',
        ),
    ],
)
def test_a_mistake_in_a_definition_stands_where_that_was_named(leaf: Any, message: str) -> None:
    known = Definitions(
        {
            "a": read(no(WRONG)),
            "b": read({"type": "any", "conditions": [VIP, segment("a")]}),
            "c": read(WRONG),
        },
        {"level": LEVEL},
        STAGES,
    )
    assert refused(read(leaf), known) == ("", message)
    nested = {"type": "all", "conditions": [VIP, no(leaf)]}
    assert refused(read(nested), known) == ("conditions[1].condition", message)


def test_a_definition_that_is_expanded_for_itself_is_told_by_its_own_paths() -> None:
    own = Named("segment", "a")
    assert refused(read(no(WRONG)), NOTHING, own) == ("condition.tag_id", 'there is no tag "x"')
    known = Definitions({"a": read(no(segment("b"))), "b": read(no(segment("a")))}, {})
    assert refused(read(no(segment("b"))), known, own) == (
        "condition",
        'in segment "b", condition: segment "a" leads back to itself: segment "a" → '
        'segment "b" → segment "a"',
    )


def test_a_circle_is_told_from_where_it_begins() -> None:
    known = Definitions(
        {"a": read(segment("b")), "b": read(no(segment("c"))), "c": read(segment("b"))}, {}
    )
    assert refused(read(segment("a")), known) == (
        "",
        'in segment "c": segment "b" leads back to itself: segment "b" → segment "c" → segment "b"',
    )


@pytest.mark.parametrize(
    ("test", "unknown"),
    [
        ({"operator": "equals", "value": "golld"}, '"golld"'),
        ({"operator": "not_equals", "value": "golld"}, '"golld"'),
        ({"operator": "one_of", "value": ["gold", "golld"]}, '"golld"'),
        ({"operator": "equals", "value": 1}, "1"),
        ({"operator": "equals", "value": "gold"}, None),
        ({"operator": "one_of", "value": ["gold", "none"]}, None),
        ({"operator": "contains", "value": "golld"}, None),
        ({"operator": "greater", "value": "golld"}, None),
        ({"operator": "exists"}, None),
    ],
)
def test_a_value_that_a_tag_never_has_is_a_slip(test: Any, unknown: str | None) -> None:
    known = Definitions(
        {},
        {
            "level": rule_tag("level", [read(VIP)], "none"),
            "hand": of_kind("hand", type="manual", values=[{"value": "gold", "title": "Gold"},
                                                          {"value": "none", "title": "None"}]),
            "free": of_kind("free", type="manual"),
        },
    )  # fmt: skip
    for name in ("level", "hand"):
        condition = read(no(tag(name, **test)))
        if unknown is None:
            expand(condition, known)
        else:
            assert refused(condition, known) == (
                "condition.value", f'the tag "{name}" has no value {unknown}',
            )  # fmt: skip
    expand(read(tag("free", **test)), known)


@pytest.mark.parametrize(
    ("leaf", "kind", "field"),
    [
        ({"type": "list", "list_id": "a"}, "lists", "list_id"),
        ({"type": "message", "outcome": "sent", "journey_id": "a"}, "journeys", "journey_id"),
        ({"type": "message", "outcome": "sent", "template_id": "a"}, "templates", "template_id"),
        ({"type": "journey", "outcome": "entered", "journey_id": "a"}, "journeys", "journey_id"),
    ],
)
def test_ids_are_taken_on_trust_or_have_to_be_known(leaf: Any, kind: str, field: str) -> None:
    condition = read(no(leaf))
    trusting = expand(condition, NOTHING)
    assert expand(condition, Definitions({}, {}, **{kind: ("a", "b")})) == trusting
    word = field.removesuffix("_id")
    assert refused(condition, Definitions({}, {}, **{kind: ("b",)})) == (
        f"condition.{field}",
        f'there is no {word} "a"',
    )


def test_a_message_of_any_journey_needs_none_to_be_known() -> None:
    known = Definitions({}, {}, lists=(), journeys=(), templates=())
    expand(read({"type": "message", "outcome": "sent"}), known)


# --- limits -------------------------------------------------------------------------------------

KINDS: list[dict[str, Any]] = [
    VIP,
    segment("both"),
    tag("level", operator="equals", value="silver"),
    tag("level", operator="not_exists"),
    tag("orders", operator="not_equals", value=3),
    tag("hand", operator="not_equals", value="gold"),
    {"type": "lifecycle", "stages": ["prospect"]},
    {"type": "lifecycle", "stages": ["lost", "loyal"]},
    {"type": "list", "list_id": "a"},
    {"type": "message", "outcome": "sent"},
    {"type": "journey", "outcome": "entered", "journey_id": "a"},
    {"type": "consent", "purpose": "marketing", "topic": "sale"},
    {"type": "reachable", "purpose": "marketing", "channel": "email"},
]
KNOWN = Definitions(
    {"both": read({"type": "at_least", "count": 1, "conditions": [VIP, no(VIP)]})},
    {
        "level": rule_tag("level", [read(VIP), read(no(VIP)), read(VIP)], "none"),
        "orders": of_kind(
            "orders", type="statistic", event="order", aggregate="average", property="price"
        ),
        "hand": of_kind("hand", type="manual"),
    },
    DEFAULT_LIFECYCLE,
)


def size(node: Node) -> int:
    return sum(1 for _ in nodes(node))


@pytest.mark.parametrize("leaf", KINDS, ids=lambda leaf: "-".join(map(str, leaf.values()))[:40])
def test_a_tree_may_come_to_so_many_conditions_and_not_to_one_more(leaf: Any) -> None:
    """As many of a leaf as there is room for, and the rest of what is a single condition."""
    single, groups = read(leaf), 20
    each = size(expand(single, KNOWN))
    room = MAX_EXPANDED - 1 - groups
    parts = [single] * (room // each) + [read(VIP)] * (room % each)
    for more in (0, 1):
        dealt = [(*parts, *[read(VIP)] * more)[n::groups] for n in range(groups)]
        tree = AnyCondition(conditions=tuple(AllCondition(conditions=part) for part in dealt))
        if more:
            where, message = refused(tree, KNOWN)
            assert message.endswith(f"more than {MAX_EXPANDED:,} conditions once expanded")
            assert where.startswith("conditions[")
        else:
            assert size(expand(tree, KNOWN)) == MAX_EXPANDED


@pytest.mark.parametrize("group", [NotCondition, AllCondition, AnyCondition])
def test_a_tree_may_be_so_deep_and_no_deeper(group: Any) -> None:
    node, path = read(VIP), ""
    for depth in range(2, MAX_EXPANDED_DEPTH + 2):
        path = "condition" + path if group is NotCondition else "conditions[0]" + path
        if depth > MAX_EXPANDED_DEPTH:
            message = f"nested deeper than {MAX_EXPANDED_DEPTH} levels once expanded"
        node = group(condition=node) if group is NotCondition else group(conditions=(node,))
        if depth <= MAX_EXPANDED_DEPTH:
            assert expand(node, NOTHING) == node
            path = "." + path
    assert refused(node, NOTHING) == (path, message)


# --- the first match ----------------------------------------------------------------------------


def depths(node: Node) -> dict[str, int]:
    """How deep each trait stands; the root is 0."""
    return {leaf.trait: depth - 1 for _, depth, leaf in nodes(node) if leaf.type == "trait"}


def truth(node: Node, first: int | None) -> bool:
    """What a tree says when the rules before `first` do not hold and all from there on do."""
    match node:
        case NotCondition():
            return not truth(node.condition, first)
        case AllCondition():
            return all(truth(part, first) for part in node.conditions)
        case AnyCondition():
            return any(truth(part, first) for part in node.conditions)
        case _ if node.type == "trait":
            return first is not None and int(node.trait) >= first
        case _:
            return node.comparison == "at_least"  # everybody, or nobody


@given(st.lists(st.booleans(), max_size=8), st.booleans())
def test_the_first_rule_to_hold_decides_and_stands_as_deep_as_was_said(
    passing: list[bool], otherwise: bool
) -> None:
    rules = [
        Rule(passes, read({**VIP, "trait": str(n)}), f"rules[{n}]")
        for n, passes in enumerate(passing)
    ]
    told: dict[str, int] = {}

    def member(rule: Rule, levels: int) -> Node:
        told[rule.path] = levels
        return rule.condition

    found = first_match(rules, member, otherwise=otherwise)
    for first in (None, *range(len(rules))):
        expected = otherwise if first is None else passing[first]
        assert truth(found, first) == expected
    deciding = len(passing)
    while deciding and passing[deciding - 1] == otherwise:
        deciding -= 1
    assert told.keys() == {f"rules[{n}]" for n in range(deciding)}, "nothing that is not needed"
    alone = deciding > 0 and (deciding == 1 or passing[deciding - 2] == otherwise)
    stands = depths(found)
    for n in range(deciding):
        lifted = alone and n == deciding - 1  # a group of one is none
        assert stands[str(n)] == told[f"rules[{n}]"] - lifted
    groups = [node for _, _, node in nodes(found) if isinstance(node, AllCondition | AnyCondition)]
    assert all(len(group.conditions) > 1 for group in groups)


def test_a_group_of_any_kind_stays_the_group_that_it_was() -> None:
    tree = AtLeastCondition(count=2, conditions=(read(segment("a")), read(VIP), read(no(VIP))))
    known = Definitions({"a": read(no(VIP))}, {})
    assert expand(tree, known) == AtLeastCondition(
        count=2, conditions=(read(no(VIP)), read(VIP), read(no(VIP)))
    )
