"""What comes next in a broadcast, and how many people a minute may still bring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from shared.domain.broadcasts.model import Broadcast, Part
from shared.domain.broadcasts.waves import is_through, left_in

MOST_PEOPLE: Final = 1_000_000  # in one round where no rate is asked for
# History ends at 25,000 events, of which a round makes fewer than twenty.
MOST_LOOKS: Final = 1_000


class Slice(NamedTuple):
    """So many people of one batch, at most; where they begin is known when they are asked."""

    wave: int
    batch: int
    most: int


@dataclass(frozen=True, slots=True)
class Gather:
    """Find out who is in it."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done before an instant."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Round:
    """Ask these people now."""

    slices: tuple[Slice, ...]


@dataclass(frozen=True, slots=True)
class Decide:
    """Compare what came of the sample."""


@dataclass(frozen=True, slots=True)
class Finish:
    """Everybody was asked."""


Onward = Gather | Wait | Round | Decide | Finish

Parts = Mapping[tuple[int, int], Part]


def onward(broadcast: Broadcast, parts: Parts, now: datetime) -> Onward:
    """What comes next in a broadcast that is running."""
    if not broadcast.folder:
        return Gather() if broadcast.starts_at <= now else Wait(broadcast.starts_at)
    if due := _due(broadcast, parts, now):
        allowed = left_of_minute(broadcast, now) if broadcast.rate else MOST_PEOPLE
        slices = _cut(due, parts, allowed)
        return Round(slices) if slices else Wait(next_minute(now))
    waves = [wave for n, wave in enumerate(broadcast.waves) if not is_through(wave, n, parts)]
    if coming := [wave.at for wave in waves if wave.at is not None]:
        return Wait(min(coming))
    if broadcast.sample is None or broadcast.verdict is not None:
        return Finish()
    decides_at = decision_at(broadcast, parts)
    return Decide() if decides_at <= now else Wait(decides_at)


def decision_at(broadcast: Broadcast, parts: Parts) -> datetime:
    """When the sample is decided on: some time after the last of it was asked."""
    began = broadcast.gathered_at or broadcast.starts_at
    asked = [part.at for part in parts.values() if part.at is not None]
    after = broadcast.sample.decide_after if broadcast.sample else timedelta()
    return max((began, *asked)) + after


def minute_of(now: datetime) -> str:
    """A minute as its count of people is known by; later ones are greater."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


def next_minute(now: datetime) -> datetime:
    """When the next minute begins."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def left_of_minute(broadcast: Broadcast, now: datetime) -> int:
    """How many people the rate still allows in this minute."""
    taken = broadcast.in_minute if broadcast.minute >= minute_of(now) else 0
    return max(broadcast.rate - taken, 0)


def _due(broadcast: Broadcast, parts: Parts, now: datetime) -> list[Slice]:
    """Everybody who is left in waves that have begun, the earliest of these first."""
    begun = sorted(
        (wave.at, number)
        for number, wave in enumerate(broadcast.waves)
        if wave.at is not None and wave.at <= now
    )
    return [
        Slice(number, *left)
        for _, number in begun
        for left in left_in(broadcast.waves[number], number, parts)
    ]


def _cut(due: list[Slice], parts: Parts, allowed: int) -> tuple[Slice, ...]:
    """The first so many people; whom somebody died asking can only be asked again together."""
    cut: list[Slice] = []
    for one in due:
        part = parts.get((one.wave, one.batch), Part())
        most = min(one.most, allowed)
        if most > 0 and most >= part.doing - part.done:
            cut.append(one._replace(most=most))
            allowed -= most
    return tuple(cut)
