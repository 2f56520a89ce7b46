"""Entry: what begins an enrolment, whether somebody may enter again, and who of several stays."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from shared.domain.journeys.definition import Journey, Reentry
from shared.domain.journeys.rules import AskedEntry, EventEntry
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import matches
from shared.domain.text import to_text

AGREED: Final = timedelta(minutes=1)  # how far the clocks of two functions may be apart


@dataclass(frozen=True, slots=True)
class Run:
    """The latest enrolment in a journey (by one key of re-entry) at one desk.

    `decided_at` is when it was stored last, by the wall clock; None where that is not known.
    """

    enrolment_id: str
    entered_at: datetime
    active: bool
    decided_at: datetime | None = field(default=None, compare=False)


def enters(journey: Journey, happened: Happened) -> bool:
    """Say whether something that happened is an entry to the journey, and recent enough."""
    entry = journey.entry
    if not matches(entry, happened):
        return False
    if isinstance(entry, AskedEntry):
        return happened.properties.get("journey_id") == journey.journey_id
    if isinstance(entry, EventEntry) and happened.arrived_at is not None:
        return happened.arrived_at - happened.occurred_at <= entry.max_age
    return True


def key_of(journey: Journey, properties: Mapping[str, Any]) -> str:
    """What tells enrolments of one person apart; empty where nothing does.

    It is the value of a property of what began one, as JSON has it, so that 1 is not "1". An
    enrolment keeps that property.
    """
    if journey.reentry.key is None:
        return ""
    value = properties.get(journey.reentry.key)
    return "" if value is None else to_text(value)


def may_enter(reentry: Reentry, runs: Collection[Run], at: datetime) -> bool:
    """Say whether somebody may enter at the instant `at`, given the latest run at every desk.

    A run that was entered at this very instant began with the same entry: it is told again under
    the name of the profile that answers for the person since a merge.
    """
    if any(run.active or run.entered_at == at for run in runs):
        return False
    match reentry.policy:
        case "never":
            return not runs
        case "always":
            return True
        case "after":
            pause = reentry.after or timedelta()
            return all(run.entered_at + pause <= at for run in runs)
        case _:
            assert_never(reentry.policy)


def concerned(runs: Mapping[str, Run], merged_at: datetime) -> Mapping[str, Run]:
    """Of the runs of one person in one journey those to be settled after a merge at that instant.

    Those that are over since then may have been ended by whoever settled them and died over it;
    whatever had ended before the merge is somebody else's to finish.
    """
    since = merged_at - AGREED
    return {
        desk: run
        for desk, run in runs.items()
        if run.active or run.decided_at is None or run.decided_at >= since
    }


def survivor(runs: Mapping[str, Run]) -> str | None:
    """Of the runs of one person in one journey, by desk, the desk of the one that goes on.

    It is the active one that was entered first, whoever asks and however often.
    """
    active = ((run.entered_at, run.enrolment_id, desk) for desk, run in runs.items() if run.active)
    first = min(active, default=None)
    return first[2] if first else None
