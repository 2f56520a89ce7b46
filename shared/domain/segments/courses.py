"""A course: how a yes or no runs on, from today into the future, when nothing new happens.

Every condition has a course, and the course of a group follows from those of its parts:

    cart in the last 7 days       yes yes yes no  no  no      turns on day 3
    3 × page in the last 30 days  yes yes yes yes yes no      turns on day 5
    not all of them               no  no  no  yes yes yes     turns on day 3
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

LAST_DAY: Final = date.max.toordinal() - 1  # a day whose start is an instant in every time zone


@dataclass(frozen=True, slots=True)
class Course:
    """Whether it holds today, and the later days (as ordinals, ascending) on which that turns."""

    holds: bool
    turns: tuple[int, ...] = ()

    def inverted(self) -> "Course":
        """The course of the opposite."""
        return Course(not self.holds, self.turns)


def windowed(
    days: Mapping[date, int], window: int, today: date, test: Callable[[int], bool]
) -> tuple[int, Course]:
    """(count today, course) of a test on how often something happened in the last `window` days.

    A day with a later date than today (a client's clock that runs ahead) enters the window when
    that day begins.
    """
    now = today.toordinal()
    count = 0
    changes: dict[int, int] = {}
    for day, times in days.items():
        enters = day.toordinal()
        leaves = enters + window
        if leaves <= now:
            continue
        if enters <= now:
            count += times
        else:
            changes[enters] = changes.get(enters, 0) + times
        changes[leaves] = changes.get(leaves, 0) - times
    return count, Course(test(count), _turns(count, changes, test))


def combined(holds: Callable[[Iterable[bool]], bool], parts: Sequence[Course]) -> Course:
    """The course of a group: `holds` is `all` or `any`."""
    standing = [part.holds for part in parts]
    now = current = holds(standing)
    turning = sorted((day, index) for index, part in enumerate(parts) for day in part.turns)
    turns: list[int] = []
    for day, group in groupby(turning, key=lambda turn: turn[0]):
        for _, index in group:
            standing[index] = not standing[index]
        if holds(standing) != current:
            current = not current
            turns.append(day)
    return Course(now, tuple(turns))


def _turns(count: int, changes: Mapping[int, int], test: Callable[[int], bool]) -> tuple[int, ...]:
    current = test(count)
    turns: list[int] = []
    for day in sorted(changes):
        if day > LAST_DAY:
            break
        count += changes[day]
        if test(count) != current:
            current = not current
            turns.append(day)
    return tuple(turns)
