"""A broadcast: who is asked into a journey, when, how fast, and how far that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

BATCH: Final = 500
"""People in one file; they are asked one after the other, by one worker at a time."""

KEPT: Final = timedelta(days=60)
"""As long as the files of people; nothing takes longer than that."""

State = Literal["running", "paused", "cancelled", "done"]
OVER: Final[frozenset[State]] = frozenset({"cancelled", "done"})
Group = Literal["all", "sample", "rest"]


@dataclass(frozen=True, slots=True)
class Sample:
    """A share of the people goes first, through an experiment, and what is found best to the rest.

    `step` is the experiment. The decision falls `decide_after` the last of the sample was asked; if
    fewer than `least` people of all variants together reached the goal by then, the control wins.
    """

    share: float
    decide_after: timedelta
    step: str
    least: int


class Wave(NamedTuple):
    """People who are asked from the same instant on.

    `zone` is one of those whose clocks go alike, where people are asked by local time; `at` is None
    while nobody knows yet: the rest waits for the sample.
    """

    group: Group
    zone: str
    at: datetime | None
    people: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """The people in each of its batches."""
        full, left = divmod(self.people, BATCH)
        return (BATCH,) * full + ((left,) if left else ())


class Part(NamedTuple):
    """How far a batch is: everybody before `done` was asked.

    From there to `doing` somebody asks, or died asking, at the instant `at`; `left` of those before
    `done` were not asked, because they are gone or were in another batch as well.
    """

    done: int = 0
    doing: int = 0
    at: datetime | None = None
    left: int = 0


class Tried(NamedTuple):
    """What came of one variant in the sample."""

    variant: str
    control: bool
    entered: int
    reached: int


Why = Literal["won", "tie", "too_little"]


class Verdict(NamedTuple):
    """Which variant the rest gets, why, and by which figures."""

    winner: str
    why: Why
    tried: tuple[Tried, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One broadcast and how far it is.

    `condition` is the JSON text of who is asked; who that is, is found out at `starts_at`, once.
    `run` counts the executions that carried it on, and only the latest does. In the `minute` that
    was counted last, `in_minute` people were asked. `folder` holds the files of people, and `waves`
    are known when these are written.
    """

    broadcast_id: str
    journey_id: str
    condition: str
    segment_id: str = ""
    asked_at: datetime
    starts_at: datetime
    local_time: str = ""
    rate: int = 0
    sample: Sample | None = None
    state: State = "running"
    reason: str = ""
    run: int = 1
    looks: int = 0
    minute: str = ""
    in_minute: int = 0
    folder: str = ""
    gathered_at: datetime | None = None
    waves: tuple[Wave, ...] = ()
    verdict: Verdict | None = None
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing will come of it any more."""
        return self.state in OVER

    @property
    def expires_at(self) -> datetime:
        """When nobody needs to know of it any more, a year after it could be done."""
        return self.starts_at + KEPT + timedelta(days=365)

    @property
    def people(self) -> int:
        """How many are in it; 0 until that is known."""
        return sum(wave.people for wave in self.waves)

    def same_wish(self, other: "Broadcast") -> bool:
        """Say whether the same was asked for, whatever came of it."""
        return _wish(self) == _wish(other)


def _wish(one: Broadcast) -> tuple[object, ...]:
    return (one.journey_id, one.condition, one.local_time, one.rate, one.sample)
