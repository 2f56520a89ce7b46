"""Catalogs that hold what a test says."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from shared.aws.catalog import (
    PublishedLifecycle,
    PublishedSegment,
    PublishedTag,
    VersionOf,
)
from shared.domain.journeys.definition import Journey
from shared.domain.lifecycle.model import DEFAULT_LIFECYCLE, Lifecycle
from shared.domain.segments.condition import Segment
from shared.domain.segments.expand import Definitions
from shared.domain.tags.model import Tag
from shared.domain.workspace.model import WorkspaceSettings

PAGE_TODAY = {"type": "event", "event": "page", "within_days": 1}
SEGMENTS = {
    "visitors": {"type": "event", "event": "page"},
    "today": PAGE_TODAY,
    "buyers": {"type": "event", "event": "order"},
    "hesitating": {
        "type": "all",
        "conditions": [
            {"type": "event", "event": "page", "times": 3, "within_days": 30},
            {"type": "not", "condition": {"type": "event", "event": "order", "within_days": 30}},
        ],
    },
    "shanghai": {"type": "trait", "trait": "city", "operator": "equals", "value": "上海"},
    "ready": {
        "type": "all",
        "conditions": [
            {"type": "event", "event": "cart"},
            {"type": "trait", "trait": "phone", "operator": "exists"},
        ],
    },
}
JOURNEY = Journey.model_validate(
    {
        "journey_id": "reminder",
        "title": "Reminder",
        "entry": {"type": "event", "event": "cart"},
        "exit_on": [{"event": "order"}],
        "steps": [{"type": "wait", "name": "a day", "duration": "P1D"}],
    }
)


@cache
def _settings(timezone: str, kept: frozenset[str], restoring: bool) -> WorkspaceSettings:
    return WorkspaceSettings(timezone=timezone, trait_history=kept, restoring=restoring)


@dataclass
class Catalog:
    """A catalog that holds what the test says; each question finds it as it is then.

    `builds` says since which version each definition means what it means, by the names of plans
    (`segment:buyers`, `tag:vip`, `stage`), and `announced` whose builds are told; `days` since
    which version natural days are those of the time zone.
    """

    timezone: str = "Asia/Shanghai"
    conditions: dict[str, Any] = field(default_factory=lambda: dict(SEGMENTS))
    version: int = 1
    kept_traits: frozenset[str] = frozenset()
    versions: dict[int, Journey] = field(default_factory=lambda: {1: JOURNEY})
    kinds: dict[str, Any] = field(default_factory=dict)
    stages: Lifecycle = DEFAULT_LIFECYCLE
    builds: dict[str, int] = field(default_factory=dict)
    announced: set[str] = field(default_factory=set)
    days: int = 0
    restoring: bool = False

    def settings(self, workspace_id: str) -> WorkspaceSettings:
        return _settings(self.timezone, self.kept_traits, self.restoring)

    def _stand(self, name: str) -> tuple[int, int, bool]:
        build = max(self.builds.get(name, 0), self.days)
        return self.version, build, name in self.announced

    def days_build(self, workspace_id: str) -> int:
        return self.days

    def segments(self, workspace_id: str) -> tuple[PublishedSegment, ...]:
        return tuple(
            PublishedSegment(
                Segment(segment_id=name, title=name, condition=condition),
                *self._stand(f"segment:{name}"),
            )
            for name, condition in sorted(self.conditions.items())
        )

    def tags(self, workspace_id: str) -> tuple[PublishedTag, ...]:
        return tuple(
            PublishedTag(
                Tag(tag_id=name, title=name, category="all", family="value", how=kind),
                *self._stand(f"tag:{name}"),
            )
            for name, kind in sorted(self.kinds.items())
        )

    def lifecycle(self, workspace_id: str) -> PublishedLifecycle:
        return PublishedLifecycle(self.stages, *self._stand("stage"))

    def definitions(self, workspace_id: str) -> Definitions:
        segments, tags = self.segments(workspace_id), self.tags(workspace_id)
        return Definitions(
            segments={one.segment.segment_id: one.segment.condition for one in segments},
            tags={one.tag.tag_id: one.tag for one in tags},
            lifecycle=self.stages,
            settings=self.settings(workspace_id),
        )

    def destinations(self, workspace_id: str) -> tuple[()]:
        return ()

    def look_again(self, workspace_id: str) -> None:
        pass

    def journey_versions(self, workspace_id: str) -> dict[str, int]:
        return {JOURNEY.journey_id: max(self.versions)}

    def archived_journeys(self, workspace_id: str) -> frozenset[str]:
        return frozenset()

    def journey_bodies(
        self, workspace_id: str, wanted: Iterable[VersionOf]
    ) -> Iterator[tuple[VersionOf, str]]:
        for journey_id, version in wanted:
            assert journey_id == JOURNEY.journey_id
            yield (journey_id, version), self.versions[version].model_dump_json()


class Reader:
    """The version that a test's catalog has when it is read, as readers of the catalog give it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def version(self, workspace_id: str) -> int:
        return self._catalog.version

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)
