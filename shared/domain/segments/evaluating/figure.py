"""A figure: what is compared (a count, a sum, a value), and how it runs on if nothing happens.

    page in the last 7 days   2  2  1  1  1  0  0 ...    now 2; later: day 3 → 1, day 6 → 0

A condition tests it, which gives a course; a tag shows it as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Generic, TypeVar

from shared.domain.segments.courses import Course, earliest
from shared.domain.segments.evaluating.clock import Clock

LAST_DAY: Final = date.max - timedelta(days=1)  # its start is an instant in every time zone

V = TypeVar("V")
S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figure(Generic[V]):
    """What it is now, and what it becomes when: at an instant, or as a natural day begins.

    `later` is in the order of time; of entries for one time the last one counts. Nothing is known
    of what comes after `until`.
    """

    now: V
    later: Sequence[tuple[date, V]] = ()
    until: datetime | None = None

    def course(self, test: Callable[[V], bool], clock: Clock) -> Course:
        """How a test of this figure runs on."""
        holds = current = test(self.now)
        turns: list[datetime] = []
        for when, value in self.later:
            if test(value) == current:
                continue
            current = not current
            at = clock.instant(when)
            if turns and turns[-1] == at:
                turns.pop()  # there and back at the same instant
            else:
                turns.append(at)
        return Course(holds, tuple(turns), self.until)

    def map(self, change: Callable[[V], S]) -> "Figure[S]":
        """The same said in other words; each change of the figure is said once."""
        before = self.now
        later: list[tuple[date, S]] = []
        for when, value in self.later:
            if value != before:
                before = value
                later.append((when, change(value)))
        return Figure(change(self.now), later, self.until)

    def changes_at(self, clock: Clock) -> datetime | None:
        """When the figure is another one, or what is known of it ends; None for never."""
        other = next((clock.instant(when) for when, value in self.later if value != self.now), None)
        return earliest((other, self.until))


@dataclass(frozen=True, slots=True)
class Pieces(Generic[T]):
    """What lies within a window, ascending, each with when it leaves: None for never.

    `until` is when something enters that is known already: an event that seems to lie in the
    future, since the clock here is a little behind the one that gave it its time.
    """

    items: Sequence[tuple[date | None, T]]
    until: datetime | None = None

    def map(self, change: Callable[[T], S]) -> "Pieces[S]":
        """The same with something else in it."""
        return Pieces([(leaves, change(piece)) for leaves, piece in self.items], self.until)

    def fold(self, start: S, add: Callable[[S, T], S]) -> Figure[S]:
        """What the pieces come to, now and each time that the earliest one has left.

        They are added from the latest to the earliest, so each sum on the way is what remains.
        """
        state = start
        remaining: list[tuple[date, S]] = []
        for leaves, piece in reversed(self.items):
            if leaves is not None:
                remaining.append((leaves, state))
            state = add(state, piece)
        remaining.reverse()
        return Figure(state, remaining, self.until)
