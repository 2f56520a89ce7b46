"""Begins enrolments: once for each entry, wherever its person has got to by merging.

An entry looks at all desks of the person, marks the root as a desk if it was none, enrols there
and then looks at the person again. A merge in between is either refused because of the mark, or
knows the desk; and who sees last that there are two enrolments settles them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from functions.advance_journeys.uniting import Uniting
from shared.domain.identity.person import Person
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.entry import key_of, may_enter
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.ports import Guard, Ref, Stored
from shared.domain.journeys.progress import TRIES, Progress
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import standing_triggers
from shared.errors import ConflictError


class Published(Protocol):
    """A published or paused journey."""

    @property
    def journey(self) -> Journey:
        """Its definition."""

    @property
    def version(self) -> int:
        """The version that people meet now."""

    @property
    def status(self) -> str:
        """`published` lets people in."""

    @property
    def state_machine_arn(self) -> str:
        """What starts executions of this version; empty where the due index is the clock."""


class Catalog(Protocol):
    """What is published."""

    def journeys(self, workspace_id: str) -> Sequence[Published]:
        """Every journey that is published or paused."""


class Entering:
    """Entries to one journey at a time."""

    def __init__(self, progress: Progress, uniting: Uniting) -> None:
        """Work over the ports of `progress`."""
        self._progress = progress
        self._uniting = uniting

    def enter(
        self, published: Published, person: Person, profile_id: str, happened: Happened
    ) -> None:
        """Begin an enrolment and its clock, or go on with what an earlier try has begun.

        `profile_id` is the one that the domain event names. It names the enrolment, so that the
        same entry is the same enrolment whatever has been merged when it comes again.
        """
        wanted = published.journey
        ids = person.workspace_id, wanted.journey_id, profile_id, happened.fact_id
        name = enrolment_id(*ids, key_of(wanted, happened))
        begun = self._begin(published, person, name, happened)
        if begun is None:
            return
        person, stored = begun
        ref = Ref(person.workspace_id, stored.enrolment.profile_id, name)
        journey = self._progress.journey(stored.enrolment)
        stored = self._look_back(journey, person, ref, stored)
        self._progress.clock(journey).begin(journey, ref, stored)
        if journey.clock == "due_index":
            self._progress.look_back(ref, stored)
        self._look_again(journey, person, ref)

    def _begin(
        self, published: Published, person: Person, name: str, happened: Happened
    ) -> tuple[Person, Stored] | None:
        """The enrolment that this entry begins or began, and the person as it was then.

        None when the person may not enter, or is gone.
        """
        journey, enrolments = published.journey, self._progress.enrolments
        for _ in range(TRIES):
            guard = enrolments.guard(person, journey.journey_id, name)
            if guard.begun is not None:
                return person, guard.begun
            if not may_enter(journey.reentry, guard.runs.values(), happened.occurred_at):
                return None
            try:
                if not person.enrols:
                    enrolments.open_desk(person)
                    person = replace(person, enrols=True)
                return person, self._enrol(published, person, name, happened, guard)
            except ConflictError:
                found = self._progress.persons.person(person.workspace_id, person.profile_id)
                if found is None:
                    return None
                person = found
        raise ConflictError("somebody else keeps beginning this journey", hint="try again later")

    def _enrol(
        self, published: Published, person: Person, name: str, happened: Happened, guard: Guard
    ) -> Stored:
        """Begin at the profile that answers for the person."""
        journey, desk = published.journey, person.profile_id
        made = enrol(
            journey,
            published.version,
            happened,
            workspace_id=person.workspace_id,
            profile_id=desk,
            enrolment_id=name,
        )
        change = self._progress.onward(journey, made)
        with self._progress.clock(journey).keeping(None, change):
            return self._progress.enrolments.enrol(
                Ref(person.workspace_id, desk, name),
                guard.runs.get(desk),
                change,
                published.state_machine_arn,
            )

    def _look_back(self, journey: Journey, person: Person, ref: Ref, stored: Stored) -> Stored:
        """Queues keep no order: what ends the enrolment may have been handled before it began."""
        triggers = standing_triggers(journey)
        if not triggers or stored.enrolment.status != "active":
            return stored
        for happened in self._progress.happenings.since(
            person, triggers, stored.enrolment.entered_at
        ):
            stored = self._progress.tell(ref, happened) or stored
            if stored.enrolment.status != "active":
                break
        return stored

    def _look_again(self, journey: Journey, person: Person, ref: Ref) -> None:
        """See to what came between: the enrolment was ended, or the person became another one.

        Whoever ended the enrolment before its execution was started found none to stop. Whoever
        merged the person before the enrolment was there found nothing to settle.
        """
        stored, is_same = self._progress.enrolments.look_again(ref, person)
        if stored and stored.enrolment.status != "active":
            self._progress.follow_up(journey, ref, stored, "", 0)
        if is_same and len(person.desks) == 1:
            return
        now = self._progress.persons.person(ref.workspace_id, ref.profile_id)
        if now:
            guard = self._progress.enrolments.guard(now, journey.journey_id, ref.enrolment_id)
            self._uniting.settle(now, guard.runs)
