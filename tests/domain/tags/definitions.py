"""Generated definitions that refer to each other, and a naive reading of them by truths alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from pydantic import TypeAdapter

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    Condition,
    LifecycleCondition,
    Node,
    NotCondition,
    SegmentCondition,
    TagCondition,
    TraitCondition,
)
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag

CONDITION: TypeAdapter[Node] = TypeAdapter(Condition)
TRAITS = ("a", "b", "c")
VALUES = ("gold", "silver", "none")
STAGES = ("first", "second", "third")

truths = st.fixed_dictionaries({name: st.booleans() for name in TRAITS})
_facts = st.sampled_from(TRAITS).map(
    lambda name: {"type": "trait", "trait": name, "operator": "equals", "value": True}
)
_tests = st.one_of(
    st.tuples(st.sampled_from(["equals", "not_equals"]), st.sampled_from(VALUES)),
    st.tuples(st.just("one_of"), st.lists(st.sampled_from(VALUES), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["exists", "not_exists"]), st.none()),
    st.tuples(st.sampled_from(["less", "greater", "contains"]), st.sampled_from(["g", "none"])),
)


def _tag_leaf(tag_id: str) -> st.SearchStrategy[Any]:
    return _tests.map(
        lambda test: {"type": "tag", "tag_id": tag_id, "operator": test[0], "value": test[1]}
    )


def _leaves(named: tuple[tuple[str, str], ...]) -> st.SearchStrategy[Any]:
    found = [_facts]
    for kind, name in named:
        if kind == "segment":
            found.append(st.just({"type": "segment", "segment_id": name}))
        elif kind == "tag":
            found.append(_tag_leaf(name))
        else:
            stages = st.lists(st.sampled_from(STAGES), min_size=1, max_size=3, unique=True)
            found.append(stages.map(lambda names: {"type": "lifecycle", "stages": names}))
    return st.one_of(found)


def trees(named: tuple[tuple[str, str], ...]) -> st.SearchStrategy[Node]:
    """Conditions that may refer to the named definitions."""

    def groups(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        several = st.lists(parts, min_size=1, max_size=3)
        return st.one_of(
            st.builds(lambda each: {"type": "all", "conditions": each}, several),
            st.builds(lambda each: {"type": "any", "conditions": each}, several),
            st.builds(lambda each: {"type": "at_least", "count": 1, "conditions": each}, several),
            st.builds(lambda each: {"type": "not", "condition": each}, parts),
        )

    tree = st.recursive(_leaves(named), groups, max_leaves=4)
    return tree.map(CONDITION.validate_python)


def rule_tag(tag_id: str, conditions: list[Node], otherwise: str | None) -> Tag:
    """A tag with a value for each condition, in the order of VALUES."""
    values = [
        {"value": value, "title": value, "condition": condition}
        for value, condition in zip(VALUES, conditions, strict=False)
    ]
    kind = {"type": "rule", "values": values, "otherwise": otherwise}
    return Tag.model_validate(
        {"tag_id": tag_id, "title": tag_id, "category": "all", "family": "value", "how": kind}
    )


def lifecycle(conditions: list[Node]) -> Lifecycle:
    """Two stages, and the third for everybody else."""
    stages = [
        {"stage": stage, "title": stage, "condition": condition}
        for stage, condition in zip(STAGES, conditions, strict=False)
    ]
    return Lifecycle.model_validate(
        {"stages": stages, "otherwise": STAGES[2], "otherwise_title": "Third"}
    )


@dataclass(frozen=True)
class World:
    """Definitions, and a condition over them."""

    definitions: Definitions
    condition: Node


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Each definition may refer to all that come before it, so there is no circle."""
    named: tuple[tuple[str, str], ...] = ()
    segments: dict[str, Node] = {}
    tags: dict[str, Tag] = {}
    stages = lifecycle([draw(trees(())), draw(trees(()))])
    for kind in draw(st.permutations(["segment", "tag", "lifecycle", "segment", "tag"])):
        name = f"{kind}{len(named)}"
        match kind:
            case "segment":
                segments[name] = draw(trees(named))
            case "tag":
                count = draw(st.integers(1, 2))
                otherwise = draw(st.sampled_from([None, "none"]))
                rules = [draw(trees(named)) for _ in range(count)]
                # All three are values of the tag, so that comparisons with them are no slips.
                rules += [CONDITION.validate_python(NEVER)] * (2 - count)
                if otherwise is None:
                    rules.append(CONDITION.validate_python(NEVER))
                tags[name] = rule_tag(name, rules, otherwise)
            case _:
                stages = lifecycle([draw(trees(named)), draw(trees(named))])
        named += ((kind, name),)
    return World(Definitions(segments, tags, stages), draw(trees(named)))


NEVER = {"type": "activity", "about": "events", "comparison": "less_than", "value": 0}


def holds(node: Node, truth: Mapping[str, bool], known: Definitions) -> bool:
    """What a condition says, read leaf by leaf and definition by definition."""
    match node:
        case TraitCondition():
            return truth[node.trait]
        case SegmentCondition():
            return holds(known.segments[node.segment_id], truth, known)
        case TagCondition():
            return value_holds(node, value_of(known.tags[node.tag_id], truth, known))
        case LifecycleCondition():
            return stage_of(truth, known) in node.stages
        case NotCondition():
            return not holds(node.condition, truth, known)
        case AllCondition():
            return all(holds(part, truth, known) for part in node.conditions)
        case AnyCondition() | AtLeastCondition():
            return any(holds(part, truth, known) for part in node.conditions)
        case _:
            return node.type == "activity" and node.comparison == "at_least"


def value_of(tag: Tag, truth: Mapping[str, bool], known: Definitions) -> Any:
    """The value of a rule tag."""
    assert tag.how.type == "rule"
    for one in tag.how.values:
        if holds(one.condition, truth, known):
            return one.value
    return tag.how.otherwise


def stage_of(truth: Mapping[str, bool], known: Definitions) -> str:
    """The stage in the lifecycle of a world."""
    for rule in known.lifecycle.stages:
        if holds(rule.condition, truth, known):
            return rule.stage
    return known.lifecycle.otherwise
