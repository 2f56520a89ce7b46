"""Expansion: facts alone, the same meaning, and circles named."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.domain.segments.condition import Fact, Group, nodes
from shared.domain.segments.expand import (
    MAX_EXPANDED,
    MAX_EXPANDED_DEPTH,
    Definitions,
    ExpansionError,
    Named,
    expand,
)
from shared.domain.segments.references import references
from tests.domain.segments.written import NOTHING, VIP, of_kind, read, segment, tag
from tests.domain.tags.definitions import World, holds, rule_tag, truths, worlds

pytestmark = pytest.mark.slow


@settings(max_examples=40)
@given(worlds())
def test_what_comes_out_is_facts_and_groups_and_expands_to_itself(world: World) -> None:
    expanded = expand(world.condition, world.definitions)

    assert all(isinstance(node, get_args(Fact) + get_args(Group)) for _, _, node in nodes(expanded))
    assert expand(expanded, NOTHING) == expanded
    references(expanded)  # knows them all


@settings(max_examples=40)
@given(worlds(), truths)
def test_it_means_what_it_meant_before(world: World, truth: dict[str, bool]) -> None:
    expanded = expand(world.condition, world.definitions)

    assert holds(expanded, truth, NOTHING) == holds(world.condition, truth, world.definitions)


@given(st.integers(1, 6), st.data())
def test_a_circle_of_segments_and_tags_is_named(length: int, data: st.DataObject) -> None:
    kinds = data.draw(st.lists(st.booleans(), min_size=length, max_size=length))
    names = [Named("tag" if is_tag else "segment", f"d{n}") for n, is_tag in enumerate(kinds)]
    segments, tags = {}, {}
    for name, following in zip(names, (*names[1:], names[0]), strict=True):
        leaf = tag if following.kind == "tag" else segment
        condition = read({"type": "not", "condition": leaf(following.definition_id)})
        if name.kind == "tag":
            tags[name.definition_id] = rule_tag(name.definition_id, [condition], None)
        else:
            segments[name.definition_id] = condition
    start = data.draw(st.sampled_from(names))
    begin = tag(start.definition_id) if start.kind == "tag" else segment(start.definition_id)

    with pytest.raises(ExpansionError, match="leads back to itself") as caught:
        expand(read({"type": "all", "conditions": [VIP, begin]}), Definitions(segments, tags))

    assert caught.value.where == "conditions[1]"
    at = names.index(start)
    circle = (*names[at:], *names[:at], start)
    assert " → ".join(map(str, circle)) in caught.value.message


def test_the_lifecycle_may_not_ask_for_itself() -> None:
    asking = read({"type": "lifecycle", "stages": ["lost"]})
    stages = DEFAULT_LIFECYCLE.stages
    own = DEFAULT_LIFECYCLE.model_copy(
        update={"stages": (stages[0].model_copy(update={"condition": asking}), *stages[1:])}
    )
    with pytest.raises(ExpansionError, match="lifecycle → lifecycle"):
        expand(asking, Definitions({}, {}, own))


def test_a_definition_that_is_expanded_for_itself_may_not_be_named_in_it() -> None:
    known = Definitions({"a": read(segment("a"))}, {})
    with pytest.raises(ExpansionError, match='segment "a" → segment "a"'):
        expand(known.segments["a"], known, Named("segment", "a"))


@pytest.mark.parametrize(
    ("leaf", "where", "message"),
    [
        (segment("x"), "segment_id", 'there is no segment "x"'),
        (tag("x"), "tag_id", 'there is no tag "x"'),
        ({"type": "lifecycle", "stages": ["new", "x"]}, "stages[1]", "no lifecycle stage"),
        ({"type": "list", "list_id": "x"}, "list_id", 'there is no list "x"'),
        ({"type": "journey", "journey_id": "x", "outcome": "entered"}, "journey_id", "no journey"),
        ({"type": "message", "outcome": "sent", "template_id": "x"}, "template_id", "no template"),
        (tag("level", operator="equals", value="golld"), "value", 'has no value "golld"'),
        (tag("orders", operator="matches", value="1"), "value", "is a number"),
        (tag("orders", operator="equals", value="1"), "value", "is a number"),
    ],
)
def test_what_is_not_there_is_named_with_its_place(leaf: Any, where: str, message: str) -> None:
    known = Definitions(
        {},
        {
            "level": rule_tag("level", [read(VIP)], None),
            "orders": of_kind("orders", type="statistic", event="order", aggregate="count"),
        },
        lists=(),
        journeys=(),
        templates=(),
    )
    with pytest.raises(ExpansionError, match=message) as caught:
        expand(read({"type": "any", "conditions": [VIP, leaf]}), known)
    assert caught.value.where == f"conditions[1].{where}"


def test_a_mistake_within_a_definition_says_which_and_where() -> None:
    inner = read({"type": "not", "condition": tag("x")})
    known = Definitions({"a": inner}, {})
    with pytest.raises(ExpansionError) as caught:
        expand(read({"type": "not", "condition": segment("a")}), known)
    assert caught.value.where == "condition"
    assert caught.value.message == 'in segment "a", condition.tag_id: there is no tag "x"'


def test_a_tree_that_doubles_again_and_again_is_refused_in_time() -> None:
    segments = {"s0": read(VIP)}
    for n in range(1, 20):
        both = {"type": "all", "conditions": [segment(f"s{n - 1}")] * 2}
        segments[f"s{n}"] = read(both)
    with pytest.raises(ExpansionError, match=f"more than {MAX_EXPANDED:,} conditions"):
        expand(read(segment("s19")), Definitions(segments, {}))


def test_the_greatest_tree_is_taken() -> None:
    wide = read({"type": "all", "conditions": [VIP] * 24})  # 25 nodes
    parts = {"type": "all", "conditions": [segment("wide")] * 39 + [VIP] * 9}
    assert sum(1 for _ in nodes(expand(read(parts), Definitions({"wide": wide}, {})))) == 985
    more = {"type": "all", "conditions": [segment("wide")] * 40}
    with pytest.raises(ExpansionError):
        expand(read(more), Definitions({"wide": wide}, {}))


def test_a_long_chain_is_refused_by_its_depth() -> None:
    segments = {"s0": read(VIP)}
    for n in range(1, 2_000):
        segments[f"s{n}"] = read({"type": "not", "condition": segment(f"s{n - 1}")})
    with pytest.raises(ExpansionError, match=f"deeper than {MAX_EXPANDED_DEPTH} levels"):
        expand(read(segment("s1999")), Definitions(segments, {}))


@pytest.mark.parametrize(
    ("leaf", "expected"),
    [
        (
            {"type": "list", "list_id": "vip"},
            {
                "type": "value",
                "event": "$listed",
                "where": [{"property": "list_id", "operator": "equals", "value": "vip"}],
                "which": "last",
                "test": {"property": "on", "operator": "equals", "value": True},
            },
        ),
        (
            {"type": "message", "outcome": "opened", "channel": "sms", "times": 2},
            {
                "type": "event",
                "event": "$message_opened",
                "where": [{"property": "channel", "operator": "equals", "value": "sms"}],
                "times": 2,
            },
        ),
        (
            {"type": "journey", "journey_id": "welcome", "outcome": "exited", "within_days": 7},
            {
                "type": "event",
                "event": "$journey_exited",
                "where": [{"property": "journey_id", "operator": "equals", "value": "welcome"}],
                "within_days": 7,
            },
        ),
        (
            tag("hand", operator="equals", value="vip"),
            {
                "type": "value",
                "event": "$tagged",
                "where": [{"property": "tag_id", "operator": "equals", "value": "hand"}],
                "which": "last",
                "test": {"property": "value", "operator": "equals", "value": "vip"},
            },
        ),
        (
            {"type": "consent", "purpose": "service"},
            {
                "type": "value",
                "event": "$consent_changed",
                "which": "last",
                "test": {"property": "service", "operator": "equals", "value": "granted"},
            },
        ),
        (
            {"type": "lifecycle", "stages": ["prospect"]},
            {"type": "activity", "about": "events", "comparison": "less_than", "value": 1},
        ),
    ],
)
def test_what_rapport_itself_wrote_is_asked_for_as_events(leaf: Any, expected: Any) -> None:
    known = Definitions({}, {"hand": of_kind("hand", type="manual")})
    assert expand(read(leaf), known) == read(expected)
