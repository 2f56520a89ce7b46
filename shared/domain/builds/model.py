"""A build: everybody is judged by a definition that is new or has another meaning now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NamedTuple, get_args

Subject = Literal["SEGMENT", "TAG", "LIFECYCLE", "SETTINGS"]
Stage = Literal["waiting", "judging", "latecomers", "done", "superseded"]
OPEN: Final[tuple[Stage, ...]] = get_args(Stage)[:3]


class Count(NamedTuple):
    """How many have a value: by SQL, exact at the instant of counting, and by the running tally.

    `name` is `members` for a segment, the stage or the value for the others. No tally is kept of
    stages.
    """

    subject: Subject
    definition_id: str
    name: str
    by_sql: int
    by_tally: int | None

    @property
    def difference(self) -> int | None:
        """How many more the tally has."""
        return None if self.by_tally is None else self.by_tally - self.by_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """One build and how far it is.

    `number` is the version of the catalog with which the definition that was put, and all that
    refer to it, got their meaning; of the settings it is all definitions, by another time zone or
    because somebody asked for it.
    `people` and `batches` are those whom the lake knew at `listed_at`; the `late_` ones those of
    whom something arrived there since. `counts` are taken at `counted_at`, of every definition that
    got its meaning since the last build that was done. Where it `recomputes`, the thresholds of its
    tag are computed before anybody is judged. `attempt` counts how often it was begun again.
    """

    number: int
    subject: Subject
    definition_id: str
    announced: bool
    requested_at: datetime
    recomputes: bool = False
    attempt: int = 0
    stage: Stage = "waiting"
    listed_at: datetime | None = None
    people: int = 0
    batches: int = 0
    late_people: int = 0
    late_batches: int = 0
    counts: tuple[Count, ...] = ()
    counted_at: datetime | None = None
    superseded_by: int | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.stage not in OPEN
