"""When a schedule would have asked somebody in: by the broadcasts that it would have begun.

The ids are those of production: a broadcast is named by its tick, and whoever is asked by the
broadcast. How many people a minute a provider takes is not looked at.
"""

from bisect import insort
from collections import deque
from datetime import datetime, timedelta

from shared.domain.backtests.setting import Setting
from shared.domain.broadcasts.asked import call_of
from shared.domain.broadcasts.beginning import scheduled
from shared.domain.broadcasts.waves import local_instant
from shared.domain.events.model import Event
from shared.domain.histories.known import Known
from shared.domain.journeys.local_time import own_zone
from shared.domain.segments.evaluate import evaluate

_MOMENT = timedelta(milliseconds=1)


class Asks:
    """The ticks of a period, and when one person is asked because of them."""

    def __init__(self, setting: Setting, profile_id: str) -> None:
        """Nothing where the journey has no schedule."""
        self._setting = setting
        self._profile_id = profile_id
        self._ticks = deque(setting.ticks)
        self._coming: list[tuple[datetime, datetime]] = []  # when, because of which tick

    @property
    def next_at(self) -> datetime | None:
        """When to look again."""
        coming = [self._ticks[0]] if self._ticks else []
        return min([*coming, *(at for at, _ in self._coming[:1])], default=None)

    def due(self, now: datetime, known: Known) -> list[Event]:
        """The events by which the person is asked at `now`, by what is known of her."""
        while self._ticks and self._ticks[0] <= now:
            self._gather(self._ticks.popleft(), known)
        asked = []
        while self._coming and self._coming[0][0] <= now:
            asked += self._ask(*self._coming.pop(0))
        return asked

    def _gather(self, tick: datetime, known: Known) -> None:
        """See whether the person is in the segment, and when her own clock shows the time."""
        setting = self._setting
        if setting.audience is None or setting.schedule is None:
            return
        if evaluate(setting.audience, known.view(), tick, setting.zone).matches:
            local = setting.schedule.local_time
            zone = own_zone(known.traits, setting.zone)
            insort(self._coming, (local_instant(local, zone, tick) if local else tick, tick))

    def _ask(self, at: datetime, tick: datetime) -> list[Event]:
        setting = self._setting
        begun = scheduled(setting.journey, tick - _MOMENT, tick, setting.zone)
        if begun is None:
            return []
        return [call_of(setting.workspace_id, begun, "all", self._profile_id, at, at)]
