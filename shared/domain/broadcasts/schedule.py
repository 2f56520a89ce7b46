"""Schedules: the instants at which the clock of a journey says that a broadcast begins.

A schedule is about what a wall clock shows, and local times become instants as they do for waits: a
time that clocks skip is the first instant after it, one that they show twice is the first of both.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.broadcasts.festivals import days_near
from shared.domain.journeys.local_time import instant_of, zone_named
from shared.domain.journeys.rules import ScheduleEntry

# No zone ever moved its clocks by more: Samoa left out a day.
_MARGIN: Final = timedelta(hours=26)


def zone_of(entry: ScheduleEntry, workspace_zone: ZoneInfo) -> ZoneInfo:
    """The zone whose clocks a schedule goes by."""
    return (zone_named(entry.time_zone) if entry.time_zone else None) or workspace_zone


def problem_of(cron: str) -> str | None:
    """What is wrong with a cron expression; None for a good one."""
    from cronsim import CronSim, CronSimError  # needed by nobody who only reads definitions

    try:
        next(CronSim(cron, datetime(2026, 1, 1)))  # noqa: DTZ001 (it counts in local time)
    except CronSimError as error:
        return str(error).lower()
    except StopIteration:
        return "no day is ever such a day"
    return None


def last_tick(
    entry: ScheduleEntry, after: datetime, until: datetime, workspace_zone: ZoneInfo
) -> datetime | None:
    """The latest tick after an instant and not after another one; None when there is none.

    Of ticks that were missed only the latest counts: nobody wants the mails of three weeks at once.
    """
    zone = zone_of(entry, workspace_zone)
    here = until.astimezone(zone).replace(tzinfo=None, microsecond=0)
    # Where clocks are put back an earlier local time can be a later instant.
    near = (instant_of(local, zone) for local in _backwards(entry, here))
    found = max((tick for tick in near if tick <= until), default=None)
    return found if found and found > after else None


def next_ticks(
    entry: ScheduleEntry, after: datetime, workspace_zone: ZoneInfo
) -> Iterator[datetime]:
    """The ticks after an instant, in their order, each once."""
    zone = zone_of(entry, workspace_zone)
    start = after.astimezone(zone).replace(tzinfo=None) - _MARGIN
    told = after
    for local in _forwards(entry, start):
        tick = instant_of(local, zone)
        if tick > told:
            told = tick
            yield tick


def _backwards(entry: ScheduleEntry, here: datetime) -> Iterator[datetime]:
    """Local times from somewhat ahead backwards, at least to the first that is surely past."""
    if entry.cron is None:
        for year in range(here.year - 2, here.year + 1):
            yield from _of_year(entry, year)
        return
    from cronsim import CronSim

    for local in CronSim(entry.cron, here + _MARGIN, reverse=True):
        yield local
        if local < here - _MARGIN:
            return


def _forwards(entry: ScheduleEntry, start: datetime) -> Iterator[datetime]:
    if entry.cron is not None:
        from cronsim import CronSim

        yield from CronSim(entry.cron, start - timedelta(seconds=1))
        return
    for year in range(start.year - 1, start.year + 100):
        yield from (one for one in _of_year(entry, year) if one >= start)


def _of_year(entry: ScheduleEntry, year: int) -> Iterator[datetime]:
    at = time.fromisoformat(entry.time)
    lunar = days_near(entry.lunar, "lunar", year) if entry.lunar else ()
    solar = days_near(entry.date, "solar", year) if entry.date else ()
    for day in (*lunar, *solar):
        yield datetime.combine(day, at)


def tick_name(tick: datetime) -> str:
    """A tick as a part of an id."""
    return tick.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
