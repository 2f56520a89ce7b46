"""The one interpreter: an enrolment and a stimulus in, the enrolment as it is then and effects out.

Production, tests, backtest and replay all go through `advance`. It is total and deterministic:
every stimulus has an answer in every state, and one that comes late or twice changes nothing.

           Perform                    Perform                    TimeUp, Happened
    ready ────────▶ ready at the next   ready ───▶ waiting ───▶ ready at the next
      │                                   │                       │
      └── exit, end, exit rule, merge ────┴───────────────────────┴──▶ over
"""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Asked, Effect
from shared.domain.journeys.enrolment import HOLDOUT, Enrolment, Status, TraceEntry, Waiting
from shared.domain.journeys.goal import held_out, reach
from shared.domain.journeys.kinds import (
    END,
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
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.steps import (
    act,
    assign,
    branch,
    exit,  # noqa: A004
    experiment,
    feedback,
    repeat,
    send,
    wait,
    wait_for,
)
from shared.domain.journeys.steps.asked import asked_by
from shared.domain.journeys.steps.outcome import Go, Hold, Leave, Moment, Outcome, because_of, fact
from shared.domain.journeys.stimulus import Happened, Merged, Move, Perform, Stimulus, TimeUp
from shared.domain.journeys.triggers import kept_of_entry, matches


@dataclass(frozen=True, slots=True)
class Advance:
    """The enrolment after a stimulus (the same object when nothing came of it), and what to do.

    `wake` is the logical instant at which the time is up, when the enrolment waits from now on.
    """

    enrolment: Enrolment
    effects: tuple[Effect, ...] = ()
    wake: datetime | None = None


def enrol(
    journey: Journey,
    version: int,
    happened: Happened,
    *,
    workspace_id: str,
    profile_id: str,
    enrolment_id: str,
) -> Advance:
    """Begin: the enrolment's clock starts at the instant at which the entry happened.

    Whoever is held out has an enrolment too, which is over from the start.
    """
    at, out = happened.occurred_at, held_out(journey, profile_id)
    entered = TraceEntry(
        "",
        0,
        at,
        "entered",
        version,
        next=None if out else journey.first,
        fact=happened.fact_id,
        because=(because_of(happened),),
    )
    enrolment = Enrolment(
        workspace_id=workspace_id,
        profile_id=profile_id,
        enrolment_id=enrolment_id,
        journey_id=journey.journey_id,
        journey_version=version,
        entered_at=at,
        clock_at=at,
        at=journey.first,
        entry=kept_of_entry(journey, happened),
        correlation_id=happened.correlation_id,
        trace=(entered,),
    )
    if out:
        because = (fact("share", "holdout", value=journey.holdout),)
        entry = TraceEntry("", 0, at, "held_out", version, because=because)
        return Advance(_over(enrolment, entry, "exited", HOLDOUT))
    return Advance(enrolment, tuple(listeners(journey, enrolment).values()))


def advance(journey: Journey, enrolment: Enrolment, stimulus: Stimulus, now: datetime) -> Advance:
    """Answer one stimulus; `journey` is the version that the enrolment runs under.

    `now` is the driver's wall clock in whole milliseconds. Nothing is raised for a stimulus that
    does not concern the enrolment any more: it comes back as it was.
    """
    if enrolment.status != "active":
        return Advance(enrolment)
    if isinstance(stimulus, Merged):
        return Advance(_give_way(enrolment, stimulus, now))
    if isinstance(stimulus, Happened):
        enrolment = reach(journey, enrolment, stimulus)
        if enrolment.status != "active" or enrolment.has_used(stimulus.fact_id):
            return Advance(enrolment)
        if _ends(journey, enrolment, stimulus):
            return Advance(_leave_by_rule(enrolment, stimulus))
    if not _concerns(enrolment, stimulus):
        return Advance(enrolment)
    step = journey.step(enrolment.at)
    visit = enrolment.visits.get(step.name, 0) + (0 if enrolment.waiting else 1)
    outcome = _answer(step, Moment(journey, enrolment, visit, stimulus, now))
    return _carry_out(journey, enrolment, visit, outcome) if outcome else Advance(enrolment)


def _ends(journey: Journey, enrolment: Enrolment, happened: Happened) -> bool:
    return happened.occurred_at >= enrolment.entered_at and any(
        matches(rule, happened, enrolment.entry) for rule in journey.exit_on
    )


def _concerns(enrolment: Enrolment, stimulus: Move) -> bool:
    """Say whether the enrolment stands where the stimulus believes it to be."""
    match stimulus:
        case Perform():
            return enrolment.waiting is None and enrolment.at == stimulus.step
        case TimeUp():
            if enrolment.waiting is None:
                return False
            here = (enrolment.at, enrolment.visits[enrolment.at])
            return here == (stimulus.step, stimulus.visit)
        case Happened():
            return enrolment.waiting is not None
        case _:
            assert_never(stimulus)


def _answer(step: Step, moment: Moment) -> Outcome | None:
    match step:
        case SendStep():
            return send.answer(step, moment)
        case UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
            return act.answer(step, moment)
        case WaitStep():
            return wait.answer(step, moment)
        case WaitForStep() | AssignStep() | FeedbackStep():
            return _hear(step, moment)
        case BranchStep():
            return branch.answer(step, moment)
        case ExperimentStep():
            return experiment.answer(step, moment)
        case RepeatStep():
            return repeat.answer(step, moment)
        case ExitStep():
            return exit.answer(step, moment)
        case _:
            assert_never(step)


def _hear(step: ListeningStep, moment: Moment) -> Outcome | None:
    match step:
        case WaitForStep():
            return wait_for.answer(step, moment)
        case AssignStep():
            return assign.answer(step, moment)
        case FeedbackStep():
            return feedback.answer(step, moment)
        case _:
            assert_never(step)


def _carry_out(journey: Journey, enrolment: Enrolment, visit: int, outcome: Outcome) -> Advance:
    match outcome:
        case Go():
            gone = _go(journey, enrolment, visit, outcome)
            return Advance(gone, _asked(journey, gone))
        case Hold():
            held = _hold(enrolment, visit, outcome)
            wanted = listeners(journey, held)
            listens = tuple(wanted[trigger] for trigger in outcome.triggers)
            return Advance(held, (*listens, *_asked(journey, held)), wake=outcome.due)
        case Leave():
            at, version = enrolment.clock_at, enrolment.journey_version
            entry = TraceEntry(enrolment.at, visit, at, "exit_step", version)
            return Advance(_over(enrolment, entry, "exited", outcome.reason))
        case _:
            assert_never(outcome)


def _asked(journey: Journey, enrolment: Enrolment) -> tuple[Asked, ...]:
    """What the last decision asks for."""
    entry = enrolment.trace[-1]
    return asked_by(journey.step(entry.step), enrolment.enrolment_id, entry)


def _go(journey: Journey, enrolment: Enrolment, visit: int, go: Go) -> Enrolment:
    target = journey.target(enrolment.at, go.target)
    entry = TraceEntry(
        enrolment.at,
        visit,
        go.clock_at or enrolment.clock_at,
        go.decision,
        enrolment.journey_version,
        next=target,
        fact=go.fact,
        because=go.because,
    )
    if target == END:
        return _over(enrolment, entry, "completed", "completed")
    return enrolment.after(entry, at=target)


def _hold(enrolment: Enrolment, visit: int, hold: Hold) -> Enrolment:
    entry = TraceEntry(
        enrolment.at,
        visit,
        enrolment.clock_at,
        "waiting",
        enrolment.journey_version,
        due=hold.due,
        because=hold.because,
    )
    waiting = Waiting(hold.since, hold.due, hold.triggers)
    return enrolment.after(entry, at=enrolment.at, waiting=waiting)


def _leave_by_rule(enrolment: Enrolment, happened: Happened) -> Enrolment:
    why, at = (because_of(happened),), happened.occurred_at
    return enrolment.cut("exit_rule", at, happened.trigger, why, happened.fact_id)


def _give_way(enrolment: Enrolment, stimulus: Merged, now: datetime) -> Enrolment:
    return enrolment.cut("merged", now, "merged", (fact("enrolment", stimulus.into),))


def _over(enrolment: Enrolment, entry: TraceEntry, status: Status, reason: str) -> Enrolment:
    return enrolment.after(entry, at=enrolment.at, status=status, reason=reason)
