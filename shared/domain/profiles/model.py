"""What is known of one person, as plain values that stores fill and evaluators read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Trait:
    """A named value, the instant it was claimed, and the source that claimed it."""

    value: Any
    at: datetime
    source_id: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The `PROFILE` row: traits and version; owned by merge_identity."""

    workspace_id: str
    profile_id: str
    created_at: datetime
    version: int = 0
    traits: Mapping[str, Trait] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProfileState:
    """The `STATE` row: running facts that update_tags folds from the stream."""

    first_seen_at: datetime
    last_seen_at: datetime
    events: int = 0
    stage: str = "prospect"
    stage_since: datetime | None = None
    position: str = ""


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a condition may look at, for one person at one instant.

    `counters` maps event name → natural day (workspace time zone) → count; only the events that
    the conditions refer to need to be there.
    """

    traits: Mapping[str, Any]
    counters: Mapping[str, Mapping[date, int]]
