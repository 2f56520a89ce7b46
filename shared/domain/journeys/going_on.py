"""Going on by a new execution: for those who were moved, and those whose execution has gone."""

from collections.abc import Iterator
from dataclasses import replace

from shared.domain.journeys.asking import Request, asked_for
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.ports import Ref, Stored
from shared.domain.journeys.progress import Progress


def resume_surely(
    progress: Progress, machines: MachineClock, journey: Journey, ref: Ref, stored: Stored
) -> None:
    """Start an execution where an enrolment stands, and stop it if that ended meanwhile.

    Whoever ended it perhaps found no execution to stop.
    """
    machines.resume(journey, ref, stored)
    now = progress.enrolments.load(ref)
    if now and now.enrolment.status != "active":
        progress.follow_up(journey, ref, now, "", 0)


def owed(old: Journey, enrolment: Enrolment, place: int) -> Iterator[Request]:
    """What the last call of an execution asked for, which perhaps was not handed over.

    `old` is the version that held the enrolment before `place` in its trace. By the due index
    whoever asked is told again by its queue, and hands over then.
    """
    if old.clock != "step_functions" or not place:
        return
    version = enrolment.trace[place - 1].version
    told = replace(enrolment, journey_version=version)
    for entry in reversed(enrolment.trace[:place]):
        if entry.version != version:
            return
        asked = list(asked_for(old, told, [entry]))
        if asked:
            yield from asked
            return
