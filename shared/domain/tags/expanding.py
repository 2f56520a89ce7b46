"""A tag made ready for judging: of facts alone, whatever kind it is."""

from dataclasses import dataclass

from shared.domain.segments.condition import Node, Scalar
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand, numbered
from shared.domain.segments.references import References, all_references, references
from shared.domain.tags.comparing import figure
from shared.domain.tags.kinds import RfmTag, RuleTag
from shared.domain.tags.model import Tag
from shared.domain.tags.rfm import rfm_rules


@dataclass(frozen=True, slots=True)
class ExpandedTag:
    """Either rules, of which the first match gives the value, or a figure that is the value.

    `figure` is a leaf over the facts that the value follows from; its comparison means nothing.
    """

    tag_id: str
    rules: tuple[tuple[Scalar, Node], ...] = ()
    otherwise: Scalar | None = None
    figure: Node | None = None


def expand_tag(tag: Tag, definitions: Definitions) -> ExpandedTag:
    """Put facts in place of everything that the tag's conditions refer to; raises ExpansionError.

    Paths begin at the tag: `how.values[1].condition.conditions[0].segment_id`.
    """
    kind = tag.how
    if isinstance(kind, RuleTag):
        rules = tuple(
            (one.value, _expanded(tag, one.condition, f"how.{path}.condition", definitions))
            for path, one in numbered("values", kind.values)
        )
        return ExpandedTag(tag.tag_id, rules, kind.otherwise)
    if isinstance(kind, RfmTag):
        return ExpandedTag(tag.tag_id, rfm_rules(kind))
    return ExpandedTag(tag.tag_id, figure=figure(tag.tag_id, kind))


def tag_references(tag: ExpandedTag) -> References:
    """Everything that must be known of a person to give the tag its value."""
    leaves = () if tag.figure is None else (tag.figure,)
    return all_references(references(node) for node in (*(rule for _, rule in tag.rules), *leaves))


def _expanded(tag: Tag, condition: Node, path: str, definitions: Definitions) -> Node:
    try:
        return expand(condition, definitions, Named("tag", tag.tag_id))
    except ExpansionError as error:
        where = f"{path}.{error.where}" if error.where else path
        raise ExpansionError(error.message, where=where) from None
