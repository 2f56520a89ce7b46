"""The ways out of a step, how long a visit can take, and what it has to be told."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple, TypeGuard, assert_never

from shared.domain.journeys.kinds import (
    AskingStep,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
    RepeatStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
    Value,
    WaitForStep,
    WaitStep,
    WebhookStep,
)
from shared.domain.journeys.until import (
    UntilAt,
    UntilTime,
    UntilUsualHour,
    UntilWeekday,
    days_between,
)


class Way(NamedTuple):
    """One way out of a step: the field that names it, and the step it names, if it names one."""

    field: str
    target: str | None


def needs_facts(step: Step) -> TypeGuard[AskingStep]:
    """Say whether a step looks at the person: branches do, and waits by the person's clock."""
    match step:
        case BranchStep():
            return True
        case WaitStep(until=UntilAt(at=at)):
            return at.tzinfo is None
        case WaitStep():
            return step.until is not None
        case _:
            return False


def asks_for_habit(step: Step) -> bool:
    """Say whether a step looks at when the person is usually active."""
    return isinstance(step, WaitStep) and isinstance(step.until, UntilUsualHour)


def ways_out(step: Step) -> tuple[Way, ...]:
    """Every way out of a step, in the order of its fields; none out of an exit.

    Where a wait has no way of its own past a date, its `next` is that too.
    """
    match step:
        case SendStep() | UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
            return (Way("next", step.next),)
        case WaitStep():
            past = () if step.otherwise is None else (Way("otherwise", step.otherwise),)
            return Way("next", step.next), *past
        case WaitForStep():
            return Way("on_event", step.on_event), Way("on_timeout", step.on_timeout)
        case AssignStep():
            return Way("on_done", step.on_done), Way("on_overdue", step.on_overdue)
        case FeedbackStep():
            answers = enumerate(step.answers)
            given = (Way(f"answers[{index}].next", one.next) for index, one in answers)
            return (*given, Way("on_timeout", step.on_timeout))
        case BranchStep():
            arms = (Way(f"arms[{index}].next", arm.next) for index, arm in enumerate(step.arms))
            return (*arms, Way("otherwise", step.otherwise))
        case ExperimentStep():
            drawn = enumerate(step.variants)
            return tuple(Way(f"variants[{index}].next", one.next) for index, one in drawn)
        case RepeatStep():
            return Way("to", step.to), Way("next", step.next)
        case ExitStep():
            return ()
        case _:
            assert_never(step)


def stay_of(step: Step) -> timedelta:
    """The longest that one visit of a step can take; a date takes what the others leave it."""
    match step:
        case WaitStep(until=UntilTime() | UntilWeekday() | UntilUsualHour() as until):
            return timedelta(days=days_between(until))
        case WaitStep():
            return step.duration or timedelta(0)
        case WaitForStep() | FeedbackStep():
            return step.timeout
        case AssignStep():
            return step.due
        case _:
            return timedelta(0)


def values_given(step: Step) -> Mapping[str, Value]:
    """The values that a step gives on, by their paths in it."""
    match step:
        case UpdateStep():
            return {f"traits.{name}": value for name, value in step.traits.items()}
        case WebhookStep():
            return {f"body.{name}": value for name, value in step.body.items()}
        case StartJourneyStep():
            return {f"properties.{name}": value for name, value in step.properties.items()}
        case SendStep() | FeedbackStep():
            return {f"values.{name}": value for name, value in step.values.items()}
        case _:
            return {}
