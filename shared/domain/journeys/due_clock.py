"""The clock `due_index`: an enrolment moves in one go from one wait to the next.

Nothing runs while somebody waits. The instant at which the time is up lies in the due index, which
is swept every minute; whoever moves an enrolment carries out everything up to the next wait, stores
it once, and then hands over the messages that it asked for. Should that break in between, the same
event or wake comes again and hands them over then: which they are is read off the trace.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import groupby

from shared.domain.journeys.asking import asked_for
from shared.domain.journeys.calls import carry_on
from shared.domain.journeys.clock import wall_wake
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import Advance
from shared.domain.journeys.kinds import AskingStep
from shared.domain.journeys.ports import (
    Change,
    Definitions,
    Folded,
    Folding,
    Outbox,
    People,
    Planned,
    Ref,
    Stored,
    Wakes,
)
from shared.domain.journeys.stimulus import Facts
from shared.domain.journeys.wakes import wake_of


class DueClock:
    """Carries out everything up to the next wait, and plans its end (the port `Clock`)."""

    def __init__(
        self,
        definitions: Definitions,
        people: People,
        wakes: Wakes,
        outbox: Outbox,
        of_entries: Outbox | None = None,
    ) -> None:
        """Work over these ports; `of_entries` takes what entries ask for, if that is another one.

        It may keep that for a while, since an entry that comes again finds what it has begun; an
        event that comes again may find no listener any more.
        """
        self._definitions = definitions
        self._people = people
        self._wakes = wakes
        self._outbox = outbox
        self._of_entries = of_entries or outbox

    def carry_on(self, journey: Journey, made: Advance, now: datetime) -> Advance:
        """Go on until the enrolment waits or is over."""
        facts = partial(self._facts, made.enrolment)
        return carry_on(journey, made, None, now, facts, belongs=lambda _step, _after: True)

    def _facts(self, enrolment: Enrolment, step: AskingStep) -> Facts:
        return self._people.facts(
            enrolment.workspace_id, enrolment.profile_id, step, enrolment.clock_at
        )

    def wake_at(self, made: Advance, before: Stored | None, now: datetime) -> datetime | None:
        """When to wake, on the wall clock; what waits on keeps its instant."""
        if made.enrolment.phase != "waiting":
            return None
        if made.wake is None:
            return before.wake_at if before else None
        scale = self._definitions.time_scale(made.enrolment.workspace_id)
        return wall_wake(made.wake, made.enrolment.clock_at, now, scale)

    def keeping(
        self, before: Stored | None, change: Change
    ) -> AbstractContextManager[None, bool | None]:
        """Keep the due index in step with what is stored inside `with`."""
        old = _planned(before.enrolment, before.wake_at, before.wake_fold) if before else None
        new = _planned(change.enrolment, change.wake_at, change.wake_fold)
        return self._wakes.keeping(old, new, change.decided_at)

    @contextmanager
    def folding(self, changes: Sequence[Change]) -> Iterator[Folding]:
        """Keep the due index in step with what is stored inside `with`, for many at once."""
        found = (_planned(change.enrolment, change.wake_at) for change in changes)
        planned = [each for each in found if each]
        if not planned:
            yield _Folding(Folded())
            return
        with self._wakes.folding(planned, min(each.decided_at for each in changes)) as folded:
            yield _Folding(folded)

    def begin(
        self,
        journey: Journey,  # noqa: ARG002 (as the port has it)
        ref: Ref,  # noqa: ARG002
        stored: Stored,
    ) -> None:
        """Hand over what was asked for since the entry."""
        self._hand_over(stored, 0, self._of_entries)

    def follow_up(
        self,
        journey: Journey,  # noqa: ARG002 (as the port has it)
        ref: Ref,  # noqa: ARG002
        stored: Stored,
        place: int | None,
    ) -> None:
        """Hand over everything that was asked for since the decision at this place.

        At first that is what this very go asked for. When we come again it can be more: looking
        back may have led on, past further waits, before somebody died. Each version speaks for
        the decisions that were made under it; those under a state machine are its own to carry out.
        """
        if place is not None:
            self._hand_over(stored, place, self._outbox)

    def _hand_over(self, stored: Stored, place: int, outbox: Outbox) -> None:
        enrolment = stored.enrolment
        for version, entries in groupby(enrolment.trace[place:], lambda entry: entry.version):
            told = replace(enrolment, journey_version=version)
            under = self._definitions.journey(told.workspace_id, told.journey_id, version)
            if under.clock == "due_index":
                for request in asked_for(under, told, entries):
                    outbox.send(request)


def _planned(enrolment: Enrolment, at: datetime | None, fold: str = "") -> Planned | None:
    wake = wake_of(enrolment)
    return Planned(enrolment.workspace_id, wake.name, at, fold) if wake and at else None


class _Folding:
    """Names the wakes of changes (the port `Folding`)."""

    def __init__(self, folded: Folded) -> None:
        self._folded = folded

    def place(self, change: Change) -> Change:
        """The change with where its wake lies."""
        planned = _planned(change.enrolment, change.wake_at)
        fold = self._folded.folds.get(planned.name, "") if planned else ""
        return replace(change, wake_fold=fold)

    def keep(self, change: Change) -> None:
        """Remember by the name of its wake that it is stored."""
        if planned := _planned(change.enrolment, change.wake_at):
            self._folded.stored.add(planned.name)
