"""Looks every minute whether the clock of a journey with a schedule says that it begins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.catalog import CatalogReader, PublishedJourney
from shared.aws.schedule_store import ScheduleStore
from shared.domain.broadcasts.beginning import scheduled
from shared.domain.journeys.rules import ScheduleEntry
from shared.runtime.each import each


@dataclass(frozen=True, slots=True)
class Tick:
    """One look after another; what one missed the next one finds, and nothing begins twice."""

    catalog: CatalogReader
    schedules: ScheduleStore
    desk: BroadcastDesk
    now: Callable[[], datetime]

    def tick(self, workspace_id: str) -> int:
        """Begin what is due; gives how many broadcasts.

        Every schedule is looked at, and only then the first error is raised.
        """
        journeys = [
            one
            for one in self.catalog.journeys(workspace_id)
            if isinstance(one.journey.entry, ScheduleEntry)
        ]
        if not journeys:
            return 0
        looked = self.schedules.looked(workspace_id)
        return sum(each(journeys, lambda one: self._look(workspace_id, one, looked)))

    def _look(
        self, workspace_id: str, one: PublishedJourney, looked: dict[str, tuple[int, datetime]]
    ) -> bool:
        """Begin a broadcast if there was a tick since the last look; a paused one passes it by.

        A version that was not looked at before has ticks from its publishing on.
        """
        journey_id, now = one.journey.journey_id, self.now()
        version, since = looked.get(journey_id, (0, now))
        is_new = version != one.version
        if is_new:
            since = self.catalog.journey_changed_at(workspace_id, journey_id) or now
        zone = self.catalog.settings(workspace_id).zone
        wanted = scheduled(one.journey, since, now, zone)
        begins = wanted is not None and one.status == "published"
        if wanted is not None and begins:
            self.desk.begin(workspace_id, wanted)
        if is_new or wanted is not None:
            self.schedules.look_until(workspace_id, journey_id, one.version, now)
        return begins
