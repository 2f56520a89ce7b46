"""Folding: what a run of stream records adds to the rows that count them.

A row remembers the position of the last record folded into it. A record counts only when its
position is greater, so any delivery of any part of the stream, again and again, gives the same row:

    row at position 4        records 3 4 5 6        folded: 5 6        row at position 6
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.counters.revenue import total
from shared.domain.days import month_of, natural_day
from shared.domain.events.own import OWN_EVENTS

POSITION_DIGITS: Final = 40
_DAYS: Final = frozenset(f"d{day:02d}" for day in range(1, 32))
_SUMS: Final = frozenset(f"r{day:02d}" for day in range(1, 32))


def position_of(sequence_number: str) -> str:
    """A stream's sequence number (a decimal of up to 40 digits) so that text order is its order."""
    return sequence_number.zfill(POSITION_DIGITS)


def position_in(record: Mapping[str, Any]) -> str:
    """Where a stream record stands; text order is the order of the stream, and of streams.

    Sequence numbers begin anew with every stream, and a table that was restored has a new one. Its
    name ends with the instant at which it was opened, `…/stream/2026-11-22T08:00:00.000`, which
    comes first. Positions from before that was so are bare numbers, and smaller than any.
    """
    number = position_of(record["dynamodb"]["SequenceNumber"])
    label = str(record.get("eventSourceARN", "")).rpartition("/stream/")[2]
    return f"{label}#{number}" if label else number


def is_named(position: str) -> bool:
    """Whether a position says of which stream it is."""
    return "#" in position


def _number(position: str) -> str:
    return position.rpartition("#")[2]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event in the stream: where it stands, what it was, and when it happened.

    `revenue` is what it brought in, and `touch` what had brought the person there, as text
    (`profiles.touches`).
    """

    position: str
    name: str
    occurred_at: datetime
    revenue: Decimal | None = None
    touch: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """What one record adds to a row: one to the attribute `counts`, and what came with it.

    `is_dated` says whether the first and the last instant of the row take it in.
    """

    position: str
    counts: str
    occurred_at: datetime
    revenue: Decimal | None = None
    touch: str | None = None
    is_dated: bool = True


@dataclass(frozen=True, slots=True)
class Fold:
    """What a run of records adds to one row: at least one step, positions ascending."""

    steps: tuple[Step, ...]

    @property
    def begins(self) -> str:
        """Position of the first record."""
        return self.steps[0].position

    @property
    def ends(self) -> str:
        """Position of the last record; the row's position once this is folded."""
        return self.steps[-1].position

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """When the earliest and the latest of the events happened; None without dated ones."""
        found = [step.occurred_at for step in self.steps if step.is_dated]
        return (min(found), max(found)) if found else None

    @property
    def touches(self) -> tuple[str, str] | None:
        """The first and the last touch by the time of the events; None without any."""
        found = [step.touch for step in self.steps if step.touch is not None]
        return (min(found), max(found)) if found else None

    @property
    def increments(self) -> dict[str, int | Decimal]:
        """How much is added to each attribute: `d22` counts a day's events, `r22` their revenue."""
        revenue: dict[str, list[Decimal]] = {}
        for step in self.steps:
            if step.revenue is not None:
                revenue.setdefault(f"r{step.counts[1:]}", []).append(step.revenue)
        sums = {name: total(amounts) for name, amounts in revenue.items()}
        return {**Counter(step.counts for step in self.steps), **sums}

    def after(self, position: str) -> "Fold | None":
        """The part that a row at `position` does not hold yet; None when it holds everything."""
        if is_named(position):
            rest = tuple(step for step in self.steps if step.position > position)
        else:  # from before positions named their stream, and that was this one
            rest = tuple(step for step in self.steps if _number(step.position) > position)
        return Fold(rest) if rest else None


def fold_state(occurrences: Iterable[Occurrence]) -> Fold | None:
    """What the events add to the strand's state row: one each; None without events.

    Those that Rapport itself writes are no sign of life: they are counted apart, as `own`.
    """
    steps = tuple(map(_sign, occurrences))
    return Fold(steps) if steps else None


def _sign(each: Occurrence) -> Step:
    if each.name in OWN_EVENTS:
        return Step(each.position, "own", each.occurred_at, is_dated=False)
    return Step(each.position, "events", each.occurred_at, touch=each.touch)


def fold_counters(occurrences: Iterable[Occurrence], zone: ZoneInfo) -> dict[tuple[str, str], Fold]:
    """What the events add to each counter row, by (event name, month): `d22` counts day 22.

    A day is the natural day of `occurred_at` in the workspace's zone, however late it came in.
    """
    rows: dict[tuple[str, str], list[Step]] = {}
    for each in occurrences:
        day = natural_day(each.occurred_at, zone)
        step = Step(each.position, f"d{day.day:02d}", each.occurred_at, each.revenue)
        rows.setdefault((each.name, month_of(day)), []).append(step)
    return {row: Fold(tuple(steps)) for row, steps in rows.items()}


def counted_days(month: str, row: Mapping[str, Any]) -> dict[date, int]:
    """Read a counter row of a month (`2026-11`) back: natural day → times, where there are any."""
    return {_day(month, name): times for name, times in row.items() if name in _DAYS}


def earned_days(month: str, row: Mapping[str, Any]) -> dict[date, Decimal]:
    """Read the revenue of a counter row back: natural day → sum, where there is any."""
    return {_day(month, name): Decimal(amount) for name, amount in row.items() if name in _SUMS}


def _day(month: str, name: str) -> date:
    return date(int(month[:4]), int(month[5:]), int(name[1:]))
