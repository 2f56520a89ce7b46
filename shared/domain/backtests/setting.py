"""What a backtest goes by: one version of a journey, the definitions around it, and a period."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.broadcasts.schedule import next_ticks
from shared.domain.events.own import (
    CONSENT_CHANGED,
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    MESSAGE_SENT,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.rules import ScheduleEntry
from shared.domain.journeys.triggers import segment_of, stage_of, trigger_of, triggers_of
from shared.domain.journeys.ways import asks_for_habit
from shared.domain.lifecycle.expanding import (
    ExpandedLifecycle,
    expand_lifecycle,
    lifecycle_references,
)
from shared.domain.messages.model import AnyTemplate
from shared.domain.segments.condition import Node, SegmentCondition
from shared.domain.segments.expand import Definitions, ExpansionError, Named, expand
from shared.domain.segments.index import SegmentIndex, index_references
from shared.domain.segments.references import References, all_references, references
from shared.domain.workspace.model import WorkspaceSettings

STAGE: Final = ""
"""What the lifecycle goes by among the segments; no segment has this id."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` on, until and without `last`; what counts is when events arrived."""

    first: datetime
    last: datetime


@dataclass(frozen=True)
class Setting:
    """Everything that is the same for all people of a backtest.

    Building it does not look at the conditions; `check` raises ExpansionError for those that name
    what is not there.
    """

    workspace_id: str
    journey: Journey
    version: int
    definitions: Definitions
    templates: Mapping[str, AnyTemplate]
    settings: WorkspaceSettings
    period: Period

    def check(self) -> None:
        """Raise ExpansionError unless every condition can be told from events."""
        _ = self.asked

    @cached_property
    def zone(self) -> ZoneInfo:
        """Where natural days begin."""
        return self.settings.zone

    @cached_property
    def triggers(self) -> frozenset[str]:
        """Everything that the journey listens to."""
        return triggers_of(self.journey)

    @cached_property
    def entry_event(self) -> str | None:
        """The event without which nobody enters; None where moves or a schedule let people in."""
        trigger = trigger_of(self.journey.entry)
        if self.schedule is not None:
            return None
        return None if segment_of(trigger) or stage_of(trigger) else trigger

    @cached_property
    def schedule(self) -> ScheduleEntry | None:
        """The schedule by which people are asked in, if there is one."""
        entry = self.journey.entry
        return entry if isinstance(entry, ScheduleEntry) else None

    @cached_property
    def ticks(self) -> tuple[datetime, ...]:
        """The instants of the period at which the schedule begins a broadcast."""
        if self.schedule is None:
            return ()
        after = self.period.first - timedelta(microseconds=1)
        coming = next_ticks(self.schedule, after, self.zone)
        return tuple(takewhile(lambda tick: tick < self.period.last, coming))

    @cached_property
    def audience(self) -> Node | None:
        """Whom the schedule asks, of facts alone."""
        if self.schedule is None:
            return None
        return expand(SegmentCondition(segment_id=self.schedule.segment_id), self.definitions)

    @cached_property
    def arms(self) -> Mapping[str, tuple[Node, ...]]:
        """By branch, its conditions of facts alone."""
        return {
            step.name: tuple(expand(arm.when, self.definitions) for arm in step.arms)
            for step in self.journey.steps
            if isinstance(step, BranchStep)
        }

    @cached_property
    def segments(self) -> Mapping[str, Node]:
        """The segments whose moves the journey listens to, of facts alone."""
        found = {}
        for segment_id in sorted(filter(None, map(segment_of, self.triggers))):
            condition = self.definitions.segments.get(segment_id)
            if condition is None:
                raise ExpansionError(f'there is no segment "{segment_id}"', where="journey")
            found[segment_id] = expand(condition, self.definitions, Named("segment", segment_id))
        return found

    @cached_property
    def lifecycle(self) -> ExpandedLifecycle | None:
        """The stages, where the journey listens to moves between them."""
        if not any(map(stage_of, self.triggers)):
            return None
        return expand_lifecycle(self.definitions.lifecycle, self.definitions)

    @cached_property
    def index(self) -> SegmentIndex:
        """Which of the segments, and of the stages as `STAGE`, an event can touch."""
        asked = {name: references(condition) for name, condition in self.segments.items()}
        if self.lifecycle:
            asked[STAGE] = lifecycle_references(self.lifecycle)
        return index_references(asked)

    @cached_property
    def asked(self) -> References:
        """All that has to be known of a person."""
        arms = (references(one) for branch in self.arms.values() for one in branch)
        habits = References(activity=any(map(asks_for_habit, self.journey.steps)))
        asked_in = () if self.audience is None else (references(self.audience),)
        return all_references((*arms, *asked_in, *self.index.references.values(), habits))

    @cached_property
    def heeded(self) -> frozenset[str]:
        """The events that can move somebody, or that conditions ask for."""
        moves = {one for one in self.triggers if segment_of(one) or stage_of(one)}
        return (self.triggers - moves) | self.asked.event_names

    @cached_property
    def names(self) -> frozenset[str]:
        """The events of which more matters than that something happened, beside claims of traits.

        Where the number of events or a silence matters (`asked.activity`), all others do too.
        """
        told = {CONSENT_CHANGED, JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED}
        counted = {MESSAGE_SENT} if self.settings.contact_budget else frozenset[str]()
        return self.heeded | told | counted
