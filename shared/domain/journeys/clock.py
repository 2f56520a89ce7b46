"""Logical time and the wall clock: when to wake somebody whose journey lives in logical time."""

from datetime import datetime, timedelta
from typing import Final

# What begins a wait by a call needs the time of that call, and looks then for what came before.
_BEGINNING: Final = timedelta(minutes=1)


def wall_wake(due: datetime, clock_at: datetime, now: datetime, time_scale: float) -> datetime:
    """The wall-clock instant to wake at for what is due at the logical instant `due`.

    Normally that is `due` itself. In a rehearsal (`time_scale` > 1) the way from the enrolment's
    clock to `due` is divided and counted from now.
    """
    if time_scale == 1:
        return due
    return now + (due - clock_at) / time_scale


def wall_rest(begins: datetime, due: datetime, at: datetime, time_scale: float) -> int:
    """For how many seconds from the wall-clock instant `at` on to wait for what is due.

    It begins at the logical instant `begins`. Who comes late to a wait, because of a late event or
    a backlog, has less of it left: it is over when it is due, however late it is begun. What should
    be over by then lasts as long as it takes to begin it, a minute at the most.
    """
    left = wall_wake(due, begins, at, time_scale) - at
    least = min((due - begins) / time_scale, _BEGINNING)
    return max(1, -(-max(left, least) // timedelta(seconds=1)))


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to what is written down, so that stored and computed instants are equal."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
