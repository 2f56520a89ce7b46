"""What one domain event does to journeys: it ends and wakes enrolments, then begins others.

Listeners come first, so that an event can end one run of a journey and begin the next. They are
looked for at every desk of the person, whichever strand the event came in by.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from functions.advance_journeys.entering import Catalog, Entering, Entry, Published
from functions.advance_journeys.uniting import Uniting
from shared.domain.identity.person import Person
from shared.domain.journeys.entry import concerned, enters
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.stimulus import Happened


class AdvanceJourneys:
    """One domain event after another; each may come again."""

    def __init__(self, progress: Progress, catalog: Catalog) -> None:
        """Work over these ports."""
        self._progress = progress
        self._catalog = catalog
        self._uniting = Uniting(progress)
        self._entering = Entering(progress, self._uniting)

    def take_in(self, workspace_id: str, profile_id: str, happened: Happened) -> None:
        """Let everything that it concerns know; raises the first error when all have been told.

        Nothing happens to somebody who is gone.
        """
        entries: list[Entry] = []

        def begin() -> None:
            for _, error in self.begin(entries):
                raise error

        _all((partial(self.hear, workspace_id, profile_id, happened, entries), begin))

    def hear(
        self, workspace_id: str, profile_id: str, happened: Happened, entries: list[Entry]
    ) -> None:
        """Do the same, but only decide on entries: these go to `entries`, also if others fail."""
        person = self._progress.persons.person(workspace_id, profile_id)
        if person is None:
            return
        _all(list(self._awaited(person, happened)))

        def decide(published: Published) -> None:
            entry = self._entering.decide(published, person, profile_id, happened)
            if entry:
                entries.append(entry)

        _all(
            partial(decide, published)
            for published in self._catalog.journeys(workspace_id)
            if published.status == "published" and enters(published.journey, happened)
        )

    def begin(self, entries: Sequence[Entry]) -> list[tuple[Entry, Exception]]:
        """Begin what was decided on; gives what failed, which stopped no other one.

        Raises TransientError when all have to come again.
        """
        failures: list[tuple[Entry, Exception]] = []
        self._entering.begin(entries, lambda entry, error: failures.append((entry, error)))
        return failures

    def unite(self, workspace_id: str, profile_id: str, merged_at: datetime) -> None:
        """Two people turned out to be one, for whom `profile_id` answers: in each journey once."""
        person = self._progress.persons.person(workspace_id, profile_id)
        if person is None:
            return
        _all(
            partial(self._uniting.settle, person, left)
            for runs in self._progress.enrolments.runs(person).values()
            if (left := concerned(runs, merged_at))
        )

    def _awaited(self, person: Person, happened: Happened) -> Iterable[Callable[[], object]]:
        workspace_id = person.workspace_id
        for desk in person.desks:
            found = self._progress.enrolments.listeners(workspace_id, desk, happened.trigger)
            for listener in found:
                ref = Ref(workspace_id, desk, listener.enrolment_id)
                yield partial(self._progress.tell, ref, happened, listener.step, listener.visit)


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
