"""Expansion: a tree of facts in place of every leaf that stands for something else."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, NoReturn, TypeVar, assert_never

from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, Lifecycle
from shared.domain.segments.comparing import same, value_holds
from shared.domain.segments.condition import (
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    ConsentCondition,
    JourneyCondition,
    LifecycleCondition,
    ListCondition,
    MessageCondition,
    Node,
    NotCondition,
    ReachableCondition,
    SegmentCondition,
    TagCondition,
    nodes,
    parts_of,
)
from shared.domain.segments.first_match import Rule, first_match
from shared.domain.segments.nodes.base import ValueTest
from shared.domain.segments.standing_consents import agreed, reachable
from shared.domain.segments.standing_for import engaged, listed, travelled
from shared.domain.tags.comparing import compared
from shared.domain.tags.kinds import RfmTag, RuleTag
from shared.domain.tags.model import Tag
from shared.domain.tags.rfm import rfm_rules
from shared.domain.tags.values import known_values
from shared.domain.text import to_text
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError

T = TypeVar("T")
Told = ListCondition | MessageCondition | JourneyCondition | ConsentCondition | ReachableCondition

_DEFAULTS: Final = WorkspaceSettings()

MAX_EXPANDED: Final = 1_000  # nodes of an expanded tree
MAX_EXPANDED_DEPTH: Final = 50


class ExpansionError(InvalidInputError):
    """A tree that cannot be expanded; `where` is the path of the node that is to blame."""

    def __init__(self, message: str, where: str) -> None:
        """Say what is wrong there."""
        super().__init__(message, where=where, details=((where, message),))


@dataclass(frozen=True, slots=True)
class Definitions:
    """What leaves can stand for. `None` for the ids of a kind means: take any id on trust.

    Of the settings only those matter that say which messages need which consent.
    """

    segments: Mapping[str, Node]
    tags: Mapping[str, Tag]
    lifecycle: Lifecycle = DEFAULT_LIFECYCLE
    lists: Collection[str] | None = None
    journeys: Collection[str] | None = None
    templates: Collection[str] | None = None
    settings: WorkspaceSettings = _DEFAULTS


class Named(NamedTuple):
    """A definition whose conditions are expanded; the lifecycle has no id."""

    kind: str
    definition_id: str = ""

    def __str__(self) -> str:
        return f'{self.kind} "{self.definition_id}"' if self.definition_id else self.kind


class _Place(NamedTuple):
    """Where a node stands: its path in its own tree, and in which definitions, outermost first.

    `outer` is the path in the outermost tree at which these definitions were entered.
    """

    path: str
    depth: int
    within: tuple[Named, ...]
    outer: str | None = None

    def at(self, step: str, levels: int = 1) -> "_Place":
        return self._replace(
            path=f"{self.path}.{step}" if self.path else step, depth=self.depth + levels
        )

    def into(self, named: Named) -> "_Place":
        outer = self.path if self.outer is None else self.outer
        return _Place("", self.depth + 1, (*self.within, named), outer)


def expand(condition: Node, definitions: Definitions, within: Named | None = None) -> Node:
    """The same condition, of facts and groups alone; raises ExpansionError.

    `within` is the definition that the condition belongs to, which it must not lead back to.
    """
    place = _Place("", 1, (within,) if within else ())
    return _Expander(definitions).tree(condition, place)


class _Expander:
    """Expands one tree and counts what comes of it."""

    def __init__(self, definitions: Definitions) -> None:
        self._known = definitions
        self._count = 0

    def tree(self, node: Node, place: _Place) -> Node:
        """Expand a node that stands at `place`."""
        if place.depth > MAX_EXPANDED_DEPTH:
            _refuse(place, f"nested deeper than {MAX_EXPANDED_DEPTH} levels once expanded")
        match node:
            case NotCondition() | AllCondition() | AnyCondition() | AtLeastCondition():
                self._counted(place, 1)
                parts = tuple(self.tree(part, place.at(step)) for step, part in parts_of(node))
                if isinstance(node, NotCondition):
                    return NotCondition(condition=parts[0])
                return node.model_copy(update={"conditions": parts})
            case SegmentCondition():
                return self._segment(node, place)
            case TagCondition():
                return self._tag(node, place)
            case LifecycleCondition():
                return self._stages(node, place)
            case (
                ListCondition()
                | MessageCondition()
                | JourneyCondition()
                | ConsentCondition()
                | ReachableCondition()
            ):
                found = self._told(node, place)
                self._counted(place, sum(1 for _ in nodes(found)))
                return found
            case _:
                self._counted(place, 1)
                return node

    def _told(self, node: Told, place: _Place) -> Node:
        """What Rapport has written of the person, and of a reachable one the address."""
        match node:
            case ListCondition():
                _must_know(self._known.lists, "list", node.list_id, place)
                return listed(node)
            case MessageCondition():
                _must_know(self._known.journeys, "journey", node.journey_id, place)
                _must_know(self._known.templates, "template", node.template_id, place)
                return engaged(node)
            case JourneyCondition():
                _must_know(self._known.journeys, "journey", node.journey_id, place)
                return travelled(node)
            case ConsentCondition():
                return agreed(node)
            case ReachableCondition():
                return reachable(node, self._known.settings)
            case _:
                assert_never(node)

    def _segment(self, node: SegmentCondition, place: _Place) -> Node:
        condition = self._known.segments.get(node.segment_id)
        if condition is None:
            _refuse(place.at("segment_id"), f'there is no segment "{node.segment_id}"')
        return self.tree(condition, _entered(place, Named("segment", node.segment_id)))

    def _tag(self, node: TagCondition, place: _Place) -> Node:
        tag = self._known.tags.get(node.tag_id)
        if tag is None:
            _refuse(place.at("tag_id"), f'there is no tag "{node.tag_id}"')
        _check_value(tag, node, place)
        named = Named("tag", node.tag_id)
        match tag.how:
            case RuleTag(values=values, otherwise=otherwise):
                rules = tuple(
                    Rule(value_holds(node, one.value), one.condition, f"how.{path}.condition")
                    for path, one in numbered("values", values)
                )
                return self._first(rules, named, place, otherwise=value_holds(node, otherwise))
            case RfmTag():
                rules = tuple(
                    Rule(value_holds(node, value), condition, "how")
                    for value, condition in rfm_rules(tag.how)
                )
                return self._first(rules, named, place, otherwise=value_holds(node, None))
            case _:
                try:
                    found = compared(tag.tag_id, tag.how, node)
                except ValueError as error:
                    _refuse(place.at("value"), str(error))
                self._counted(place, sum(1 for _ in nodes(found)))
                return found

    def _stages(self, node: LifecycleCondition, place: _Place) -> Node:
        lifecycle = self._known.lifecycle
        for n, stage in enumerate(node.stages):
            if stage not in lifecycle.names:
                _refuse(place.at(f"stages[{n}]"), f'there is no lifecycle stage "{stage}"')
        rules = tuple(
            Rule(one.stage in node.stages, one.condition, f"{path}.condition")
            for path, one in numbered("stages", lifecycle.stages)
        )
        otherwise = lifecycle.otherwise in node.stages
        return self._first(rules, Named("lifecycle"), place, otherwise=otherwise)

    def _first(
        self, rules: Sequence[Rule], named: Named, place: _Place, *, otherwise: bool
    ) -> Node:
        before = self._count
        inside = _entered(place, named)

        def member(rule: Rule, levels: int) -> Node:
            there = inside._replace(path=rule.path, depth=inside.depth + levels)
            return self.tree(rule.condition, there)

        found = first_match(rules, member, otherwise=otherwise)
        size = sum(1 for _ in nodes(found))
        self._counted(place, before + size - self._count)
        return found

    def _counted(self, place: _Place, more: int) -> None:
        self._count += more
        if self._count > MAX_EXPANDED:
            _refuse(place, f"more than {MAX_EXPANDED:,} conditions once expanded")


def numbered(name: str, parts: Sequence[T]) -> Iterator[tuple[str, T]]:
    """Each part with its path, such as `values[2]`."""
    return ((f"{name}[{n}]", part) for n, part in enumerate(parts))


def _entered(place: _Place, named: Named) -> _Place:
    if named in place.within:
        circle = (*place.within[place.within.index(named) :], named)
        _refuse(place, f"{named} leads back to itself: {' → '.join(map(str, circle))}")
    return place.into(named)


def _must_know(known: Collection[str] | None, kind: str, wanted: str | None, at: _Place) -> None:
    if wanted is not None and known is not None and wanted not in known:
        _refuse(at.at(f"{kind}_id"), f'there is no {kind} "{wanted}"')


def _check_value(tag: Tag, test: ValueTest, place: _Place) -> None:
    """A value that the tag never has is a slip of whoever typed it."""
    known = known_values(tag)
    if not known or test.operator not in ("equals", "not_equals", "one_of"):
        return
    for wanted in test.value if isinstance(test.value, tuple) else (test.value,):
        if not any(same(wanted, value) for value in known):
            _refuse(place.at("value"), f'the tag "{tag.tag_id}" has no value {to_text(wanted)}')


def _refuse(place: _Place, message: str) -> NoReturn:
    if place.outer is None:
        raise ExpansionError(message, where=place.path)
    there = f"in {place.within[-1]}, {place.path}: " if place.path else f"in {place.within[-1]}: "
    raise ExpansionError(there + message, where=place.outer)
