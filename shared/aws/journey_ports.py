"""Definitions and people as journeys see them, over the catalog and the folded state."""

from datetime import datetime

from shared.aws.catalog import CatalogReader
from shared.aws.state_store import StateStore
from shared.domain.days import natural_day
from shared.domain.journeys.definition import BranchStep, Journey
from shared.domain.journeys.stimulus import Facts
from shared.domain.segments.references import all_references, references


class CatalogDefinitions:
    """Published journeys (the port `Definitions`)."""

    def __init__(self, catalog: CatalogReader) -> None:
        """`catalog` caches what it has read."""
        self._catalog = catalog

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        """One version of a journey; raises NotFoundError."""
        return self._catalog.journey(workspace_id, journey_id, version).journey

    def time_scale(self, workspace_id: str) -> float:
        """What divides durations; 1 but in a rehearsal."""
        return self._catalog.settings(workspace_id).time_scale


class StatePeople:
    """What is known of people (the port `People`)."""

    def __init__(self, catalog: CatalogReader, states: StateStore) -> None:
        """`catalog` knows the time zone, `states` the counters and traits."""
        self._catalog = catalog
        self._states = states

    def facts(self, workspace_id: str, profile_id: str, step: BranchStep, at: datetime) -> Facts:
        """What the conditions of a branch look at, strongly consistent."""
        zone = self._catalog.settings(workspace_id).zone
        asked = all_references(references(arm.when) for arm in step.arms)
        today = natural_day(at, zone)
        return Facts(self._states.load_view(workspace_id, profile_id, asked, today), zone)
