"""What a decision asks somebody outside to do, told by the step and its line in the trace alone.

So the interpreter, a repeated call and whoever comes after a crash ask for the very same.
"""

from typing import Final

from shared.domain.journeys.effects import Act, Asked, SendMessage
from shared.domain.journeys.enrolment import Decision, TraceEntry
from shared.domain.journeys.ids import action_id, message_id
from shared.domain.journeys.kinds import (
    ActingStep,
    AssignStep,
    FeedbackStep,
    SendStep,
    Step,
)

_ASKING: Final[frozenset[Decision]] = frozenset({"requested", "acted", "waiting", "timed_out"})


def asked_by(step: Step, enrolment_id: str, entry: TraceEntry) -> tuple[Asked, ...]:
    """What one decision at a step asks for; asking again names the same message or action."""
    decision = entry.decision
    if decision not in _ASKING:  # most decisions ask for nothing, and this runs for all of them
        return ()
    match step:
        case SendStep() if decision == "requested":
            return (_message(step.template_id, enrolment_id, entry, step.fallback),)
        case FeedbackStep() if decision == "waiting":
            return (_message(step.template_id, enrolment_id, entry),)
        case AssignStep() if decision == "timed_out" and step.escalate_to:
            return (_act(enrolment_id, entry, escalated=True),)
        case AssignStep() if decision == "waiting":
            return (_act(enrolment_id, entry),)
        case _ if isinstance(step, ActingStep) and decision == "acted":
            return (_act(enrolment_id, entry),)
        case _:
            return ()


def task_id(enrolment_id: str, step: str, visit: int) -> str:
    """The task that one visit of an `assign` makes, escalated or not."""
    return action_id(enrolment_id, step, visit)


def _message(
    template_id: str, enrolment_id: str, entry: TraceEntry, fallback: tuple[str, ...] = ()
) -> SendMessage:
    return SendMessage(
        message_id=message_id(enrolment_id, entry.step, entry.visit),
        step=entry.step,
        visit=entry.visit,
        template_id=template_id,
        requested_at=entry.at,
        fallback=fallback,
    )


def _act(enrolment_id: str, entry: TraceEntry, *, escalated: bool = False) -> Act:
    name = task_id(enrolment_id, entry.step, entry.visit)
    return Act(name, entry.step, entry.visit, entry.at, escalated)
