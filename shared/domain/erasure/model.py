"""An erasure: how far it is, and the receipt that stays of it; neither names anybody."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal, get_args

Stage = Literal[
    "mark",  # from here on nobody meets the person any more
    "forget",  # tombstones for all identifiers, then the identifiers themselves
    "leave",  # out of all journeys: nothing that was not claimed before is sent any more
    "sweep",  # every row of every strand
    "lake",  # from here on no query of the lake shows the person
    "settle",  # wait for whoever had begun before the mark
    "sweep_again",  # what those have still written
    "queues",  # dead letters
    "lake_again",  # what was on its way into the lake
    "imports",  # files that imports have left
    "archives",  # exports that were made of the person
    "announce",  # destinations are told whom they have to erase
    "conclude",  # the last row, which knew who it was
    "done",
]
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)  # in their order


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One erasure; when it is done it is the receipt.

    `profile_id` is forgotten with the last stage. `removed` counts what was taken away, by name
    such as `events`, and `finished` says when each stage was. `resume_at` is when to go on.
    """

    erasure_id: str
    profile_id: str | None
    requested_at: datetime
    stage: Stage = "mark"
    erased_at: datetime | None = None
    resume_at: datetime | None = None
    removed: Mapping[str, int] = field(default_factory=dict)
    finished: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        """Whether this is a receipt."""
        return self.stage == "done"

    @property
    def done_at(self) -> datetime | None:
        """When nothing was left."""
        return self.finished.get("conclude")


def erasure_id_of(workspace_id: str, profile_id: str) -> str:
    """The id of the erasure of a profile: asking twice is one erasure.

    Profile ids are random, so it says nothing about the person.
    """
    return sha256(f"erasure\0{workspace_id}\0{profile_id}".encode()).hexdigest()[:32]


def finish(erasure: Erasure, now: datetime, settle: timedelta) -> Erasure:
    """The erasure after its stage was carried out; `settle` is how long to wait for late work."""
    following = STAGES[STAGES.index(erasure.stage) + 1]
    return replace(
        erasure,
        stage=following,
        finished={**erasure.finished, erasure.stage: now},
        resume_at=now + settle if following == "settle" else None,
    )
