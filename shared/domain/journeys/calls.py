"""Calls: how much of a journey one call carries out, and what it answers to the state machine.

A call goes on for as long as no time passes and nothing has to come from outside, so that the
state machine needs no state of its own for what is decided already. The compiler draws its graph
by the same rule (`carried`), so the two cannot disagree.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, assert_never

from shared.domain.instants import format_instant
from shared.domain.journeys.clock import wall_rest, wall_wake
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import CUTS, Enrolment, TraceEntry
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.kinds import (
    END,
    ActingStep,
    AskingStep,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
    ListeningStep,
    RepeatStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
    WaitForStep,
    WaitStep,
    WebhookStep,
)
from shared.domain.journeys.stimulus import Facts, Perform
from shared.domain.journeys.ways import needs_facts, stay_of


class Span(NamedTuple):
    """From when until when (logical) a listening step lasts."""

    begins: datetime
    due: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """Where a call led: to which step, and from when until when (logical) to wait there.

    `ways` says of each step that the call came through where it led from there, under `way_key`;
    `seen` is how many decisions had been made by then. `listens` is how long the machine listens
    next, if that is what comes, be it after a wait.
    """

    next: str
    ways: Mapping[str, str]
    seen: int
    since: datetime
    due: datetime | None = None
    listens: Span | None = None

    def to_json(self, now: datetime, time_scale: float) -> dict[str, Any]:
        """What the state machine is told.

        `wake_at` is an instant of the wall clock; `rest` how many seconds of it to listen.
        """
        told = {"next": self.next, "ways": dict(self.ways), "seen": self.seen}
        wake_at = wall_wake(self.due, self.since, now, time_scale) if self.due else None
        rest = None
        if self.listens:
            begins, due = self.listens
            at = max(now, wake_at) if wake_at and begins == self.due else now
            rest = wall_rest(begins, due, at, time_scale)
        return {**told, "wake_at": wake_at and format_instant(wake_at), "rest": rest}


def way_key(journey: Journey, step: str) -> str:
    """The name under which an answer tells the way out of a step; a path in ASL can hold it."""
    return f"s{journey.place(step)}"


def carried(step: Step, after: Step | None) -> bool:
    """Say whether `step` is carried out by the call that carried out `after`.

    None stands for the calls that begin an enrolment or end a wait: they do not know the person,
    so they decide nothing that needs facts. Nothing is carried out after a `wait`, whether it was
    waited or passed by: its state ends without a call.
    """
    if isinstance(after, WaitStep):
        return False
    match step:
        case WaitStep() | BranchStep():
            return not needs_facts(step) or isinstance(after, SendStep | ActingStep)
        case ExperimentStep() | RepeatStep() | ExitStep():
            return True
        case SendStep() | UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
            return False
        case WaitForStep() | AssignStep() | FeedbackStep():
            return False
        case _:
            assert_never(step)


def carry_on(
    journey: Journey,
    made: Advance,
    after: Step | None,
    now: datetime,
    facts: Callable[[AskingStep], Facts] | None = None,
    belongs: Callable[[Step, Step | None], bool] = carried,
) -> Advance:
    """Go on from an advance with all that belongs to the same call; gives both as one advance.

    What `belongs` to it is said of each step and the one before.
    """
    while made.enrolment.phase == "ready":
        step = journey.step(made.enrolment.at)
        if not belongs(step, after):
            break
        known = facts(step) if facts and needs_facts(step) else None
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
    ways: dict[str, str] = {}
    while True:
        entry = enrolment.trace[place]
        here = entry.next or entry.step
        if entry.step:
            ways[way_key(journey, entry.step)] = here
        if entry.next is None or here == END or not carried(journey.step(here), after):
            listens = listening(journey, here, entry.at, entry.due)
            return Answer(here, ways, enrolment.decided, entry.at, entry.due, listens)
        after, place = journey.step(here), place + 1


def listening(journey: Journey, here: str, at: datetime, due: datetime | None) -> Span | None:
    """How long the machine of whoever has come to `here` at an instant listens next.

    `due` is until when it waits here, if it does. None where it calls before it listens.
    """
    step = journey.step(here) if journey.has(here) else None
    if isinstance(step, ListeningStep):
        return Span(at, due or at + stay_of(step))
    if due and isinstance(step, WaitStep):  # its state ends without a call
        return listening(journey, journey.target(step.name, step.next), due, None)
    return None


def _last_decision(trace: tuple[TraceEntry, ...], step: str) -> int | None:
    for place in reversed(range(len(trace))):
        if trace[place].step == step and trace[place].decision not in CUTS:
            return place
    return None
