"""Entry: what begins an enrolment, and whether somebody may enter again."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from shared.domain.journeys.definition import EventEntry, Journey, Reentry
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import matches


@dataclass(frozen=True, slots=True)
class Run:
    """A profile's latest enrolment in a journey."""

    enrolment_id: str
    entered_at: datetime
    active: bool


def enters(journey: Journey, happened: Happened) -> bool:
    """Say whether something that happened is an entry to the journey, and recent enough."""
    entry = journey.entry
    if not matches(entry, happened):
        return False
    if isinstance(entry, EventEntry) and happened.arrived_at is not None:
        return happened.arrived_at - happened.occurred_at <= entry.max_age
    return True


def may_enter(reentry: Reentry, latest: Run | None, at: datetime) -> bool:
    """Say whether a profile may enter at the instant `at`, given its latest enrolment."""
    if latest is None:
        return True
    if latest.active:
        return False
    match reentry.policy:
        case "never":
            return False
        case "always":
            return True
        case "after":
            return reentry.after is not None and latest.entered_at + reentry.after <= at
        case _:
            assert_never(reentry.policy)
