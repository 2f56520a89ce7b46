"""How many state transitions a run took, or would take, by the clock `step_functions`."""

from shared.domain.journeys.calls import carried
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import CUTS, Enrolment, TraceEntry
from shared.domain.journeys.kinds import (
    END,
    BranchStep,
    ExitStep,
    ExperimentStep,
    RepeatStep,
    SendStep,
    Step,
    WaitStep,
)
from shared.domain.journeys.ways import ways_out


def transitions(journey: Journey, enrolment: Enrolment) -> int:
    """The states that an execution entered along this trace, and its start.

    It counts by the rule by which the compiler draws its states (`asl.py`). Nothing runs for
    somebody who is held out, or who is through by the call that enrols.
    """
    count, before, runs = 1, None, False
    for entry in enrolment.trace:
        if not entry.step or entry.decision in CUTS:
            continue
        step = journey.step(entry.step)
        settled = carried(step, None if before is None or _listens(before) else before)
        runs = runs or not settled or entry.decision == "waiting"
        count += _states(journey, step, entry, settled=settled)
        before = step
    return count if runs else 0


def _states(journey: Journey, step: Step, entry: TraceEntry, *, settled: bool) -> int:
    """Of one decision; a wait has two, when it begins and when it is over."""
    ends = entry.next == END
    match step:
        case WaitStep():
            if entry.decision == "elapsed":
                return int(ends)  # a call has to write it down
            waits = entry.decision == "waiting"
            return (0 if settled else 1) + step.may_skip + waits + ends
        case BranchStep() | ExperimentStep() | RepeatStep():
            return (1 if settled else 2) + ends
        case SendStep() | ExitStep():
            return 1
        case _ if _listens(step):
            if entry.decision == "waiting":
                return 1
            late = entry.decision == "timed_out"
            return late + (1 + ends if _parts(journey, step, late=late) else 0)
        case _:
            return 1


def _listens(step: Step) -> bool:
    """Whether it is a Task that lasts until something happens."""
    known = SendStep | WaitStep | BranchStep | ExperimentStep | RepeatStep | ExitStep
    return not isinstance(step, known) and len(ways_out(step)) > 1


def _parts(journey: Journey, step: Step, *, late: bool) -> bool:
    """Whether a Choice has to find the way: of those of what happens, or of all when time is up."""
    targets = [journey.target(step.name, way.target) for way in ways_out(step)]
    return len({*targets[: None if late else -1]}) > 1
