"""What a broadcast is made of when it begins: by a schedule, or because somebody asked for it."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.audiences.model import CONDITION
from shared.domain.broadcasts.model import Broadcast, Sample
from shared.domain.broadcasts.schedule import last_tick, tick_name
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import ExperimentStep
from shared.domain.journeys.rules import AskedEntry, ScheduleEntry
from shared.domain.segments.condition import SegmentCondition
from shared.errors import InvalidInputError

_LONGEST_NAME: Final = 40


def scheduled(
    journey: Journey, since: datetime, now: datetime, workspace_zone: ZoneInfo
) -> Broadcast | None:
    """The broadcast that the latest tick since an instant begins; named by it, so it is one."""
    entry = journey.entry
    if not isinstance(entry, ScheduleEntry):
        return None
    tick = last_tick(entry, since, now, workspace_zone)
    if tick is None:
        return None
    condition = SegmentCondition(segment_id=entry.segment_id)
    return Broadcast(
        broadcast_id=f"{_short(journey.journey_id)}-{tick_name(tick)}",
        journey_id=journey.journey_id,
        condition=CONDITION.dump_json(condition).decode(),
        segment_id=entry.segment_id,
        asked_at=tick,
        starts_at=tick,
        local_time=entry.local_time or "",
        rate=entry.rate or 0,
    )


def sample_of(
    journey: Journey, share: float, decide_after: timedelta, step: str | None, least: int
) -> Sample:
    """A sample for a journey; raises InvalidInputError where nothing could be compared."""
    experiments = [one.name for one in journey.steps if isinstance(one, ExperimentStep)]
    if step is None and len(experiments) == 1:
        step = experiments[0]
    if step is None or step not in experiments:
        raise InvalidInputError(
            "a sample needs an experiment in the journey to compare",
            where="sample.experiment",
            hint=f"name one of {experiments}" if experiments else "the journey has none",
        )
    if journey.goal is None:
        raise InvalidInputError(
            "a sample is decided by the goal of the journey, which has none", where="sample"
        )
    return Sample(share, decide_after, step, least)


def check_entry(journey: Journey) -> None:
    """Raises InvalidInputError for a journey that nobody can be asked into."""
    if not isinstance(journey.entry, AskedEntry):
        raise InvalidInputError(
            f"people enter this journey by {journey.entry.type}, not by being asked",
            where="journey_id",
            hint="a journey for broadcasts has `entry: {type: call}`",
        )


def _short(journey_id: str) -> str:
    """An id that leaves room for a tick, still its own."""
    if len(journey_id) <= _LONGEST_NAME:
        return journey_id
    digest = sha256(journey_id.encode()).hexdigest()[:8]
    return f"{journey_id[: _LONGEST_NAME - 9]}-{digest}"
