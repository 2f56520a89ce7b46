"""What is known of one person, as plain values that stores fill and evaluators read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from shared.domain.measures.model import Activity, Cell, Measure, Moment


@dataclass(frozen=True, slots=True)
class Trait:
    """A named value, the instant it was claimed, and the source that claimed it."""

    value: Any
    at: datetime
    source_id: str


@dataclass(frozen=True, slots=True)
class Profile:
    """The `PROFILE` row: traits and version; owned by merge_identity.

    `user_id` is the one strong identifier of the person, None while nobody has signed in. A trait
    whose value is None was taken back; it stays as a mark against older claims that arrive late.
    """

    workspace_id: str
    profile_id: str
    created_at: datetime
    version: int = 0
    traits: Mapping[str, Trait] = field(default_factory=dict)
    user_id: str | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Trait name → value, without those that were taken back."""
        return {name: trait.value for name, trait in self.traits.items() if trait.value is not None}


@dataclass(frozen=True, slots=True)
class ProfileState:
    """The `STATE` row of a strand, or those of all strands in one: what update_tags keeps running.

    `due_at` does not lie after the first `changes_at` of the person's memberships. `stage_before`
    is there while the move from it to `stage` may not have been published yet. `judged` counts what
    was decided so far, so that nobody decides over somebody else. Touches are texts
    (`profiles.touches`). `position` is empty where the states of several strands are one. `built`
    is the version of the catalog up to which all that is new was built for the strand; None: never.
    `unsure` counts those who judged what was due and have not looked again, the last of them since
    `unsure_since`.
    """

    first_seen_at: datetime
    last_seen_at: datetime
    events: int = 0
    stage: str = "prospect"
    stage_since: datetime | None = None
    position: str = ""
    due_at: datetime | None = None
    stage_before: str | None = None
    judged: int = 0
    built: int | None = None
    unsure: int | None = None
    unsure_since: datetime | None = None
    first_touch: str | None = None
    last_touch: str | None = None

    def judged_again(self) -> "ProfileState":
        """The same after one more decision."""
        return replace(self, judged=self.judged + 1)


@dataclass(frozen=True, slots=True)
class View:
    """Everything that a condition may look at, for one person at one instant.

    `counters` maps event name → natural day (workspace time zone) → count, `cells` measure →
    natural day → what it comes to, and `moments` measure → what happened one by one, ascending.
    Only what the conditions refer to (`segments.references`) needs to be there, as far back as they
    look. `activity` is None for somebody who has done nothing.
    """

    traits: Mapping[str, Any]
    counters: Mapping[str, Mapping[date, int]]
    cells: Mapping[Measure, Mapping[date, Cell]] = field(default_factory=dict)
    moments: Mapping[Measure, Sequence[Moment]] = field(default_factory=dict)
    activity: Activity | None = None
