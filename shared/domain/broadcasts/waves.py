"""Waves: people whose clocks go alike are asked from the same instant on."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.broadcasts.model import Broadcast, Group, Part, Wave
from shared.domain.journeys.hashing import ALL, draw
from shared.domain.journeys.local_time import next_time

EVERY_DAY: Final = range(7)
# People of two zones share a wave when their clocks show the same for so long.
_ALIKE_DAYS: Final = 61
# A wave that was paused for longer goes on when its clocks show the time again.
_STILL_THE_HOUR: Final = timedelta(hours=1)


def group_of(broadcast: Broadcast, profile_id: str) -> Group:
    """Whether somebody belongs to the sample: always the same answer for one broadcast."""
    if broadcast.sample is None:
        return "all"
    number = draw(f"broadcast:{broadcast.broadcast_id}", profile_id)
    return "sample" if number < int(broadcast.sample.share * ALL) else "rest"


def local_instant(local_time: str, zone: ZoneInfo, since: datetime) -> datetime:
    """When clocks in a zone show a time at an instant or next."""
    just_before = since - timedelta(microseconds=1)
    return next_time(just_before, time.fromisoformat(local_time), EVERY_DAY, zone)


@cache
def clock_of(zone: ZoneInfo, since: datetime) -> tuple[float, ...]:
    """How far the clocks of a zone are from UTC, on every day from an instant on."""
    days = (since + timedelta(days=n) for n in range(_ALIKE_DAYS))
    return tuple((day.astimezone(zone).utcoffset() or timedelta()).total_seconds() for day in days)


class Sorting:
    """Sorts people into waves as they come."""

    def __init__(self, broadcast: Broadcast, since: datetime) -> None:
        """Nobody is asked before the instant `since`."""
        self._broadcast = broadcast
        self._since = since
        self._places: dict[tuple[Group, tuple[float, ...]], int] = {}
        self._waves: list[Wave] = []

    def place(self, profile_id: str, zone: ZoneInfo) -> int:
        """The number of the wave to which somebody belongs."""
        local = self._broadcast.local_time
        group = group_of(self._broadcast, profile_id)
        # To the quarter of an hour before, so that two instants of a gathering have one answer.
        clock = clock_of(zone, self._since) if local else ()
        if (group, clock) not in self._places:
            at = local_instant(local, zone, self._since) if local else self._since
            self._places[group, clock] = len(self._waves)
            named = zone.key if local else ""
            self._waves.append(Wave(group, named, None if group == "rest" else at, 0))
        number = self._places[group, clock]
        wave = self._waves[number]
        self._waves[number] = wave._replace(people=wave.people + 1)
        return number

    @property
    def waves(self) -> tuple[Wave, ...]:
        """All waves, with the people that came so far."""
        return tuple(self._waves)


def released(broadcast: Broadcast, at: datetime) -> tuple[Wave, ...]:
    """The waves, those of the rest with their instants, after a decision at an instant."""
    return tuple(
        wave._replace(at=_next(broadcast, wave, at)) if wave.group == "rest" else wave
        for wave in broadcast.waves
    )


def resumed(
    broadcast: Broadcast, parts: Mapping[tuple[int, int], Part], now: datetime
) -> Broadcast:
    """The broadcast where waves that are no longer at their hour wait for the next one."""
    if not broadcast.local_time:
        return broadcast
    waves = tuple(
        wave._replace(at=_next(broadcast, wave, now))
        if wave.at is not None
        and wave.at + _STILL_THE_HOUR < now
        and not is_through(wave, number, parts)
        else wave
        for number, wave in enumerate(broadcast.waves)
    )
    return replace(broadcast, waves=waves)


def _next(broadcast: Broadcast, wave: Wave, since: datetime) -> datetime:
    if not broadcast.local_time:
        return since.astimezone(UTC)
    return local_instant(broadcast.local_time, ZoneInfo(wave.zone), since)


def is_through(wave: Wave, number: int, parts: Mapping[tuple[int, int], Part]) -> bool:
    """Whether everybody in a wave was asked."""
    return not any(left_in(wave, number, parts))


def left_in(
    wave: Wave, number: int, parts: Mapping[tuple[int, int], Part]
) -> Iterator[tuple[int, int]]:
    """(batch, people left) for every batch of a wave that is not through."""
    for batch, size in enumerate(wave.sizes):
        done = parts.get((number, batch), Part()).done
        if done < size:
            yield batch, size - done


def asked_in(number: int, parts: Mapping[tuple[int, int], Part]) -> int:
    """How many of a wave are done with."""
    return sum(part.done for (wave, _), part in parts.items() if wave == number)
