"""Counting: how many people began a journey, stand where in it, went which way, and how they ended.

A count is a sum over the decisions of all enrolments, so what a change of one adds is read off its
trace: the decisions that came with the change, and the place where it stood before.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from shared.domain.journeys.enrolment import CUTS, WAITS, Enrolment, TraceEntry
from shared.domain.journeys.kinds import END

STARTED: Final = "started"
COMPLETED: Final = "completed"
EXITED: Final = "exited"
HERE: Final = "here"
WENT: Final = "went"


class Counted(NamedTuple):
    """One count of a journey; those of single steps are of one version of it."""

    name: str
    version: int | None = None


Deltas = Counter[Counted]
"""What a change adds to each count; a place that was left loses one."""


def deltas(enrolment: Enrolment, told: int) -> Deltas:
    """What an enrolment adds that had made its first `told` decisions before."""
    trace, found = enrolment.trace, Deltas()
    if told == len(trace):
        return found
    if told == 0:
        found[Counted(STARTED)] += 1
    elif before := _place(trace[:told]):
        found[before] -= 1
    found.update(_ways(trace[told:]))
    match enrolment.status:
        case "active":
            if here := _place(trace):
                found[here] += 1
        case "completed":
            found[Counted(COMPLETED)] += 1
        case "exited":
            found[Counted(f"{EXITED}:{enrolment.reason}")] += 1
    return Deltas({counted: n for counted, n in found.items() if n})


def leaving(enrolment: Enrolment) -> Deltas:
    """What is to be taken away where an enrolment that goes on is erased: it stands nowhere."""
    here = _place(enrolment.trace) if enrolment.status == "active" else None
    return Deltas({here: -1}) if here else Deltas()


def went(step: str, to: str) -> str:
    """The name of the count of those who went a way; a step's name holds no colon."""
    return f"{WENT}:{step}:{to}"


def _place(trace: tuple[TraceEntry, ...]) -> Counted | None:
    """Where an enrolment that goes on stands after these decisions."""
    last = next(entry for entry in reversed(trace) if entry.decision not in CUTS)
    step = last.step if last.decision in WAITS else last.next
    return Counted(f"{HERE}:{step}", last.version) if step else None


def _ways(entries: tuple[TraceEntry, ...]) -> Iterator[Counted]:
    """The ways that these decisions led along; the end is one."""
    for entry in entries:
        to = END if entry.decision == "exit_step" else entry.next
        if entry.step and to:
            yield Counted(went(entry.step, to), entry.version)
