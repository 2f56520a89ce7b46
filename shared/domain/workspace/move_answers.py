"""What the admin API is asked and answers about moves of those inside a journey."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from shared.domain.journeys.moving import What
from shared.domain.journeys.parts import StepName
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.stories import Bilingual, Instant

MoveStatus = Literal["counting", "counted", "moving", "moved", "failed"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class MoveChoices(_Body):
    """What becomes of who stands in a step; who stands in one that is kept needs no choice.

    `to` names a step of the newer version, for each step of an older one. `end` takes people out,
    and `keep` leaves them on the older version.
    """

    to: Annotated[dict[StepName, StepName], Field(max_length=200)] = Field(default_factory=dict)
    end: Annotated[tuple[StepName, ...], Field(max_length=200)] = ()
    keep: Annotated[tuple[StepName, ...], Field(max_length=200)] = ()


class Archiving(_Body):
    """What becomes of those inside: they `stay` and go on to their ends, or `end` now."""

    inside: Literal["stay", "end"] = "stay"


class MoveLine(TypedDict):
    """How many stand in a step of an older version, and what becomes of them.

    `what` is `same` where the step is kept, and `choose` where it needs a choice; `to` is the step
    of the newer version that they come to.
    """

    version: int
    step: str
    waiting: int
    ready: int
    what: What
    to: str | None
    text: Bilingual


class MoveFailure(TypedDict):
    """An enrolment that could not be moved, and by which error."""

    enrolment_id: str
    reason: str


class MoveState(TypedDict):
    """A move and how far it is. `inside` counts everybody, `lines` those under older versions.

    `unchosen` are those who came to a step without a choice after the count; they stay where they
    are, as do those who are kept or failed. `passed` came to an end by themselves meanwhile.
    """

    move: int
    journey_id: str
    version: int
    status: MoveStatus
    reason: str
    attempt: int
    requested_at: Instant
    finished_at: Instant | None
    inside: int
    lines: list[MoveLine]
    moved: int
    ended: int
    kept: int
    unchosen: int
    passed: int
    failed: int
    failures: list[MoveFailure]


class MoveAnswer(TypedDict):
    """One move."""

    success: Literal[True]
    move: MoveState


class MoveList(TypedDict):
    """The latest moves of a journey."""

    success: Literal[True]
    moves: list[MoveState]


class JourneyArchived(TypedDict):
    """A journey that nobody enters any more; `move` ends those inside, if they are to end."""

    success: Literal[True]
    outcome: Outcome
    move: MoveState | None


class JourneyDeleted(TypedDict):
    """A journey that is gone, with its state machines."""

    success: Literal[True]
    outcome: Literal["deleted"]
