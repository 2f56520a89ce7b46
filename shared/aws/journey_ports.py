"""Definitions and people as journeys see them, over the catalog and the rows of all strands."""

from datetime import UTC, date, datetime
from typing import Any

from shared.aws.catalog import CatalogReader
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.executions import StepFunctions
from shared.aws.happenings import HappeningsReader
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.session import client
from shared.aws.state_store import StateStore
from shared.domain.days import natural_day
from shared.domain.identity.person import Person
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import BranchStep, Journey
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.stimulus import Facts
from shared.domain.profiles.model import View
from shared.domain.segments.references import References, all_references, references


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

    def __init__(self, catalog: CatalogReader, persons: PersonReader, states: StateStore) -> None:
        """`catalog` knows the time zone, `persons` strands and traits, `states` the counters."""
        self._catalog = catalog
        self._persons = persons
        self._states = states

    def facts(self, workspace_id: str, profile_id: str, step: BranchStep, at: datetime) -> Facts:
        """What the conditions of a branch look at, strongly consistent, over all strands."""
        zone = self._catalog.settings(workspace_id).zone
        asked = all_references(references(arm.when) for arm in step.arms)
        person = self._persons.person(workspace_id, profile_id)
        today = natural_day(at, zone)
        return Facts(self._view(person, asked, today) if person else View({}, {}), zone)

    def _view(self, person: Person, asked: References, today: date) -> View:
        traits = self._persons.traits(person) if asked.traits else {}
        counters: dict[str, dict[date, int]] = {event: {} for event in asked.events}
        for strand in person.strands:
            counted = References(asked.events)
            view = self._states.load_view(person.workspace_id, strand, counted, today)
            for event, days in view.counters.items():
                for day, times in days.items():
                    counters[event][day] = counters[event].get(day, 0) + times
        return View({name: trait.value for name, trait in traits.items()}, counters)


def journey_progress(dynamodb: Any, profiles_table: str, catalog: CatalogReader) -> Progress:
    """What changes enrolments in production."""
    return Progress(
        EnrolmentStore(dynamodb, profiles_table),
        CatalogDefinitions(catalog),
        StepFunctions(lambda: client("stepfunctions")),
        PersonReader(dynamodb, profiles_table),
        lambda: to_milliseconds(datetime.now(UTC)),
    )


def happenings(dynamodb: Any, profiles_table: str) -> HappeningsReader:
    """What people did, looked up afterwards."""
    return HappeningsReader(dynamodb, profiles_table, MembershipStore(dynamodb, profiles_table))
