"""Looks every minute whether the clock of a journey with a schedule says that it begins."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from pydantic import ValidationError

from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.catalog import CatalogReader, PublishedJourney
from shared.aws.schedule_store import ScheduleStore
from shared.domain.broadcasts.beginning import scheduled
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.rules import ScheduleEntry
from shared.errors import NotFoundError
from shared.runtime.each import each

# One look a minute, and what somebody publishes right after a tick is found by the next one.
LOOKED_WITHIN: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Tick:
    """One look after another; what one missed the next one finds, and nothing begins twice."""

    catalog: CatalogReader
    schedules: ScheduleStore
    desk: BroadcastDesk
    now: Callable[[], datetime]

    def tick(self, workspace_id: str) -> int:
        """Begin what is due; gives how many broadcasts.

        Every schedule is looked at, and only then the first error is raised. None is while people
        are being restored, as nobody would enter; the first look after that begins the latest tick.
        """
        journeys = [
            one
            for one in self.catalog.journeys(workspace_id)
            if isinstance(one.journey.entry, ScheduleEntry)
        ]
        if not journeys or self.catalog.settings(workspace_id).restoring:
            return 0
        looked = self.schedules.looked(workspace_id)
        return sum(each(journeys, lambda one: self._look(workspace_id, one, looked)))

    def _look(
        self, workspace_id: str, one: PublishedJourney, looked: dict[str, tuple[int, datetime]]
    ) -> bool:
        """Begin a broadcast if there was a tick since the last look.

        One that is paused or archived passes it by. A version that was not looked at before has
        ticks from its publishing on, and takes over what the one before it has left.
        """
        journey_id, now = one.journey.journey_id, self.now()
        version, since = looked.get(journey_id, (0, now))
        is_new = version != one.version
        zone = self.catalog.settings(workspace_id).zone
        if is_new:
            published = self.catalog.journey_changed_at(workspace_id, journey_id) or now
            wanted = scheduled(one.journey, published, now, zone)
            before = None if wanted else self._before(workspace_id, journey_id, version)
            if before:
                # Not since the last look that found anything: the journey may have been deleted.
                since = max(since, published - LOOKED_WITHIN)
                wanted = scheduled(before, since, published, zone)
        else:
            wanted = scheduled(one.journey, since, now, zone)
        begins = wanted is not None and one.status == "published"
        if wanted is not None and begins:
            self.desk.begin(workspace_id, wanted)
        if is_new or wanted is not None:
            self.schedules.look_until(workspace_id, journey_id, one.version, now)
        return begins

    def _before(self, workspace_id: str, journey_id: str, version: int) -> Journey | None:
        """The version that was looked at last, if one was that can still be read."""
        try:
            return self.catalog.journey(workspace_id, journey_id, version).journey
        except (NotFoundError, ValidationError):
            return None
