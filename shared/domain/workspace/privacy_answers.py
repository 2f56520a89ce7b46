"""What the admin API answers about exports and erasures."""

from typing import Literal

from typing_extensions import TypedDict

from shared.domain.erasure.model import Stage
from shared.domain.workspace.stories import Instant


class ExportState(TypedDict):
    """An export: `url` gives the archive for a quarter of an hour, once it is done."""

    export_id: str
    profile_id: str
    status: Literal["running", "done", "gone"]
    requested_at: Instant
    expires_at: Instant
    size: int | None
    url: str | None


class ExportAnswer(TypedDict):
    """One export."""

    success: Literal[True]
    export: ExportState


class ErasureState(TypedDict):
    """An erasure; done, it is the receipt: what was removed, and when each stage was finished.

    It names nobody. `erased_at` is when the person could no longer be met; `resume_at` is until
    when it waits for work that had begun before that.
    """

    erasure_id: str
    status: Literal["running", "done"]
    stage: Stage
    requested_at: Instant
    erased_at: Instant | None
    resume_at: Instant | None
    done_at: Instant | None
    removed: dict[str, int]
    finished: dict[str, Instant]


class ErasureAnswer(TypedDict):
    """One erasure."""

    success: Literal[True]
    erasure: ErasureState


class ErasureList(TypedDict):
    """A page of all erasures, in no order; `cursor` asks for the next one."""

    success: Literal[True]
    erasures: list[ErasureState]
    cursor: str | None
