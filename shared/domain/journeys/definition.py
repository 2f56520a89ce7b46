"""The journey definition: entry, steps, exit rules; what operators write and engineers diff."""

from datetime import timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from shared.domain.segments.condition import Condition, Scalar
from shared.domain.workspace.model import Purpose

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
StepName = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[\w][\w .-]*$")]
END: Final = "end"  # as the name of a next step: the enrolment completes there
EventName = Annotated[str, Field(min_length=1, max_length=200)]


def _not_a_bare_number(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError("a duration is ISO 8601, such as P1D or PT30M")  # noqa: TRY004
    return value


Duration = Annotated[
    timedelta,
    BeforeValidator(_not_a_bare_number),
    Field(gt=timedelta(0), le=timedelta(days=364)),
]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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


class Journey(_Part):
    """A versioned journey. People start at the first step in the list.

    A step that names no next step goes on to the one below it in the list, and the last one
    completes the enrolment; `next: end` completes it from anywhere.
    """

    journey_id: Slug
    title: Annotated[str, Field(min_length=1, max_length=200)]
    purpose: Purpose = "marketing"
    entry: Entry
    reentry: Reentry = Reentry()
    exit_on: Annotated[tuple[EventMatch | SegmentExit, ...], Field(max_length=20)] = ()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=200)]
