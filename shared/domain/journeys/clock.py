"""Logical time and the wall clock: when to wake somebody whose journey lives in logical time."""

from datetime import datetime, timedelta


def wall_wake(due: datetime, clock_at: datetime, now: datetime, time_scale: float) -> datetime:
    """The wall-clock instant to wake at for what is due at the logical instant `due`.

    Normally that is `due` itself. In a rehearsal (`time_scale` > 1) the way from the enrolment's
    clock to `due` is divided and counted from now.
    """
    if time_scale == 1:
        return due
    return now + (due - clock_at) / time_scale


def wall_seconds(duration: timedelta, time_scale: float) -> int:
    """A duration on the wall clock in whole seconds, rounded up, at least one."""
    return max(1, -(-duration // timedelta(seconds=time_scale)))


def to_milliseconds(instant: datetime) -> datetime:
    """Cut an instant to what is written down, so that stored and computed instants are equal."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)
