"""A workspace's definitions, turned around so that an event finds what it can touch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from shared.aws.catalog import CatalogReader, PublishedJourney, PublishedSegment
from shared.domain.journeys.triggers import triggers_of
from shared.domain.segments.index import SegmentIndex, index_segments


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for every person of a workspace.

    `triggers` are the names of the events that journeys refer to, published and paused ones.
    `kept_traits` are those whose history is kept.
    """

    zone: ZoneInfo
    segments: Mapping[str, PublishedSegment]
    index: SegmentIndex
    triggers: frozenset[str]
    kept_traits: frozenset[str] = frozenset()


class Plans:
    """The plan of each workspace, made again only when its catalog has changed."""

    def __init__(self, catalog: CatalogReader) -> None:
        """`catalog` says what is published, and caches it."""
        self._catalog = catalog
        self._plans: dict[str, tuple[object, Plan]] = {}

    def of(self, workspace_id: str) -> Plan:
        """The plan as of now, as old as the catalog reader allows at most."""
        settings = self._catalog.settings(workspace_id)
        segments = self._catalog.segments(workspace_id)
        journeys = self._catalog.journeys(workspace_id)
        made_from = (
            settings.timezone,
            settings.trait_history,
            [(each.segment.segment_id, each.version) for each in segments],
            [(each.journey.journey_id, each.version) for each in journeys],
        )
        known = self._plans.get(workspace_id)
        if known and known[0] == made_from:
            return known[1]
        plan = Plan(
            zone=settings.zone,
            segments={each.segment.segment_id: each for each in segments},
            index=index_segments(each.segment for each in segments),
            triggers=self._triggers(workspace_id, journeys),
            kept_traits=settings.trait_history,
        )
        self._plans[workspace_id] = (made_from, plan)
        return plan

    def _triggers(self, workspace_id: str, journeys: Iterable[PublishedJourney]) -> frozenset[str]:
        """What any version up to the published one refers to: people may still stand in each."""
        versions = (
            self._catalog.journey(workspace_id, each.journey.journey_id, version).journey
            for each in journeys
            for version in range(1, each.version + 1)
        )
        return frozenset[str]().union(*map(triggers_of, versions))
