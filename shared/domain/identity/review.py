"""A review: rules of identity held against everything that is stored, to try or to adopt them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Purpose = Literal["trial", "adoption"]
Stage = Literal["events", "people", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review and how far it is.

    A `trial` changes nothing and ends in a report: who would merge, who would part. An `adoption`
    lets the rules decide again on every event (`events`), then on every person (`people`); it goes
    on from `cursor`, a place in the table, and `counts` what changed, by the names of metrics.
    `rules` is the JSON text of the rules, `version` grows with every step.
    """

    review_id: str
    purpose: Purpose
    rules: str
    requested_at: datetime
    stage: Stage = "events"
    cursor: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    report: Mapping[str, Any] = field(default_factory=dict)
    finished_at: datetime | None = None
    version: int = 0

    @property
    def is_done(self) -> bool:
        """Whether there is nothing left to do."""
        return self.stage == "done"
