"""A course: how a yes or no runs on, from now into the future, when nothing new happens.

Every condition has a course, and the course of a group follows from those of its parts:

    cart in the last 7 days       yes yes yes no  no  no      turns when day 3 begins
    3 × page in the last 5 hours  yes yes yes yes yes no      turns on day 5, at 10:31:07.250
    not all of them               no  no  no  yes yes yes     turns when day 3 begins
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Course:
    """Whether it holds now, and the later instants, ascending, at which that turns.

    Nothing is known of what comes after `until`, not even where a turn after it is given; None
    when the course is known for ever.
    """

    holds: bool
    turns: tuple[datetime, ...] = ()
    until: datetime | None = None

    @property
    def changes_at(self) -> datetime | None:
        """The first turn; the end of what is known, if that comes first; None without either."""
        if self.until is None:
            return self.turns[0] if self.turns else None
        return min(self.turns[0], self.until) if self.turns else self.until

    def inverted(self) -> "Course":
        """The course of the opposite."""
        return Course(not self.holds, self.turns, self.until)


def combined(holds: Callable[[Iterable[bool]], bool], parts: Sequence[Course]) -> Course:
    """The course of a group: `holds` is `all`, `any`, or `at_least(count)`."""
    standing = [part.holds for part in parts]
    now = current = holds(standing)
    turning = [(at, index) for index, part in enumerate(parts) for at in part.turns]
    turns: list[datetime] = []
    for at, group in groupby(sorted(turning), key=lambda turn: turn[0]):
        for _, index in group:
            standing[index] = not standing[index]
        if holds(standing) != current:
            current = not current
            turns.append(at)
    return Course(now, tuple(turns), earliest(part.until for part in parts))


def at_least(count: int) -> Callable[[Iterable[bool]], bool]:
    """Whether so many of several hold."""
    return lambda standing: sum(standing) >= count


def earliest(instants: Iterable[datetime | None]) -> datetime | None:
    """The earliest of those that are there; None when none is."""
    return min((at for at in instants if at is not None), default=None)
