"""Tasks that nobody waits for any more: who was to be called has paid, and the run is over.

Told by the trace alone, like the tasks themselves.
"""

from collections.abc import Iterator
from typing import Final

from shared.domain.journeys.enrolment import CUTS, Decision, Enrolment, TraceEntry
from shared.domain.journeys.steps.asked import task_id

_AWAY: Final[frozenset[Decision]] = CUTS | {"moved"}
_ANSWERS: Final[frozenset[Decision]] = frozenset({"happened", "timed_out"})


def withdrawn(enrolment: Enrolment, told: int) -> Iterator[str]:
    """Tasks that an enrolment was taken away from, if that is among what followed `told` decisions.

    A task that was done or is overdue has had its answer: what is overdue stays to be done. The
    same task may be named again after a later decision of that kind.
    """
    if _AWAY.isdisjoint(entry.decision for entry in enrolment.trace[told:]):
        return
    answered = {
        (entry.step, entry.visit) for entry in enrolment.trace if entry.decision in _ANSWERS
    }
    at = enrolment.at
    here = (at, enrolment.visits[at]) if enrolment.phase == "waiting" else None
    for entry in enrolment.trace:
        place = entry.step, entry.visit
        if _gives_a_task(entry) and place not in answered and place != here:
            yield task_id(enrolment.enrolment_id, *place)


def _gives_a_task(entry: TraceEntry) -> bool:
    return entry.decision == "waiting" and any(one["about"] == "task" for one in entry.because)
