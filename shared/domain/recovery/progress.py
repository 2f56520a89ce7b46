"""How far a replay of the lake is."""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from shared.errors import InvalidInputError

Stage = Literal["identifiers", "events", "agreed", "corrections", "done"]
"""identifiers: each into the strand that it had. events: applied as when they came in. agreed:
decisions about consent. corrections: links that operators cut, addresses that get nothing."""

STAGES: Final[tuple[Stage, ...]] = ("identifiers", "events", "agreed", "corrections", "done")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One replay of what arrived in the lake on `from_day` or later; empty: of everything.

    In its stage it has finished the object `after` and, of the next one, `line` lines. `objects`
    are those that were finished, of `all_objects` in all stages; both count an object once for
    each stage that reads it. `rows` were read, `applied` of the events are new, and `known` were
    there already; counting follows the checkpoint.
    """

    workspace_id: str
    replay_id: str
    created_at: datetime
    updated_at: datetime
    from_day: str = ""
    stage: Stage = "identifiers"
    after: str = ""
    line: int = 0
    objects: int = 0
    all_objects: int = 0
    rows: int = 0
    applied: int = 0
    known: int = 0
    left_out: int = 0

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to do."""
        return self.stage == "done"

    def through(self, line: int, rows: int, *, applied: int, known: int, left_out: int) -> "Replay":
        """The replay once some rows more of the present object are done."""
        return replace(
            self,
            line=line,
            rows=self.rows + rows,
            applied=self.applied + applied,
            known=self.known + known,
            left_out=self.left_out + left_out,
        )

    def past(self, key: str) -> "Replay":
        """The replay once an object is done."""
        return replace(self, after=key, line=0, objects=self.objects + 1)

    def onward(self) -> "Replay":
        """The replay at the beginning of its next stage."""
        following = STAGES[STAGES.index(self.stage) + 1]
        return replace(self, stage=following, after="", line=0)


def day_of(text: str) -> str:
    """A day such as 2026-11-22, or nothing; raises InvalidInputError on anything else."""
    if text:
        try:
            if not _DAY.fullmatch(text):
                raise ValueError(text)
            datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidInputError(
                f"{text!r} is not a day such as 2026-11-22", where="from_day"
            ) from error
    return text
