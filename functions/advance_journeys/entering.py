"""Begins enrolments: once for each entry, wherever its person has got to by merging.

An entry looks at all desks of the person, marks the root as a desk if it was none, enrols there
and then looks at the person again. Those of one batch are all decided on before any is stored, so
that few rows of the due index hold the ends of their first waits; to the others it is as if the
queue had brought them a moment later. A merge in between is either refused because of the mark, or
knows the desk; and who sees last that there are two enrolments settles them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Protocol

from functions.advance_journeys.uniting import Uniting
from shared.domain.identity.person import Person
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.entry import Run, key_of, may_enter
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.ports import Change, Ref, Stored
from shared.domain.journeys.progress import TRIES, Progress
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import standing_triggers
from shared.errors import ConflictError


class Published(Protocol):
    """A journey in the version that people meet, or met last."""

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
        """Every journey that was ever published."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that is decided on: the person as it was then, and what is to be stored.

    `latest` is the run that lay in the slot; `begun` is what an earlier try has stored already.
    """

    published: Published
    person: Person
    happened: Happened
    name: str
    latest: Run | None = None
    change: Change | None = None
    begun: Stored | None = None

    @property
    def ref(self) -> Ref:
        """Where the enrolment lies, or is to lie."""
        desk = self.begun.enrolment.profile_id if self.begun else self.person.profile_id
        return Ref(self.person.workspace_id, desk, self.name)


Failed = Callable[[Entry, Exception], None]


class Entering:
    """Entries to journeys, decided on one by one and begun together."""

    def __init__(self, progress: Progress, uniting: Uniting) -> None:
        """Work over the ports of `progress`."""
        self._progress = progress
        self._uniting = uniting

    def decide(
        self, published: Published, person: Person, profile_id: str, happened: Happened
    ) -> Entry | None:
        """What an entry comes to, or what an earlier try has begun; None for who may not enter.

        `profile_id` is the one that the domain event names. It names the enrolment, so that the
        same entry is the same enrolment whatever has been merged when it comes again.
        """
        wanted = published.journey
        ids = person.workspace_id, wanted.journey_id, profile_id, happened.fact_id
        name = enrolment_id(*ids, key_of(wanted, happened.properties))
        for _ in range(TRIES):
            try:
                return self._decide(published, person, name, happened)
            except ConflictError:
                found = self._progress.persons.person(person.workspace_id, person.profile_id)
                if found is None:
                    return None
                person = found
        raise ConflictError("somebody else keeps changing this person", hint="try again later")

    def begin(self, entries: Sequence[Entry], failed: Failed) -> None:
        """Begin enrolments and their clocks; what waits is planned in few rows.

        `failed` is told of each that failed; it stops no other one. Raises TransientError when the
        due index is out of reach.
        """
        stored = [(entry, entry.begun) for entry in entries if entry.begun]
        again: list[Entry] = []
        for _, some in groupby(_new(entries), key=_clock):
            done, outrun = self._store(list(some), failed)
            stored += done
            again += outrun
        for entry, begun in stored:
            _try(partial(self._follow, entry, begun), entry, failed)
        for entry in again:
            _try(partial(self._begin_alone, entry), entry, failed)

    def _decide(
        self, published: Published, person: Person, name: str, happened: Happened
    ) -> Entry | None:
        """Raises ConflictError when the person has become another one."""
        journey, enrolments = published.journey, self._progress.enrolments
        guard = enrolments.guard(person, journey.journey_id, name)
        if guard.begun is not None:
            return Entry(published, person, happened, name, begun=guard.begun)
        if not may_enter(journey.reentry, guard.runs.values(), happened.occurred_at):
            return None
        if not person.enrols:
            enrolments.open_desk(person)
            person = replace(person, enrols=True)
        made = enrol(
            journey,
            published.version,
            happened,
            workspace_id=person.workspace_id,
            profile_id=person.profile_id,
            enrolment_id=name,
        )
        latest, change = guard.runs.get(person.profile_id), self._progress.onward(journey, made)
        return Entry(published, person, happened, name, latest, change)

    def _store(
        self, entries: Sequence[Entry], failed: Failed
    ) -> tuple[list[tuple[Entry, Stored]], list[Entry]]:
        """Store new enrolments by one clock; gives also those for whom somebody was faster."""
        clock = self._progress.clock(entries[0].published.journey)
        done: list[tuple[Entry, Stored]] = []
        outrun: list[Entry] = []
        changes = [entry.change for entry in entries if entry.change]
        with clock.folding(changes) as folding:
            for entry, change in zip(entries, changes, strict=True):
                try:
                    stored = self._enrol(entry, folding.place(change))
                except ConflictError:
                    outrun.append(entry)
                except Exception as error:
                    failed(entry, error)
                else:
                    folding.keep(change)
                    done.append((entry, stored))
        return done, outrun

    def _enrol(self, entry: Entry, change: Change) -> Stored:
        """Begin at the profile that answers for the person."""
        machine = entry.published.state_machine_arn
        return self._progress.enrolments.enrol(entry.ref, entry.latest, change, machine)

    def _begin_alone(self, entry: Entry) -> None:
        """Look again at who it is, decide anew, and begin, until nobody is faster."""
        clock = self._progress.clock(entry.published.journey)
        for _ in range(TRIES):
            person = self._progress.persons.person(
                entry.person.workspace_id, entry.person.profile_id
            )
            if person is None:
                return
            try:
                found = self._decide(entry.published, person, entry.name, entry.happened)
                if found is None:
                    return
                stored = found.begun
                if found.change:
                    with clock.keeping(None, found.change):
                        stored = self._enrol(found, found.change)
            except ConflictError:
                continue
            if stored:
                self._follow(found, stored)
            return
        raise ConflictError("somebody else keeps beginning this journey", hint="try again later")

    def _follow(self, entry: Entry, stored: Stored) -> None:
        """Do what follows once an enrolment has begun, as often as asked."""
        journey, person, ref = self._progress.journey(stored.enrolment), entry.person, entry.ref
        stored = self._look_back(journey, person, ref, stored)
        self._progress.clock(journey).begin(journey, ref, stored)
        if journey.clock == "due_index":
            self._progress.look_back(ref, stored)
        self._look_again(journey, person, ref)

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
        if journey.clock == "due_index":
            is_same = self._progress.enrolments.is_same(ref, person)
        else:
            stored, is_same = self._progress.enrolments.look_again(ref, person)
            if stored and stored.enrolment.status != "active":
                self._progress.follow_up(journey, ref, stored, "", 0)
        if is_same and len(person.desks) == 1:
            return
        now = self._progress.persons.person(ref.workspace_id, ref.profile_id)
        if now:
            guard = self._progress.enrolments.guard(now, journey.journey_id, ref.enrolment_id)
            self._uniting.settle(now, guard.runs)


def _new(entries: Sequence[Entry]) -> list[Entry]:
    """Those that are to be stored, by their clocks."""
    return sorted((entry for entry in entries if entry.change), key=_clock)


def _clock(entry: Entry) -> ClockName:
    return entry.published.journey.clock


def _try(work: Callable[[], None], entry: Entry, failed: Failed) -> None:
    try:
        work()
    except Exception as error:
        failed(entry, error)
