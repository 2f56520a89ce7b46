"""What segments, tags and the lifecycle mean together, before an edit and after it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from shared.aws.catalog_writer import Definition, Edit
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.naming import named_by
from shared.domain.journeys.rules import LifecycleMove, ScheduleEntry, SegmentMove
from shared.domain.lifecycle.expanding import ExpandedLifecycle, expand_lifecycle
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, LIFECYCLE_ID, Lifecycle
from shared.domain.segments.condition import AnyCondition, Node, Segment
from shared.domain.segments.estimate import Estimate, estimate
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand
from shared.domain.segments.uses import uses, uses_of_lifecycle, uses_of_tag
from shared.domain.tags.expanding import ExpandedTag, expand_tag
from shared.domain.tags.model import Tag
from shared.domain.workspace.answers import EstimateState
from shared.domain.workspace.model import WorkspaceSettings
from shared.errors import InvalidInputError

SEGMENT: Final[TypeAdapter[Segment]] = TypeAdapter(Segment)
TAG: Final[TypeAdapter[Tag]] = TypeAdapter(Tag)
LIFECYCLE: Final[TypeAdapter[Lifecycle]] = TypeAdapter(Lifecycle)
JOURNEY: Final[TypeAdapter[Journey]] = TypeAdapter(Journey)

M = TypeVar("M", bound=BaseModel)
Judged = Segment | Tag | Lifecycle
Meaning = Node | ExpandedTag | ExpandedLifecycle

THE_LIFECYCLE = Named("lifecycle")


@dataclass(frozen=True)
class Meanings:
    """Every definition that people are judged by, and the ids of everything else.

    `rows` are the definitions as they are stored, also those of an older contract that cannot be
    read any more, which are left out of everything else until they are put anew.
    """

    segments: Mapping[str, Segment]
    tags: Mapping[str, Tag]
    lifecycle: Lifecycle
    rows: Mapping[Named, Definition]
    lists: frozenset[str]
    templates: frozenset[str]
    journeys: frozenset[str]
    settings: WorkspaceSettings

    @classmethod
    def of(cls, edit: Edit) -> "Meanings":
        """Those of the catalog as the edit found it."""
        segments, tags = edit.all("SEGMENT"), edit.all("TAG")
        stages = edit.find("LIFECYCLE", LIFECYCLE_ID)
        rows = {
            **{Named("segment", one.definition_id): one for one in segments},
            **{Named("tag", one.definition_id): one for one in tags},
            **({THE_LIFECYCLE: stages} if stages else {}),
        }
        return cls(
            dict(readable(SEGMENT, segments)),
            dict(readable(TAG, tags)),
            dict(readable(LIFECYCLE, [stages] if stages else ())).get(
                LIFECYCLE_ID, DEFAULT_LIFECYCLE
            ),
            rows,
            frozenset(one.definition_id for one in edit.all("LIST")),
            frozenset(one.definition_id for one in edit.all("TEMPLATE")),
            frozenset(one.definition_id for one in edit.all("JOURNEY")),
            edit.settings() or WorkspaceSettings(),
        )

    def changed_to(self, model: Judged) -> "Meanings":
        """The same with one definition put anew."""
        match model:
            case Segment():
                return replace(self, segments={**self.segments, model.segment_id: model})
            case Tag():
                return replace(self, tags={**self.tags, model.tag_id: model})
            case Lifecycle():
                return replace(self, lifecycle=model)

    @cached_property
    def definitions(self) -> Definitions:
        """What leaves of conditions can stand for."""
        return Definitions(
            {name: one.condition for name, one in self.segments.items()},
            self.tags,
            self.lifecycle,
            self.lists,
            self.journeys,
            self.templates,
            self.settings,
        )

    def has(self, named: Named) -> bool:
        """Whether there is such a definition; there always is a lifecycle."""
        known = {"segment": self.segments, "tag": self.tags, "lifecycle": {"": None}}
        return named.definition_id in known[named.kind]

    def model(self, named: Named) -> Judged:
        """A definition as it was put; raises KeyError."""
        match named.kind:
            case "segment":
                return self.segments[named.definition_id]
            case "tag":
                return self.tags[named.definition_id]
            case _:
                return self.lifecycle

    def meaning(self, named: Named) -> Meaning:
        """A definition of facts alone; raises ExpansionError with the path within it."""
        match named.kind:
            case "segment":
                condition = self.segments[named.definition_id].condition
                try:
                    return expand(condition, self.definitions, named)
                except ExpansionError as error:
                    where = f"condition.{error.where}" if error.where else "condition"
                    raise ExpansionError(error.message, where=where) from None
            case "tag":
                return expand_tag(self.tags[named.definition_id], self.definitions)
            case _:
                return expand_lifecycle(self.lifecycle, self.definitions)

    def estimate(self, named: Named) -> EstimateState | None:
        """What a definition costs; None for what cannot be read or expanded."""
        if not self.has(named):
            return None
        try:
            found = _whole(self.meaning(named))
        except ExpansionError:
            return None
        return _plain(estimate(found)) if found else None

    def users(self, named: Named) -> Iterator[Named]:
        """The segments, tags and the lifecycle that name a definition themselves."""
        return (user for user, used in self._uses.items() if named in used)

    def dependents(self, named: Named) -> tuple[Named, ...]:
        """Everything whose meaning follows from a definition, through however many others."""
        found: dict[Named, None] = {}
        waiting = [named]
        while waiting:
            for user in self.users(waiting.pop()):
                if user not in found and user != named:
                    found[user] = None
                    waiting.append(user)
        return tuple(found)

    @cached_property
    def _uses(self) -> Mapping[Named, frozenset[Named]]:
        return {
            **{Named("segment", name): uses(one.condition) for name, one in self.segments.items()},
            **{Named("tag", name): uses_of_tag(one) for name, one in self.tags.items()},
            THE_LIFECYCLE: uses_of_lifecycle(self.lifecycle),
        }


def _whole(meaning: Meaning) -> Node | None:
    """One condition that looks at everything that a definition looks at."""
    match meaning:
        case ExpandedTag(figure=figure) if figure is not None:
            return figure
        case ExpandedTag(rules=rules):
            parts = tuple(condition for _, condition in rules)
        case ExpandedLifecycle(stages=stages):
            parts = tuple(condition for _, condition in stages)
        case _:
            return meaning
    return AnyCondition(conditions=parts) if parts else None


def _plain(found: Estimate) -> EstimateState:
    return {
        "nodes": found.nodes,
        "depends_on_time": found.depends_on_time,
        "counter_rows": found.counter_rows,
        "cell_rows": found.cell_rows,
        "moment_rows": found.moment_rows,
        "rows_written": found.rows_written,
    }


def changed_meanings(before: Meanings, after: Meanings, named: Named) -> tuple[Named, ...]:
    """What means something else once a definition was put anew, that definition first.

    Raises ExpansionError when the definition cannot be expanded, and InvalidInputError when
    another one no longer could.
    """
    changed = [named] if after.meaning(named) != _meaning_before(before, named) else []
    return (*changed, *_changed(before, after, after.dependents(named)))


def changed_by_settings(before: Meanings, after: Meanings) -> tuple[Named, ...]:
    """What means something else under other settings.

    Raises InvalidInputError when something could not be expanded any more.
    """
    working = (named for named in before.rows if _meaning_before(before, named) is not None)
    return tuple(_changed(before, after, working))


def _changed(before: Meanings, after: Meanings, others: Iterable[Named]) -> Iterator[Named]:
    for other in others:
        try:
            meaning = after.meaning(other)
        except ExpansionError as error:
            raise InvalidInputError(f"{other} would no longer work: {error.message}") from None
        if meaning != _meaning_before(before, other):
            yield other


def rebuilt(edit: Edit, definition: Definition, *, announce: bool) -> Definition:
    """A definition that gets its meaning by an edit."""
    return replace(definition, build=edit.next_version, announce=announce)


def put_dependents(
    edit: Edit, known: Meanings, named: Named, changed: Iterable[Named], *, announce: bool
) -> None:
    """Stage what else means something else by an edit of a definition."""
    for other in changed:
        if other != named and other in known.rows:
            edit.put(rebuilt(edit, known.rows[other], announce=announce))


def _meaning_before(before: Meanings, named: Named) -> Meaning | None:
    """None for what is new, and for what could not be expanded before."""
    try:
        return before.meaning(named) if before.has(named) else None
    except ExpansionError:
        return None


def journeys_naming(edit: Edit, named: Named) -> Iterator[str]:
    """The journeys that name a definition, in their newest version or the one people meet."""
    for one in edit.all("JOURNEY"):
        versions = {one.version, one.published_version or one.version}
        met = [replace(one, body=edit.body_of(one, version)) for version in sorted(versions)]
        if any(named in _uses_of_journey(journey) for _, journey in readable(JOURNEY, met)):
            yield one.definition_id


def published_naming(edit: Edit, named: Collection[Named]) -> Iterator[str]:
    """The journeys of which a version that people may be inside names one of these.

    Whoever is inside comes to the end of the version that they entered, however many came since.
    """
    for one in edit.all("JOURNEY"):
        met = (replace(one, body=body) for body in edit.bodies_met(one))
        if any(
            not _uses_of_journey(journey).isdisjoint(named) for _, journey in readable(JOURNEY, met)
        ):
            yield one.definition_id


def readable(adapter: TypeAdapter[M], rows: Iterable[Definition]) -> Iterator[tuple[str, M]]:
    """The definitions by id, without those of an older contract that cannot be read any more."""
    for row in rows:
        with suppress(ValidationError):
            yield row.definition_id, adapter.validate_json(row.body)


def _uses_of_journey(journey: Journey) -> frozenset[Named]:
    found: set[Named] = set()
    for rule in (journey.entry, *(rule for _, rule in journey.rules())):
        if isinstance(rule, SegmentMove | ScheduleEntry):
            found.add(Named("segment", rule.segment_id))
        if isinstance(rule, LifecycleMove):
            found.add(Named("stage", rule.stage))
    for step in journey.steps:
        found.update(named for _, named in named_by(step))
        if isinstance(step, BranchStep):
            found.update(*(uses(arm.when) for arm in step.arms))
    return frozenset(found)
