"""Where a due row lies, and from when on it may be taken out.

There are three indexes of one make: of people to judge again, of enrolments to wake, and of
messages that were put off. A row rests at an instant in one of a few shards, in the order of
instants; the sweeper goes through each shard in that order and never goes back. So nobody may write
a row behind it. The sweeper looks `LEAD` ahead of its clock, and whoever decides that somebody is
due writes the row within `WRITER_LIFE` of its own clock or never: a row that rests `NEAR` ahead of
that clock cannot be passed before it is there, nor can its person be judged before the decision is
stored.

Whoever is due sooner than that is sent for by the writer, directly. Its row rests later than it is
due, and matters only where the writer died before it sent.
"""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final, Literal

DueKind = Literal["D", "W", "Y"]
"""What is due, as keys name it: people to judge, enrolments to wake, or messages put off."""

JUDGED: Final[DueKind] = "D"
WOKEN: Final[DueKind] = "W"
DEFERRED: Final[DueKind] = "Y"

# A partition takes a thousand writes a second, and a million people whose waits end in one minute
# are 16,667 (16 shards take 16,000). See decision 0015 before changing the number: it may grow at
# any time, and must never shrink while rows lie in shards beyond it.
SHARDS: Final = 32

# A tick comes every minute; two of them see everybody in time, so that one may fail.
LEAD: Final = timedelta(seconds=150)
# No function that decides who is due runs longer: the time-out of update_tags is made of it.
WRITER_LIFE: Final = timedelta(seconds=60)
# Clocks differ a little, and a read that is not strongly consistent is a little behind.
SLACK: Final = timedelta(seconds=30)
NEAR: Final = LEAD + WRITER_LIFE + SLACK

# A row that was taken out is left to expire, which costs nothing. Should nothing be swept for as
# long as this, people are judged with their next event only.
KEPT: Final = timedelta(days=7)


def shard_of(name: str) -> int:
    """The shard of a due row by the name of who is due, from 0."""
    return int(sha256(name.encode()).hexdigest(), 16) % SHARDS


def is_near(due_at: datetime, now: datetime) -> bool:
    """Whether the writer itself has to send for somebody."""
    return due_at < now + NEAR


def resting_at(due_at: datetime, now: datetime) -> datetime:
    """The instant at which the row of somebody rests who was found at `now` to be due at `due_at`.

    Never before `due_at`, and never where a sweeper may have been already.
    """
    return max(due_at, now + NEAR)
