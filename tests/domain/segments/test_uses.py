"""What a definition names of others, wherever in its trees."""

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.expand import Named
from shared.domain.segments.uses import uses, uses_of_lifecycle, uses_of_tag
from shared.domain.tags.model import Tag
from tests.domain.tags.definitions import CONDITION, rule_tag

LEAVES = {
    Named("segment", "vip"): {"type": "segment", "segment_id": "vip"},
    Named("tag", "level"): {"type": "tag", "tag_id": "level", "operator": "exists"},
    Named("list", "beta"): {"type": "list", "list_id": "beta"},
    Named("lifecycle"): {"type": "lifecycle", "stages": ["lost"]},
    Named("template", "hello"): {
        "type": "message", "outcome": "sent", "template_id": "hello", "journey_id": "welcome",
    },
}  # fmt: skip
NAMING_NOTHING = [
    {"type": "event", "event": "page"},
    {"type": "trait", "trait": "city", "operator": "exists"},
    {"type": "message", "outcome": "sent", "journey_id": "welcome"},
    {"type": "journey", "journey_id": "welcome", "outcome": "entered"},
    {"type": "consent", "purpose": "marketing"},
]


def read(data):
    return CONDITION.validate_python(data)


def nested(*leaves):
    inner = {"type": "not", "condition": {"type": "any", "conditions": [*leaves]}}
    return read({"type": "all", "conditions": [NAMING_NOTHING[0], inner]})


def test_each_leaf_names_what_it_stands_for():
    for named, leaf in LEAVES.items():
        assert uses(read(leaf)) == {named}
        assert uses(nested(leaf, *NAMING_NOTHING)) == {named}
    for leaf in NAMING_NOTHING:
        assert uses(read(leaf)) == frozenset()
    assert uses(nested(*LEAVES.values(), *LEAVES.values())) == LEAVES.keys()


def test_a_tag_names_what_the_conditions_of_its_values_name():
    vip, level, *_ = LEAVES.values()
    tag = rule_tag("a", [read(vip), nested(level), read(NAMING_NOTHING[1])], None)
    assert uses_of_tag(tag) == {Named("segment", "vip"), Named("tag", "level")}
    counted = Tag.model_validate(
        {
            "tag_id": "orders", "title": "Orders", "category": "all", "family": "value",
            "how": {"type": "statistic", "event": "order", "aggregate": "count"},
        }
    )  # fmt: skip
    assert uses_of_tag(counted) == frozenset()


def test_the_lifecycle_names_what_its_stages_name():
    *_, listed, _, message = LEAVES.values()
    stages = [
        {"stage": stage, "title": stage, "condition": nested(leaf)}
        for stage, leaf in (("new", listed), ("old", message), ("plain", NAMING_NOTHING[0]))
    ]
    lifecycle = Lifecycle.model_validate(
        {"stages": stages, "otherwise": "other", "otherwise_title": "Other"}
    )
    assert uses_of_lifecycle(lifecycle) == {Named("list", "beta"), Named("template", "hello")}


def test_a_name_reads_as_operators_know_it():
    assert str(Named("segment", "vip")) == 'segment "vip"'
    assert str(Named("lifecycle")) == "lifecycle"
