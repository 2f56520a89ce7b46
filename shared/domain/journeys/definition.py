"""The journey definition: entry, steps, exit rules; what operators write and engineers diff."""

from datetime import timedelta
from functools import cached_property
from typing import Annotated, Final, Literal, NamedTuple, Self, assert_never

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.domain.segments.condition import Condition, Scalar
from shared.domain.workspace.model import Purpose

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
StepName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^\w([\w .-]*[\w.-])?$")]
END: Final = "end"  # as the name of a next step: the enrolment completes there
EventName = Annotated[str, Field(min_length=1, max_length=200)]


def _not_a_bare_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("a duration is ISO 8601, such as P1D or PT30M")  # noqa: TRY004
    return value


def _whole_seconds(duration: timedelta) -> timedelta:
    if duration.microseconds:
        raise ValueError("a duration is in whole seconds")
    return duration


Duration = Annotated[
    timedelta,
    BeforeValidator(_not_a_bare_number),
    Field(ge=timedelta(seconds=1), le=timedelta(days=364)),
    AfterValidator(_whole_seconds),
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class EventMatch(_Part):
    """An event by name, with property values that must be equal."""

    event: EventName
    where: dict[str, Scalar] = Field(default_factory=dict)


class EventEntry(EventMatch):
    """Entry when an event happens; one older than `max_age` on arrival does not start anything."""

    type: Literal["event"] = "event"
    max_age: Duration = timedelta(days=1)


class SegmentEntry(_Part):
    """Entry when a profile enters (or exits) a segment."""

    type: Literal["segment"] = "segment"
    segment_id: Slug
    edge: Literal["entered", "exited"] = "entered"


Entry = Annotated[EventEntry | SegmentEntry, Field(discriminator="type")]


class SegmentExit(_Part):
    """Exit when a profile enters (or exits) a segment."""

    segment_id: Slug
    edge: Literal["entered", "exited"] = "entered"


class Reentry(_Part):
    """May a profile enter again: never, always, or after a pause since the last entry.

    Whatever the policy, a profile is in one journey at most once at a time.
    """

    policy: Literal["never", "always", "after"] = "never"
    after: Duration | None = None

    @model_validator(mode="after")
    def _a_pause_goes_with_after(self) -> Self:
        if (self.policy == "after") != (self.after is not None):
            raise ValueError("policy `after` needs `after`, a duration, and no other policy has it")
        return self


class SendStep(_Part):
    """Sends one template to the profile on the template's channel."""

    type: Literal["send"] = "send"
    name: StepName
    template_id: Slug
    next: StepName | None = None


class WaitStep(_Part):
    """Waits for a duration."""

    type: Literal["wait"] = "wait"
    name: StepName
    duration: Duration
    next: StepName | None = None


class WaitForStep(_Part):
    """Waits until an event happens or the time is out, and goes a different way for each."""

    type: Literal["wait_for"] = "wait_for"
    name: StepName
    events: Annotated[tuple[EventMatch, ...], Field(min_length=1, max_length=20)]
    timeout: Duration
    on_event: StepName | None = None
    on_timeout: StepName | None = None


class BranchArm(_Part):
    """One way out of a branch."""

    when: Condition
    next: StepName | None = None


class BranchStep(_Part):
    """Takes the first arm whose condition matches, else `otherwise`."""

    type: Literal["branch"] = "branch"
    name: StepName
    arms: Annotated[tuple[BranchArm, ...], Field(min_length=1, max_length=20)]
    otherwise: StepName | None = None


class ExitStep(_Part):
    """Ends the enrolment with a reason of the operator's own."""

    type: Literal["exit"] = "exit"
    name: StepName
    reason: Annotated[str, Field(min_length=1, max_length=100)] = "exit_step"


Step = Annotated[
    SendStep | WaitStep | WaitForStep | BranchStep | ExitStep, Field(discriminator="type")
]


class Way(NamedTuple):
    """One way out of a step: the field that names it, and the step it names, if it names one."""

    field: str
    target: str | None


def ways_out(step: Step) -> tuple[Way, ...]:
    """Every way out of a step, in the order of its fields; none out of an exit."""
    match step:
        case SendStep() | WaitStep():
            return (Way("next", step.next),)
        case WaitForStep():
            return Way("on_event", step.on_event), Way("on_timeout", step.on_timeout)
        case BranchStep():
            arms = (Way(f"arms[{index}].next", arm.next) for index, arm in enumerate(step.arms))
            return (*arms, Way("otherwise", step.otherwise))
        case ExitStep():
            return ()
        case _:
            assert_never(step)


class Journey(_Part):
    """A versioned journey. People start at the first step in the list.

    A step that names no next step goes on to the one below it in the list, and the last one
    completes the enrolment; `next: end` completes it from anywhere. `purpose` and `topic` are what
    consent is asked about when a message goes out.
    """

    journey_id: Slug
    title: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Purpose = "marketing"
    topic: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_-]{0,63})?$")] = ""
    entry: Entry
    reentry: Reentry = Reentry()
    exit_on: Annotated[tuple[EventMatch | SegmentExit, ...], Field(max_length=20)] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=200)]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {step.name: place for place, step in enumerate(self.steps)}

    @property
    def first(self) -> str:
        """The step at which people start."""
        return self.steps[0].name

    def step(self, name: str) -> Step:
        """The step of that name; raises KeyError."""
        return self.steps[self._places[name]]

    def target(self, step: str, named: str | None) -> str:
        """Where a way out of `step` leads: the step it names, else the one below, else `end`."""
        if named is not None:
            return named
        below = self._places[step] + 1
        return self.steps[below].name if below < len(self.steps) else END
