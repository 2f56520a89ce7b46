"""The kinds of steps that a journey is made of, the ways out of them, and how long they take."""

from datetime import timedelta
from typing import Annotated, Final, Literal, NamedTuple, Self, TypeGuard, assert_never

from pydantic import Field, model_validator

from shared.domain.journeys.parts import Duration, Part, Slug, StepName
from shared.domain.journeys.rules import Rule
from shared.domain.journeys.until import (
    Until,
    UntilAt,
    UntilTime,
    UntilTrait,
    UntilWeekday,
    days_between,
)
from shared.domain.segments.condition import Condition

END: Final = "end"  # as the name of a next step: the enrolment completes there


class SendStep(Part):
    """Sends one template to the profile on the template's channel."""

    type: Literal["send"] = "send"
    name: StepName
    template_id: Slug
    next: StepName | None = None


class WaitStep(Part):
    """Waits for a duration, or until a date or a time of day.

    `otherwise` is the way where a date is missing, past, or further away than a run may last;
    unless it is named, such a date is passed by on the way `next`.
    """

    type: Literal["wait"] = "wait"
    name: StepName
    duration: Duration | None = None
    until: Until | None = None
    next: StepName | None = None
    otherwise: StepName | None = None

    @model_validator(mode="after")
    def _waits_for_one_thing(self) -> Self:
        if (self.duration is None) == (self.until is None):
            raise ValueError("a wait needs `duration` or `until`, and not both")
        if self.otherwise is not None and not self.may_skip:
            raise ValueError("`otherwise` is the way past a date: nothing else would take it")
        return self

    @property
    def may_skip(self) -> bool:
        """Whether it may be that nobody can wait: a date can be past, a duration cannot."""
        return isinstance(self.until, UntilAt | UntilTrait)


class WaitForStep(Part):
    """Waits until something happens or the time is out, and goes a different way for each.

    `events` may be moves in and out of segments and lifecycle stages as well.
    """

    type: Literal["wait_for"] = "wait_for"
    name: StepName
    events: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=20)]
    timeout: Duration
    on_event: StepName | None = None
    on_timeout: StepName | None = None


class BranchArm(Part):
    """One way out of a branch."""

    when: Condition
    next: StepName | None = None


class BranchStep(Part):
    """Takes the first arm whose condition matches, else `otherwise`."""

    type: Literal["branch"] = "branch"
    name: StepName
    arms: Annotated[tuple[BranchArm, ...], Field(min_length=1, max_length=20)]
    otherwise: StepName | None = None


class Variant(Part):
    """One way out of an experiment, with its weight beside those of the others."""

    name: Slug
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    control: bool = False
    next: StepName | None = None


class ExperimentStep(Part):
    """Draws one of several variants for each person, always the same one for the same `salt`.

    The salt is the journey and the step unless told: two experiments with one salt give the same
    people the same places. `control` marks what the other variants are compared with.
    """

    type: Literal["experiment"] = "experiment"
    name: StepName
    salt: Annotated[str, Field(max_length=100)] = ""
    variants: Annotated[tuple[Variant, ...], Field(min_length=2, max_length=20)]

    @model_validator(mode="after")
    def _variants_are_told_apart(self) -> Self:
        if len({variant.name for variant in self.variants}) < len(self.variants):
            raise ValueError("the same variant is there twice")
        if sum(variant.control for variant in self.variants) > 1:
            raise ValueError("only one variant can be the control")
        return self


class RepeatStep(Part):
    """Leads back to an earlier step so many times, then on."""

    type: Literal["repeat"] = "repeat"
    name: StepName
    to: StepName
    times: Annotated[int, Field(ge=1, le=1_000)]
    next: StepName | None = None


class ExitStep(Part):
    """Ends the enrolment with a reason of the operator's own."""

    type: Literal["exit"] = "exit"
    name: StepName
    reason: Annotated[str, Field(min_length=1, max_length=100)] = "exit_step"


Step = Annotated[
    SendStep | WaitStep | WaitForStep | BranchStep | ExperimentStep | RepeatStep | ExitStep,
    Field(discriminator="type"),
]


AskingStep = BranchStep | WaitStep
"""What may have to be told facts about the person."""


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


def ways_out(step: Step) -> tuple[Way, ...]:
    """Every way out of a step, in the order of its fields; none out of an exit.

    Where a wait has no way of its own past a date, its `next` is that too.
    """
    match step:
        case SendStep():
            return (Way("next", step.next),)
        case WaitStep():
            past = () if step.otherwise is None else (Way("otherwise", step.otherwise),)
            return Way("next", step.next), *past
        case WaitForStep():
            return Way("on_event", step.on_event), Way("on_timeout", step.on_timeout)
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
        case WaitStep(until=UntilTime() | UntilWeekday() as until):
            return timedelta(days=days_between(until))
        case WaitStep():
            return step.duration or timedelta(0)
        case WaitForStep():
            return step.timeout
        case _:
            return timedelta(0)
