"""What one domain event does to journeys: it ends and wakes enrolments, then begins others.

Listeners come first, so that an event can end one run of a journey and begin the next.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

from shared.domain.journeys.calls import carry_on
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.entry import enters, may_enter
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.ports import Happenings, Ref, Stored
from shared.domain.journeys.progress import TRIES, Progress, change_of
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import exit_triggers
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
        """What starts executions of this version."""


class Catalog(Protocol):
    """What is published."""

    def journeys(self, workspace_id: str) -> Sequence[Published]:
        """Every journey that is published or paused."""


class AdvanceJourneys:
    """One domain event after another; each may come again."""

    def __init__(self, progress: Progress, happenings: Happenings, catalog: Catalog) -> None:
        """Work over these ports."""
        self._progress = progress
        self._happenings = happenings
        self._catalog = catalog

    def take_in(self, workspace_id: str, profile_id: str, happened: Happened) -> None:
        """Let everything that it concerns know; raises the first error when all have been told."""
        listeners = self._progress.enrolments.listeners(workspace_id, profile_id, happened.trigger)
        _all(
            partial(
                self._progress.tell,
                Ref(workspace_id, profile_id, listener.enrolment_id),
                happened,
                listener.step,
                listener.visit,
            )
            for listener in listeners
        )
        _all(
            partial(self._enter, published, workspace_id, profile_id, happened)
            for published in self._catalog.journeys(workspace_id)
            if published.status == "published" and enters(published.journey, happened)
        )

    def _enter(
        self, published: Published, workspace_id: str, profile_id: str, happened: Happened
    ) -> None:
        """Begin an enrolment and start its execution, or start what an earlier try has begun."""
        name = enrolment_id(
            workspace_id, published.journey.journey_id, profile_id, happened.fact_id
        )
        ref = Ref(workspace_id, profile_id, name)
        stored = self._begin(published, ref, happened)
        if stored is None:
            return
        journey = self._progress.journey(stored.enrolment)
        stored = self._look_back(journey, ref, stored)
        if stored.enrolment.status == "active":
            told = self._progress.answer(journey, stored.enrolment, "", None)
            self._progress.executions.start(stored.machine, ref, told)
        self._stop_what_ended_meanwhile(ref)

    def _begin(self, published: Published, ref: Ref, happened: Happened) -> Stored | None:
        """The enrolment that this entry begins or began; None when the profile may not enter."""
        journey, enrolments = published.journey, self._progress.enrolments
        for _ in range(TRIES):
            latest, begun = enrolments.guard(ref, journey.journey_id)
            if begun is not None:
                return begun
            if not may_enter(journey.reentry, latest, happened.occurred_at):
                return None
            made = enrol(
                journey,
                published.version,
                happened,
                workspace_id=ref.workspace_id,
                profile_id=ref.profile_id,
                enrolment_id=ref.enrolment_id,
            )
            made = carry_on(journey, made, None, self._progress.now())
            try:
                change = change_of(journey, made)
                return enrolments.enrol(ref, latest, change, published.state_machine_arn)
            except ConflictError:
                continue
        raise ConflictError("somebody else keeps beginning this journey", hint="try again later")

    def _look_back(self, journey: Journey, ref: Ref, stored: Stored) -> Stored:
        """Queues keep no order: what ends the enrolment may have been handled before it began."""
        triggers = exit_triggers(journey)
        if not triggers or stored.enrolment.status != "active":
            return stored
        came = self._happenings.since(
            ref.workspace_id, ref.profile_id, triggers, stored.enrolment.entered_at
        )
        for happened in came:
            stored = self._progress.tell(ref, happened) or stored
            if stored.enrolment.status != "active":
                break
        return stored

    def _stop_what_ended_meanwhile(self, ref: Ref) -> None:
        """Whoever ended the enrolment before its execution was started found none to stop."""
        found = self._progress.change(ref, lambda journey, stored: None)  # noqa: ARG005
        if found and found[1].enrolment.status != "active":
            self._progress.follow_up(found[0], ref, found[1], "", 0)


def _all(works: Iterable[Callable[[], object]]) -> None:
    """Do every work, and only then raise what the first failing one raised."""
    failures = []
    for work in works:
        try:
            work()
        except Exception as error:
            failures.append(error)
    if failures:
        raise failures[0]
