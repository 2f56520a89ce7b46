"""Progress: reads an enrolment, decides, stores it under its version, and decides again if need be.

Whatever can move an enrolment (a call of its state machine, an event, time that is up) goes through
`change`, so one conditional write says who was first. What follows from a change is done after it
is stored and may be done again: redeem a task token, stop an execution, release listeners. So
a crash anywhere is mended by whoever comes next: the redelivered event or the retried Task.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import TIME_IS_UP, Enrolment
from shared.domain.journeys.interpreter import Advance, advance
from shared.domain.journeys.listeners import leftovers, listeners
from shared.domain.journeys.ports import (
    Change,
    Clock,
    Definitions,
    Enrolments,
    Happenings,
    Persons,
    Ref,
    Stored,
    TaskToken,
)
from shared.domain.journeys.stimulus import Happened, Merged, TimeUp
from shared.domain.journeys.wakes import Wake, same_fold, wake_of
from shared.errors import ConflictError

# Everybody who loses a race reads again; with few actors to one enrolment, few rounds are enough.
TRIES: Final = 8

Decide = Callable[[Journey, Stored], Change | None]
Visit = tuple[str, int]
"""A step by its name, and which visit of it."""


class Progress:
    """Changes enrolments, one conditional write at a time."""

    def __init__(
        self,
        enrolments: Enrolments,
        definitions: Definitions,
        clocks: Mapping[ClockName, Clock],
        persons: Persons,
        happenings: Happenings,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant in whole milliseconds."""
        self.enrolments = enrolments
        self.persons = persons
        self.happenings = happenings
        self.now = now
        self._clocks = clocks
        self._definitions = definitions

    def clock(self, journey: Journey) -> Clock:
        """What keeps the time of this version of a journey.

        Raises ConflictError where we do not know that clock: who was moved to it is told elsewhere.
        """
        found = self._clocks.get(journey.clock)
        if found is None:
            raise ConflictError(f"the enrolment goes on by the clock {journey.clock}")
        return found

    def journey(self, enrolment: Enrolment) -> Journey:
        """The version of the journey that an enrolment runs under."""
        return self._definitions.journey(
            enrolment.workspace_id, enrolment.journey_id, enrolment.journey_version
        )

    def load(self, ref: Ref) -> tuple[Journey, Stored] | None:
        """The enrolment as it is now, with its journey."""
        stored = self.enrolments.load(ref)
        return (self.journey(stored.enrolment), stored) if stored else None

    def change(self, ref: Ref, decide: Decide) -> tuple[Journey, Stored] | None:
        """Store what `decide` makes of the enrolment, or leave it when that is None.

        Gives the enrolment as it is stored then; None when there is none (any more). Raises
        ConflictError when somebody else was faster every time.
        """
        for _ in range(TRIES):
            found = self.load(ref)
            if found is None:
                return None
            journey, stored = found
            change = decide(journey, stored)
            if change is None:
                return journey, stored
            try:
                with self.clock(journey).keeping(stored, change):
                    return journey, self.enrolments.commit(stored, change)
            except ConflictError:
                continue
        raise ConflictError("the enrolment keeps changing", hint="try again later")

    def tell(self, ref: Ref, happened: Happened, step: str = "", visit: int = 0) -> Stored | None:
        """Let something that happened move the enrolment, and do what follows from that.

        `step` and `visit` are those of the listener that led here, if one did. It goes last: until
        everything is done, whoever tells us again finds it.
        """
        found = self._move(ref, happened, (step, visit), keep=happened.trigger)
        if found is None:
            return None
        journey, stored, stood = found
        if journey.clock == "due_index":
            stored = self.look_back(ref, stored)
        self._release(journey, ref, stored, stood, lambda trigger: trigger == happened.trigger)
        self._clear(journey, ref, stored, happened.trigger, (step, visit))
        return stored

    def give_way(self, ref: Ref, into: str) -> None:
        """End an enrolment because its person is in the journey by another one, `into`."""
        self._move(ref, Merged(into), ("", 0))

    def wake(self, wake: Wake, at: datetime) -> Stored | None:
        """Let the time be up for a wait that is over at the instant `at`, and do what follows.

        Nothing comes of it where something else was first, nor where the wake is one that was
        planned but never stored: what waits in its place is due at another instant.
        """
        found = self.change(wake.ref, partial(self.woken, wake=wake, at=at))
        return self.follow_wake(wake, *found) if found else None

    def woken(self, journey: Journey, stored: Stored, wake: Wake, at: datetime) -> Change | None:
        """What the wake makes of an enrolment; None where it does not end its wait."""
        before, due_at = stored.enrolment, stored.wake_at
        if wake_of(before) != wake or due_at is None or due_at > at:
            return None
        due = TimeUp(before.at, before.visits[before.at])
        made = advance(journey, before, due, self.now())
        return self.onward(journey, made, stored)

    def follow_wake(self, wake: Wake, journey: Journey, stored: Stored) -> Stored:
        """Do what follows once the wake may have ended its wait, as often as asked."""
        place = stored.enrolment.end_of_wait(wake.place)
        ended = None if place is None else stored.enrolment.trace[place]
        if ended and ended.decision in TIME_IS_UP:
            self.follow_up(journey, wake.ref, stored, ended.step, ended.visit, place=place)
        return self.look_back(wake.ref, stored) if journey.clock in self._clocks else stored

    def look_back(self, ref: Ref, stored: Stored) -> Stored:
        """Find what came before an enrolment listened; whatever comes later finds it.

        Those are the events of the wait in which it stands. Gives the enrolment as it is then.
        """
        while (waiting := stored.enrolment.waiting) and waiting.triggers:
            person = self.persons.person(ref.workspace_id, ref.profile_id)
            if person is None:
                break
            stands = wake_of(stored.enrolment)
            here = (stored.enrolment.at, stored.enrolment.visits[stored.enrolment.at])
            for happened in self.happenings.since(person, waiting.triggers, waiting.since):
                found = self._move(ref, happened, here)
                stored = found[1] if found else stored
                if wake_of(stored.enrolment) != stands:
                    break
            else:
                break
        return stored

    def onward(self, journey: Journey, made: Advance, before: Stored | None = None) -> Change:
        """What is to be stored for an advance and all that belongs to the same go."""
        now, clock = self.now(), self.clock(journey)
        made = clock.carry_on(journey, made, now)
        task, wake_at = before.task if before else None, clock.wake_at(made, before, now)
        change = change_of(made, now, task, wake_at)
        return replace(change, wake_fold=same_fold(before, made.enrolment, wake_at))

    def _move(
        self, ref: Ref, stimulus: Happened | Merged, stood: Visit, *, keep: str = ""
    ) -> tuple[Journey, Stored, Visit] | None:
        """Change the enrolment and follow up; gives also the visit that may be over by that."""

        def decide(journey: Journey, stored: Stored) -> Change | None:
            nonlocal stood
            before = stored.enrolment
            made = advance(journey, before, stimulus, self.now())
            if made.enrolment is before:
                return None
            stood = (before.at, before.visits.get(before.at, 0))
            return self.onward(journey, made, stored)

        found = self.change(ref, decide)
        if found is None:
            return None
        journey, stored = found
        fact_id = stimulus.fact_id if isinstance(stimulus, Happened) else ""
        place = stored.enrolment.place_of(fact_id)
        self.follow_up(journey, ref, stored, *stood, keep=keep, place=place)
        return journey, stored, stood

    def follow_up(
        self,
        journey: Journey,
        ref: Ref,
        stored: Stored,
        step: str,
        visit: int,
        *,
        keep: str = "",
        place: int | None = None,
    ) -> None:
        """Do what follows once a visit of `step` may be over, as often as asked.

        `place` is where the decision that ended it stands in the trace, if it is known. The
        listener of the trigger `keep` stays.
        """
        for clock in self._clocks_since(journey, stored, place):
            clock.follow_up(journey, ref, stored, place)
        self._release(journey, ref, stored, (step, visit), lambda trigger: trigger != keep)

    def _clocks_since(self, journey: Journey, stored: Stored, place: int | None) -> Iterator[Clock]:
        """The clocks that have something to do after a decision at this place in the trace.

        Before a move it may have been the due index, which owes the messages of that go.
        """
        wanted, enrolment = {journey.clock}, stored.enrolment
        if place is not None and enrolment.trace[place].version != enrolment.journey_version:
            wanted.add("due_index")
        yield from (clock for name, clock in self._clocks.items() if name in wanted)

    def _clear(
        self, journey: Journey, ref: Ref, stored: Stored, trigger: str, found: Visit
    ) -> None:
        """Take away the listener that led here if it is one of an older version.

        The move that made it one may have died before it could.
        """
        enrolment = stored.enrolment
        moved = any(entry.decision == "moved" for entry in enrolment.trace)
        if moved and trigger not in listeners(journey, enrolment):
            step, visit = found
            left = Listen(trigger, exits=False, step=step or None, visit=visit)
            self.enrolments.release(ref, left, over=enrolment.status != "active")

    def _release(
        self,
        journey: Journey,
        ref: Ref,
        stored: Stored,
        stood: Visit,
        wanted: Callable[[str], bool],
    ) -> None:
        """Take away what nothing listens to any more once a visit may be over."""
        over = stored.enrolment.status != "active"
        for listen in leftovers(journey, stored.enrolment, *stood):
            if wanted(listen.trigger):
                self.enrolments.release(ref, listen, over=over)


def change_of(
    made: Advance,
    now: datetime,
    task: TaskToken | None = None,
    wake_at: datetime | None = None,
) -> Change:
    """What is to be stored for an advance that was decided at `now`.

    Of one trigger the last listener counts: it is that of the wait, and knows of the exit rules.
    """
    listens = {effect.trigger: effect for effect in made.effects if isinstance(effect, Listen)}
    return Change(
        enrolment=made.enrolment,
        decided_at=now,
        listens=tuple(listens.values()),
        task=task,
        wake_at=wake_at,
    )
