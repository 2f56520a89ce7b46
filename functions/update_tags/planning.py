"""Makes the plan of a workspace from its catalog, and keeps it until the catalog changes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger
from pydantic import ValidationError

from functions.update_tags.plan import (
    STAGE,
    Plan,
    PlannedLifecycle,
    PlannedSegment,
    PlannedTag,
    Standpoint,
    segment_name,
    tag_name,
)
from shared.aws.catalog import (
    CatalogReader,
    PublishedLifecycle,
    PublishedSegment,
    PublishedTag,
    VersionOf,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.triggers import triggers_inside, triggers_of
from shared.domain.lifecycle.expanding import expand_lifecycle, lifecycle_references
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE
from shared.domain.outbound.model import Destination
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand
from shared.domain.segments.index import index_references
from shared.domain.segments.references import references, with_days_in_cells
from shared.domain.tags.expanding import expand_tag, tag_references
from shared.domain.tags.held import counts_holders
from shared.domain.workspace.model import WorkspaceSettings


@dataclass(frozen=True, slots=True)
class _Source:
    """What a plan is made from, all of the same version of the catalog."""

    version: int
    settings: WorkspaceSettings
    days_build: int
    segments: tuple[PublishedSegment, ...]
    tags: tuple[PublishedTag, ...]
    lifecycle: PublishedLifecycle
    definitions: Definitions
    journeys: Mapping[str, int]  # by id, the version that people meet or met last
    archived: frozenset[str]
    destinations: tuple[Destination, ...]

    @property
    def wanted_outside(self) -> frozenset[str]:
        """Names of the events of people that go to some destination."""
        return frozenset(name for each in self.destinations for name in each.events)

    @property
    def digest(self) -> object:
        """What the plan depends on; other changes of the catalog leave it as it is."""
        return (
            self.settings.timezone,
            self.days_build,
            self.settings.trait_history,
            self.settings.restoring,
            [(each.segment.segment_id, each.version, each.build) for each in self.segments],
            [(each.tag.tag_id, each.version, each.build) for each in self.tags],
            (self.lifecycle.version, self.lifecycle.build),
            self.journeys,
            self.archived,
            self.wanted_outside,
        )


class _Triggers(NamedTuple):
    """What a version of a journey refers to, and what of it where nobody enters any more."""

    all: frozenset[str]
    inside: frozenset[str]


class Plans:
    """The plan of each workspace, made again only when something that it depends on changes."""

    def __init__(self, catalog: CatalogReader, log: Logger) -> None:
        """`catalog` says what is published, and caches it."""
        self._catalog = catalog
        self._log = log
        self._plans: dict[str, tuple[int, object, Plan]] = {}
        self._triggers_of: dict[str, dict[VersionOf, _Triggers]] = {}

    def of(self, workspace_id: str, *, look_again: bool = False) -> Plan:
        """The plan as of now, as old as the catalog reader allows at most, or as new as can be."""
        if look_again:
            self._catalog.look_again(workspace_id)
        known = self._plans.get(workspace_id)
        if known and known[0] == self._catalog.version(workspace_id):
            return known[2]
        source = self._source(workspace_id)
        digest = source.digest
        plan = known[2] if known and known[1] == digest else self._plan(workspace_id, source)
        self._plans[workspace_id] = (source.version, digest, plan)
        return plan

    def version(self, workspace_id: str) -> int:
        """The version of the catalog that the plan which was asked for last is of."""
        return self._plans[workspace_id][0]

    def _source(self, workspace_id: str) -> _Source:
        """Everything of one version: the catalog may move on between two questions."""
        catalog = self._catalog
        while True:
            source = _Source(
                catalog.version(workspace_id),
                catalog.settings(workspace_id),
                catalog.days_build(workspace_id),
                catalog.segments(workspace_id),
                catalog.tags(workspace_id),
                catalog.lifecycle(workspace_id),
                catalog.definitions(workspace_id),
                catalog.journey_versions(workspace_id),
                catalog.archived_journeys(workspace_id),
                catalog.destinations(workspace_id),
            )
            if catalog.version(workspace_id) == source.version:
                return source

    def _plan(self, workspace_id: str, source: _Source) -> Plan:
        segments = dict(self._segments(source))
        tags = dict(self._tags(source))
        lifecycle = self._lifecycle(source)
        asked = {
            **{segment_name(n): references(each.condition) for n, each in segments.items()},
            **{tag_name(n): tag_references(each.tag) for n, each in tags.items()},
            STAGE: lifecycle_references(lifecycle.lifecycle),
        }
        if source.days_build:
            asked = {name: with_days_in_cells(each) for name, each in asked.items()}
        return Plan(
            zone=source.settings.zone,
            segments=segments,
            tags=tags,
            lifecycle=lifecycle,
            index=index_references(asked),
            triggers=self._triggers(workspace_id, source) | source.wanted_outside,
            kept_traits=source.settings.trait_history,
            is_silent=source.settings.restoring,
        )

    def _segments(self, source: _Source) -> Iterator[tuple[str, PlannedSegment]]:
        for each in source.segments:
            name = each.segment.segment_id
            try:
                within = Named("segment", name)
                condition = expand(each.segment.condition, source.definitions, within)
            except ExpansionError as error:
                self._leave_out("segment", name, error)
            else:
                yield name, PlannedSegment(condition, _stand(each))

    def _tags(self, source: _Source) -> Iterator[tuple[str, PlannedTag]]:
        for each in source.tags:
            name = each.tag.tag_id
            try:
                tag = expand_tag(each.tag, source.definitions)
            except ExpansionError as error:
                self._leave_out("tag", name, error)
            else:
                yield name, PlannedTag(tag, counts_holders(each.tag.how), _stand(each))

    def _lifecycle(self, source: _Source) -> PlannedLifecycle:
        each = source.lifecycle
        try:
            lifecycle = expand_lifecycle(each.lifecycle, source.definitions)
        except ExpansionError as error:
            self._leave_out("lifecycle", "", error)
            lifecycle = expand_lifecycle(DEFAULT_LIFECYCLE, source.definitions)
        return PlannedLifecycle(lifecycle, _stand(each))

    def _leave_out(self, kind: str, name: str, reason: object) -> None:
        """One definition that cannot be judged must not stop all others."""
        about: dict[str, Any] = {"kind": kind, "definition_id": name, "reason": str(reason)}
        self._log.error("definition left out", extra=about)

    def _triggers(self, workspace_id: str, source: _Source) -> frozenset[str]:
        """What any version up to the published one refers to: people may still stand in each.

        They may in an archived journey, too, which nobody enters. Which versions in between were
        drafts is not kept.
        """
        met = [(name, n) for name, latest in source.journeys.items() for n in range(1, latest + 1)]
        known = self._triggers_of.setdefault(workspace_id, {})
        new = (version for version in met if version not in known)
        for version, body in self._catalog.journey_bodies(workspace_id, new):
            known[version] = self._triggers_in(version, body)
        found = ((name, known[name, n]) for name, n in met if (name, n) in known)
        return frozenset[str]().union(
            *(one.inside if name in source.archived else one.all for name, one in found)
        )

    def _triggers_in(self, version: VersionOf, body: str) -> _Triggers:
        try:
            journey = Journey.model_validate_json(body)
            return _Triggers(triggers_of(journey), triggers_inside(journey))
        except ValidationError as error:  # stored by older rules
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            self._leave_out("journey", "{} {}".format(*version), f"{where}: {first['msg']}")
            return _Triggers(frozenset(), frozenset())


def _stand(each: PublishedSegment | PublishedTag | PublishedLifecycle) -> Standpoint:
    return Standpoint(each.version, each.build, each.announce)
