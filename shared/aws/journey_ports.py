"""Definitions and people as journeys see them, over the catalog and the rows of all strands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.aws.active_hours import ActivityReader
from shared.aws.catalog import CatalogReader
from shared.aws.due_store import DueIndex
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.executions import StepFunctions
from shared.aws.happenings import HappeningsReader
from shared.aws.measure_store import MeasureStore
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader, merged_traits
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.aws.state_rows import NEVER
from shared.aws.state_store import StateStore, Whole
from shared.aws.view_reader import ViewReader
from shared.aws.wakes import EnrolmentWakes
from shared.domain.due.timing import WOKEN
from shared.domain.identity.person import Person
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.due_clock import DueClock
from shared.domain.journeys.kinds import AskingStep, BranchStep, WaitStep
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.ports import Clock, Outbox, People
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.stimulus import Facts
from shared.domain.journeys.ways import asks_for_habit
from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node, TraitCondition
from shared.domain.segments.expand import Definitions, ExpansionError, expand
from shared.domain.segments.references import References, all_references, references

_LONGEST_NAME: Final = 200  # of a trait

Row = dict[str, Any]
Answering = tuple[Person, Row]
"""Who it is, with the PROFILE row that answers for the person."""


class CatalogDefinitions:
    """Published journeys (the port `Definitions`)."""

    def __init__(self, catalog: CatalogReader) -> None:
        """`catalog` caches what it has read."""
        self._catalog = catalog

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        """One version of a journey; raises NotFoundError."""
        return self._catalog.journey(workspace_id, journey_id, version).journey

    def time_scale(self, workspace_id: str) -> float:
        """What divides durations; 1 but in a rehearsal."""
        return self._catalog.settings(workspace_id).time_scale


class StatePeople:
    """What is known of people (the port `People`)."""

    def __init__(
        self,
        catalog: CatalogReader,
        persons: PersonReader,
        states: StateStore,
        measures: MeasureStore,
        activity: ActivityReader,
    ) -> None:
        """`catalog` knows definitions, `persons` strands and traits, the others what happened."""
        self._activity = activity
        self._catalog = catalog
        self._persons = persons
        self._states = states
        self._measures = measures

    def facts(self, workspace_id: str, profile_id: str, step: AskingStep, at: datetime) -> Facts:
        """What a step looks at, strongly consistent, over all strands: a wait at traits alone."""
        zone = self._catalog.settings(workspace_id).zone
        found = self._persons.answering(workspace_id, profile_id)
        if not isinstance(step, BranchStep):
            return self._seen_by_wait(step, found, zone)
        definitions = self._catalog.definitions(workspace_id)
        arms = tuple(_expanded(arm.when, definitions) for arm in step.arms)
        asked = all_references(map(references, arms))
        view = self._view(found, asked, at, zone) if found else View({}, {})
        return Facts(view, zone, arms)

    def _seen_by_wait(self, step: WaitStep, found: Answering | None, zone: ZoneInfo) -> Facts:
        if found is None:
            return Facts(View({}, {}), zone)
        person, _ = found
        traits = self._traits(*found)
        active = self._activity.latest(person) if asks_for_habit(step) else ()
        return Facts(View(traits, {}), zone, active=active)

    def _traits(self, person: Person, row: Row) -> dict[str, Any]:
        """The row that answers for somebody who never merged has all traits."""
        alone = len(person.strands) == 1
        traits = merged_traits([row]) if alone else self._persons.traits(person)
        return {name: trait.value for name, trait in traits.items()}

    def _view(self, found: Answering, asked: References, at: datetime, zone: ZoneInfo) -> View:
        person, _ = found
        values = self._traits(*found) if asked.traits else {}
        strands, state = person.strands, None
        if asked.activity or asked.measures:
            whole = self._states.whole(person)
            strands, state = whole.seen, whole.state
            self._build(person, whole, asked, zone)
        views = ViewReader(self._states, self._measures)
        return views.view(person, strands, values, state, asked, at, zone)

    def _build(self, person: Person, whole: Whole, asked: References, zone: ZoneInfo) -> None:
        """Make what is asked for from the timelines of strands for which that was not done yet."""
        newest = self._catalog.newest_build(person.workspace_id) if asked.measures else NEVER
        for strand_id in whole.seen:
            if whole.strands[strand_id].built < newest:
                self._measures.rebuild(person.workspace_id, strand_id, asked.measures, zone)


@dataclass(frozen=True, slots=True)
class JourneyPorts:
    """What journeys work over in production: both tables and Step Functions."""

    dynamodb: Any
    profiles_table: str
    catalog: CatalogReader

    @classmethod
    def open(cls, profiles_table: str, catalog_table: str) -> "JourneyPorts":
        """Those of a function that has just started."""
        dynamodb = client("dynamodb")
        return cls(dynamodb, profiles_table, CatalogReader(dynamodb, catalog_table))

    @property
    def people(self) -> StatePeople:
        """What is known of people."""
        return self._people(PersonReader(self.dynamodb, self.profiles_table))

    @property
    def people_at_a_glance(self) -> StatePeople:
        """The same, of who they are and of traits as they were a moment ago, at half the price.

        That is for waits that are over because time is up, not because of what people did.
        """
        return self._people(PersonReader(self.dynamodb, self.profiles_table, consistent=False))

    def _people(self, persons: PersonReader) -> StatePeople:
        return StatePeople(
            self.catalog,
            persons,
            StateStore(self.dynamodb, self.profiles_table),
            MeasureStore(self.dynamodb, self.profiles_table),
            ActivityReader(self.dynamodb, self.profiles_table),
        )

    def machine_clock(self) -> MachineClock:
        """The clock of journeys whose enrolments are executions."""
        machines = StepFunctions(lambda: client("stepfunctions"))
        return MachineClock(machines, CatalogDefinitions(self.catalog), _now)

    def due_clock(
        self,
        wakes_queue_url: str,
        outbox: Outbox,
        of_entries: Outbox | None = None,
        people: People | None = None,
    ) -> DueClock:
        """The clock of journeys whose enrolments lie in the due index until they are woken.

        `people` is how it looks at them, if not as they are now.
        """
        queue = Queue(client("sqs"), wakes_queue_url)
        wakes = EnrolmentWakes(DueIndex(self.dynamodb, self.profiles_table, WOKEN, queue))
        definitions, known = CatalogDefinitions(self.catalog), people or self.people
        return DueClock(definitions, known, wakes, outbox, of_entries)

    def progress(self, clocks: Mapping[ClockName, Clock]) -> Progress:
        """What changes the enrolments of journeys with these clocks."""
        memberships = MembershipStore(self.dynamodb, self.profiles_table)
        return Progress(
            EnrolmentStore(self.dynamodb, self.profiles_table),
            CatalogDefinitions(self.catalog),
            clocks,
            PersonReader(self.dynamodb, self.profiles_table),
            HappeningsReader(self.dynamodb, self.profiles_table, memberships),
            _now,
        )


def _expanded(when: Node, definitions: Definitions) -> Node:
    """The condition of an arm of facts alone.

    An older version may name what was deleted since, and nobody inside must stand still for that.
    So nobody matches such an arm, and the trace says what is wrong, as a trait that nobody has.
    """
    try:
        return expand(when, definitions)
    except ExpansionError as error:
        return TraitCondition(trait=error.message[:_LONGEST_NAME], operator="exists")


def _now() -> datetime:
    return to_milliseconds(datetime.now(UTC))
