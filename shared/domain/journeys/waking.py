"""Waking many at once: what their waits lead to is decided first, and planned in few rows.

Nothing else is different: each is stored by a conditional write of its own, after the row that
wakes it next is there. Whoever is not found as the wake expects (somebody was faster, or what was
read is a moment old) goes by itself, over what is read strongly consistent.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.ports import Change, Stored
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.wakes import Wake
from shared.errors import ConflictError

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Woken:
    wake: Wake
    journey: Journey
    before: Stored
    change: Change


class Waking:
    """Ends the waits of many enrolments, by the due index."""

    def __init__(self, progress: Progress, failed: Callable[[Exception], None]) -> None:
        """Work over the ports of `progress`; `failed` is told of each that failed."""
        self._progress = progress
        self._failed = failed

    def wake(self, wakes: Sequence[Wake], at: datetime) -> None:
        """Let the time be up for every wait that is over at the instant `at`; see Progress.wake.

        Who fails stops nobody, unless the due index itself is out of reach (TransientError).
        """
        seen = self._progress.enrolments.glance([wake.ref for wake in wakes])
        woken: list[_Woken] = []
        alone: list[Wake] = []
        for wake in dict.fromkeys(wakes):
            found = self._try(partial(self._decided, wake, seen.get(wake.ref), at))
            if isinstance(found, _Woken):
                woken.append(found)
            elif found is None:
                alone.append(wake)
        alone += self._store(woken)
        for wake in alone:
            self._try(partial(self._progress.wake, wake, at))

    def _decided(self, wake: Wake, stored: Stored | None, at: datetime) -> _Woken | None:
        """What the wake leads to; None where it must be looked at again."""
        if stored is None:
            return None
        journey = self._progress.journey(stored.enrolment)
        if journey.clock != "due_index":
            return None
        change = self._progress.woken(journey, stored, wake, at)
        return _Woken(wake, journey, stored, change) if change else None

    def _store(self, woken: Sequence[_Woken]) -> list[Wake]:
        """Store them, and do what follows; gives those for whom somebody else was faster."""
        if not woken:
            return []
        clock = self._progress.clock(woken[0].journey)
        alone: list[Wake] = []
        done: list[tuple[_Woken, Stored]] = []
        with clock.folding([one.change for one in woken]) as folding:
            for one in woken:
                try:
                    stored = self._progress.enrolments.commit(one.before, folding.place(one.change))
                except ConflictError:
                    alone.append(one.wake)
                except Exception as error:
                    self._failed(error)
                else:
                    folding.keep(one.change)
                    done.append((one, stored))
        for one, stored in done:
            self._try(partial(self._progress.follow_wake, one.wake, one.journey, stored))
        return alone

    def _try(self, work: Callable[[], Result]) -> Result | Exception:
        try:
            return work()
        except Exception as error:
            self._failed(error)
            return error
