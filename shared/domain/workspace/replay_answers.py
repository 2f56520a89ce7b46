"""What the admin API is sent and answers about replays of the lake."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from shared.domain.recovery.progress import Stage
from shared.domain.workspace.answers import Outcome
from shared.domain.workspace.stories import Instant


class NewReplay(BaseModel):
    """A replay of what arrived in the lake on `from_day` or later; without it, of everything.

    The same `replay_id` again is the same replay, which gets another push if it is not done.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    replay_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    from_day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")] | None = None


class ReplayState(TypedDict):
    """How far a replay is: objects of the lake, their rows, and what became of the events."""

    replay_id: str
    from_day: str | None
    stage: Stage
    created_at: Instant
    updated_at: Instant
    objects: int
    all_objects: int
    rows: int
    applied: int
    known: int
    left_out: int


class ReplayAnswer(TypedDict):
    """One replay."""

    success: Literal[True]
    replay: ReplayState


class ReplayChanged(TypedDict):
    """A replay that was asked for."""

    success: Literal[True]
    outcome: Outcome
    replay: ReplayState


class ReplayList(TypedDict):
    """All replays, the newest first."""

    success: Literal[True]
    replays: list[ReplayState]
