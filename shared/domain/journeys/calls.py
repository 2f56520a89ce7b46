"""Calls: how much of a journey one call carries out, and what it answers to the state machine.

A call goes on for as long as no time passes and nothing has to come from outside, so that the
state machine needs no state of its own for what is decided already. The compiler draws its graph
by the same rule (`carried`), so the two cannot disagree.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from shared.domain.instants import format_instant
from shared.domain.journeys.clock import wall_wake
from shared.domain.journeys.definition import (
    END,
    BranchStep,
    ExitStep,
    Journey,
    SendStep,
    Step,
    WaitForStep,
    WaitStep,
)
from shared.domain.journeys.enrolment import CUTS, Enrolment, TraceEntry
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.stimulus import Facts, Perform


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a call led: the last way that it took, and from when until when (logical) to wait."""

    next: str
    since: datetime | None = None
    due: datetime | None = None

    def to_json(self, now: datetime, time_scale: float) -> dict[str, str | None]:
        """What the state machine is told: the way, and the wall-clock instant to wake at."""
        if self.since is None or self.due is None:
            return {"next": self.next, "wake_at": None}
        wake_at = wall_wake(self.due, self.since, now, time_scale)
        return {"next": self.next, "wake_at": format_instant(wake_at)}


def carried(step: Step, after: Step | None) -> bool:
    """Say whether `step` is carried out by the call that carried out `after`.

    None stands for the calls that begin an enrolment or end a wait: they do not know the person,
    so they decide no branch.
    """
    match step:
        case WaitStep() | ExitStep():
            return True
        case BranchStep():
            return isinstance(after, SendStep)
        case SendStep() | WaitForStep():
            return False
        case _:
            assert_never(step)


def carry_on(
    journey: Journey,
    made: Advance,
    after: Step | None,
    now: datetime,
    facts: Callable[[BranchStep], Facts] | None = None,
) -> Advance:
    """Go on from an advance with all that belongs to the same call; gives both as one advance."""
    while made.enrolment.phase == "ready":
        step = journey.step(made.enrolment.at)
        if not carried(step, after):
            break
        known = facts(step) if facts and isinstance(step, BranchStep) else None
        more = advance(journey, made.enrolment, Perform(step.name, known), now)
        made = replace(more, effects=made.effects + more.effects)
        after = step
    return made


def answer(journey: Journey, enrolment: Enrolment, step: str, after: Step | None) -> Answer | None:
    """What the call that carried out `step` answered; None when it has not been carried out.

    It is read off the trace, so a call that is repeated answers the same, wherever the enrolment
    has got to by now. `after` is the step itself, or None for a call that ended a wait.
    """
    place = _last_decision(enrolment.trace, step)
    if place is None:
        return None
    while True:
        entry = enrolment.trace[place]
        if entry.next is None:
            return Answer(entry.step, entry.at, entry.due)
        if entry.next == END or not carried(journey.step(entry.next), after):
            return Answer(entry.next)
        after, place = journey.step(entry.next), place + 1


def _last_decision(trace: tuple[TraceEntry, ...], step: str) -> int | None:
    for place in range(len(trace) - 1, -1, -1):
        if trace[place].step == step and trace[place].decision not in CUTS:
            return place
    return None
