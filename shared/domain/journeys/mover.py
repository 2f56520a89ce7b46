"""The mover: brings one enrolment to a newer version of its journey, or ends it.

One conditional write decides, as for everything that can move an enrolment, so an event, time that
is up or a merge comes before the move or after it, and never in between. What follows may be done
again, by whoever carries the move on after a crash: it is told by the enrolment alone.

    stop the old execution       one that is not stopped ends by itself: `run_step` refuses it
    look back                    what the newer version ends by may have happened since the entry
    go on by the clock           start an execution there, or hand over what was asked for
    hand over what a call of the old execution may have left, take away listeners of no use
"""

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Literal

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.going_on import owed, resume_surely
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.moving import Moving, move
from shared.domain.journeys.ports import Change, Outbox, Ref, Stored
from shared.domain.journeys.progress import TRIES, Progress, change_of
from shared.domain.journeys.triggers import (
    new_standing_triggers,
    standing_triggers,
    triggers_of_wait,
)
from shared.domain.journeys.wakes import same_fold
from shared.errors import ConflictError, TransientError

Outcome = Literal["moved", "ended", "kept", "unchosen", "passed"]
"""`passed` is who is over, gone, or came by the version itself; there was nothing to do."""


class Mover:
    """Moves enrolments of one journey; each may be moved again, which then only repeats."""

    def __init__(self, progress: Progress, machines: MachineClock, outbox: Outbox) -> None:
        """`progress` knows both clocks, of which `machines` is one."""
        self._progress = progress
        self._machines = machines
        self._outbox = outbox

    def move(self, ref: Ref, moving: Moving, machine: str) -> Outcome:
        """Move an enrolment; `machine` runs those who come to a version with that clock.

        Raises ConflictError when somebody else was faster every time, and TransientError for
        whatever goes wrong after the move is stored: it has to be carried on, or nothing keeps the
        time of the enrolment any more.
        """
        for _ in range(TRIES):
            found = self._progress.load(ref)
            if found is None:
                return "passed"
            old, stored = found
            if moving.has_done(stored.enrolment) is not None:
                return self._follow_up_surely(ref, stored, moving, stopping="")
            change = self._decide(old, stored, moving, machine)
            if change is None:
                return self._why_not(old, stored.enrolment, moving)
            try:
                after = self._store(old, stored, moving.journey, change)
            except ConflictError:
                continue
            except Exception as error:
                raise self._after(ref, moving, error) from error
            return self._follow_up_surely(ref, after, moving, stopping=stored.machine)
        raise ConflictError("the enrolment keeps changing", hint="try again later")

    def _decide(self, old: Journey, stored: Stored, moving: Moving, machine: str) -> Change | None:
        before, now = stored.enrolment, self._progress.now()
        made = move(moving, old, before, now)
        if made.enrolment is before:
            return None
        if made.enrolment.status != "active":
            return change_of(made, now)
        journey = moving.journey
        clock = self._progress.clock(journey)
        made = clock.carry_on(journey, made, now)
        wake_at = clock.wake_at(made, None, now)
        if wake_at and stored.wake_at and _due(made.enrolment) == _due(before):
            wake_at = stored.wake_at  # in a rehearsal, time that has gone by is not to go by again
        runs_on = machine if journey.clock == "step_functions" else ""
        fold = same_fold(stored, made.enrolment, wake_at)
        return replace(change_of(made, now, None, wake_at), machine=runs_on, wake_fold=fold)

    def _store(self, old: Journey, before: Stored, new: Journey, change: Change) -> Stored:
        clocks = {journey.clock: self._progress.clock(journey) for journey in (old, new)}
        with ExitStack() as kept:
            for clock in clocks.values():
                kept.enter_context(clock.keeping(before, change))
            return self._progress.enrolments.commit(before, change)

    def _after(self, ref: Ref, moving: Moving, error: Exception) -> Exception:
        """What an error at the store comes to: perhaps the move is stored all the same."""
        found = self._progress.load(ref)
        if found is None or moving.has_done(found[1].enrolment) is None:
            return error
        return TransientError("an enrolment was moved, and is not going on yet")

    def _why_not(self, old: Journey, enrolment: Enrolment, moving: Moving) -> Outcome:
        if not moving.concerns(enrolment):
            return "passed"
        return "kept" if moving.fate(old, enrolment).what == "keep" else "unchosen"

    def _follow_up_surely(
        self, ref: Ref, stored: Stored, moving: Moving, *, stopping: str
    ) -> Outcome:
        """Do what follows; `stopping` is the machine of the execution before, if we know of one."""
        try:
            if stopping:
                self._machines.executions.stop(stopping, ref, f"moved to version {moving.version}")
            return self._follow_up(ref, stored, moving)
        except (ConflictError, TransientError):
            raise
        except Exception as error:
            raise TransientError("an enrolment was moved, and is not going on yet") from error

    def _follow_up(self, ref: Ref, stored: Stored, moving: Moving) -> Outcome:
        enrolment = stored.enrolment
        place = moving.has_done(enrolment)
        if place is None or enrolment.trace[place].decision == "taken_out":
            self._progress.follow_up(self._progress.journey(enrolment), ref, stored, "", 0)
            return "ended"
        old = self._progress.journey(replace(enrolment, journey_version=_version(stored, place)))
        stored = self._look_back(old, ref, stored)
        self._go_on(ref, stored, place)
        for request in owed(old, enrolment, place):
            self._outbox.send(request)
        self._let_go(old, ref, stored.enrolment, place)
        return "moved"

    def _look_back(self, old: Journey, ref: Ref, stored: Stored) -> Stored:
        """Tell what counts wherever one stands by the newer version alone, since the entry.

        Nobody listened to that before. It ends the enrolment before anything more is handed over.
        """
        enrolment = stored.enrolment
        triggers = new_standing_triggers(old, self._progress.journey(enrolment))
        if not triggers or enrolment.status != "active":
            return stored
        person = self._progress.persons.person(ref.workspace_id, ref.profile_id)
        if person is None:
            return stored
        came = self._progress.happenings.since(person, triggers, enrolment.entered_at)
        for happened in came:
            stored = self._progress.tell(ref, happened) or stored
            if stored.enrolment.status != "active":
                break
        return stored

    def _go_on(self, ref: Ref, stored: Stored, place: int) -> None:
        """Go on by the clock of the version that holds the enrolment now."""
        journey = self._progress.journey(stored.enrolment)
        if stored.enrolment.status != "active":
            self._progress.follow_up(journey, ref, stored, "", 0, place=place)
        elif journey.clock == "due_index":
            self._progress.clock(journey).follow_up(journey, ref, stored, place)
            self._progress.look_back(ref, stored)
        else:
            resume_surely(self._progress, self._machines, journey, ref, stored)

    def _let_go(self, old: Journey, ref: Ref, enrolment: Enrolment, place: int) -> None:
        """Take away listeners that only the older version wanted."""
        stood = str(enrolment.trace[place].because[0]["step"])
        entries = (entry for entry in reversed(enrolment.trace[:place]) if entry.step == stood)
        last = next(islice(entries, 1), None)
        new = self._progress.journey(enrolment)
        wanted, over = listeners(new, enrolment), enrolment.status != "active"
        left = {trigger: Listen(trigger, exits=False) for trigger in standing_triggers(old)}
        if last is not None and old.has(stood):
            for trigger in triggers_of_wait(old.step(stood)):
                left[trigger] = Listen(trigger, trigger in wanted, stood, last.visit)
        for trigger, listen in left.items():
            if trigger not in wanted:
                self._progress.enrolments.release(ref, listen, over=over)


def _due(enrolment: Enrolment) -> datetime | None:
    return enrolment.waiting.due if enrolment.waiting else None


def _version(stored: Stored, place: int) -> int:
    """The version that held an enrolment before the decision at this place."""
    return stored.enrolment.trace[place - 1].version
