"""Which other definitions a condition names."""

from shared.domain.lifecycle.model import Lifecycle
from shared.domain.segments.condition import (
    LifecycleCondition,
    ListCondition,
    MessageCondition,
    Node,
    SegmentCondition,
    TagCondition,
    nodes,
)
from shared.domain.segments.expand import Named
from shared.domain.tags.kinds import RuleTag
from shared.domain.tags.model import Tag


def uses(condition: Node) -> frozenset[Named]:
    """The segments, tags, lists, templates and the lifecycle that a condition names itself."""
    found: set[Named] = set()
    for _, _, node in nodes(condition):
        match node:
            case SegmentCondition():
                found.add(Named("segment", node.segment_id))
            case TagCondition():
                found.add(Named("tag", node.tag_id))
            case ListCondition():
                found.add(Named("list", node.list_id))
            case LifecycleCondition():
                found.add(Named("lifecycle"))
            case MessageCondition(template_id=template_id) if template_id is not None:
                found.add(Named("template", template_id))
            case _:
                pass
    return frozenset(found)


def uses_of_tag(tag: Tag) -> frozenset[Named]:
    """What the conditions of a tag's values name."""
    if not isinstance(tag.how, RuleTag):
        return frozenset()
    return frozenset[Named]().union(*(uses(one.condition) for one in tag.how.values))


def uses_of_lifecycle(lifecycle: Lifecycle) -> frozenset[Named]:
    """What the conditions of stages name."""
    return frozenset[Named]().union(*(uses(one.condition) for one in lifecycle.stages))
