"""Restarting: an enrolment whose execution has gone goes on by a new one, where it stands.

An execution fails, is stopped by hand, or was never started; an answer that it waits for gets lost.
The enrolment knows nothing of that: it only stands still. Whoever finds it looks at the execution,
and starts another one under its version, as a move does (`resuming`). Should the old one
go on all the same, nothing is doubled: each call of either finds in the trace what was decided.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from shared.domain.journeys.clock import wall_wake
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import WAITS, Enrolment
from shared.domain.journeys.going_on import owed, resume_surely
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.ports import Change, Outbox, Ref, Stored
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.resuming import again, times_of
from shared.domain.recovery.damage import LATE, Seen
from shared.errors import ConflictError

LONGEST: Final = timedelta(days=1)
_SLOWER: Final = 4  # each time longer: what fails for good is tried once a day in the end


def stands_still(
    enrolment: Enrolment,
    machine: str,
    decided_at: datetime,
    *,
    now: datetime,
    late: timedelta,
    time_scale: float,
) -> bool:
    """Whether an enrolment with an execution should have moved so long ago.

    It was stored at `decided_at`. One that was started again is given longer each time; the first
    execution has the usual time however early somebody asks: whoever stored the enrolment, for one
    person of many perhaps, is about to start it.
    """
    due, waiting = decided_at, enrolment.waiting
    if waiting:
        wake_at = wall_wake(waiting.due, enrolment.clock_at, decided_at, time_scale)
        due = max(decided_at, wake_at)
    times = times_of(machine)
    patience = max(late, min(late * _SLOWER ** min(times, 9), LONGEST) if times else LATE)
    return enrolment.status == "active" and due + patience < now


def may_idle(enrolment: Enrolment, now: datetime) -> bool:
    """Whether the execution of an enrolment would be waiting still, had nobody stopped it.

    That is where something from outside ended it in a wait that was to go on.
    """
    if enrolment.status == "active" or not enrolment.was_cut:
        return False
    before = (entry for entry in reversed(enrolment.trace[:-1]) if entry.decision != "goal")
    last = next(before, None)
    return bool(last and last.decision in WAITS and last.due and last.due > now)


class Restarter:
    """Looks at the executions of those who stand still, and starts what has gone."""

    def __init__(
        self,
        progress: Progress,
        machines: MachineClock,
        outbox: Outbox,
        machine_of: Callable[[Journey, int], str],
    ) -> None:
        """`machine_of` gives the machine that begins anywhere in a version of a journey."""
        self._progress = progress
        self._machines = machines
        self._outbox = outbox
        self._machine_of = machine_of

    def stands_still(self, stored: Stored, decided_at: datetime, late: timedelta) -> bool:
        """Whether an enrolment that was stored at `decided_at` should have moved so long ago."""
        return stands_still(
            stored.enrolment,
            stored.machine,
            decided_at,
            now=self._progress.now(),
            late=late,
            time_scale=self._machines.time_scale(stored.enrolment.workspace_id),
        )

    def may_idle(self, stored: Stored) -> bool:
        """Whether the execution of an enrolment that is over may be waiting still."""
        return may_idle(stored.enrolment, self._progress.now())

    def look(self, ref: Ref, version: int) -> Seen:
        """What is the matter with an enrolment that stood still as of this version of its row."""
        return self._look(version, ref)[0]

    def restart(self, ref: Ref, version: int, decided_at: datetime) -> Seen:
        """Do something about it; gives what was the matter. May be repeated.

        `decided_at` is when that version was stored. Raises NotFoundError where its journey is no
        more, ConflictError where it moved just when its execution was stopped, TransientError.
        """
        seen, found = self._look(version, ref)
        if found is None or seen in ("fine", "behind"):
            return seen
        journey, stored = found
        if seen == "untold":
            if self._tell(journey, stored):
                return seen
            # Its Task was told, as a rule, and the row keeps the token until the next call of the
            # execution; only after long does it wait by another token, which nobody knows.
            if not self.stands_still(stored, decided_at, LONGEST):
                return "behind"
            self._machines.executions.stop(stored.machine, ref, "it waits by a lost token")
        try:
            self._start(journey, ref, stored)
        except ConflictError:
            if seen == "gone":
                return "fine"
            raise  # what moved it relies on the execution that was stopped
        return seen

    def is_idle(self, ref: Ref, machine: str) -> bool:
        """Whether the execution of an enrolment that is over runs all the same."""
        return self._machines.executions.is_running(machine, ref)

    def stop(self, ref: Ref, machine: str) -> None:
        """Stop the execution of an enrolment that is over."""
        self._machines.executions.stop(machine, ref, "its enrolment is over")

    def _look(self, version: int, ref: Ref) -> tuple[Seen, tuple[Journey, Stored] | None]:
        found = self._progress.load(ref)
        if found is None:
            return "fine", None
        _, stored = found
        if stored.version != version or stored.enrolment.status != "active":
            return "fine", None
        if not self._machines.executions.is_running(stored.machine, ref):
            return "gone", found
        is_told = stored.task is None or self._machines.waits_in(stored.enrolment, stored.task)
        return ("behind" if is_told else "untold"), found

    def _tell(self, journey: Journey, stored: Stored) -> bool:
        """Answer the Task once more; False when there is none behind its token."""
        task = stored.task
        if task is None:
            return False
        told = self._machines.answer(journey, stored.enrolment, task.step, None)
        return self._machines.executions.redeem(task.token, told)

    def _start(self, journey: Journey, ref: Ref, stored: Stored) -> None:
        """Start another execution; raises ConflictError when the enrolment moves just now.

        It is written down first: whoever ends the enrolment has to know what to stop.
        """
        enrolment = stored.enrolment
        machine = self._machine_of(journey, enrolment.journey_version)
        change = Change(
            enrolment,
            self._progress.now(),
            listens=tuple(listeners(journey, enrolment).values()),
            machine=again(machine, stored.machine),
        )
        stored = self._progress.enrolments.commit(stored, change)
        for request in owed(journey, enrolment, len(enrolment.trace)):
            self._outbox.send(request)
        resume_surely(self._progress, self._machines, journey, ref, stored)
