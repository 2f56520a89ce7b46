"""A measure: events of a name that pass some filters, and the one property that is kept of them.

What a person did is kept twice, in each strand: as *moments* (what happened when, of one natural
day, each event once) and as *cells* (what a day comes to). Moments are a set, so adding the same
event again, in whatever order, changes nothing; a cell follows from the moments of its day.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple

from shared.domain.segments.nodes.events import EventPattern, PropertyFilter
from shared.domain.text import to_text

MAX_MOMENTS_A_DAY: Final = 2_000  # of one measure in one strand; the latest are kept
MAX_VALUE: Final = 200  # characters of a text that are kept

Value = bool | int | float | str
"""What is kept of a property: a scalar. Lists, objects and null are None."""


@dataclass(frozen=True)
class Measure:
    """What to keep. Two conditions that ask for the same share one measure."""

    event: str
    where: tuple[PropertyFilter, ...] = ()
    property: str | None = None

    @classmethod
    def of(cls, pattern: EventPattern, name: str | None = None) -> "Measure":
        """The measure of a pattern, with a property or without."""
        return cls(pattern.event, pattern.where, name)

    @cached_property
    def measure_id(self) -> str:
        """16 hex digits; the same for the same measure, wherever it is asked for."""
        where = sorted(to_text(test.model_dump(mode="json")) for test in self.where)
        return sha256(to_text([self.event, where, self.property]).encode()).hexdigest()[:16]

    @cached_property
    def _key(self) -> tuple[str, tuple[tuple[str, str, str], ...], str | None]:
        """Equal when the ids are, and much cheaper; `repr` tells `1` from `1.0` and from `True`."""
        where = sorted((test.property, test.operator, repr(test.value)) for test in self.where)
        return self.event, tuple(where), self.property

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Measure) and self._key == other._key


class Moment(NamedTuple):
    """One event of a measure: when, a short id that tells two of the same instant apart, a value.

    `event_id` follows from the event's own key in the timeline, so it is the same at a redelivery.
    """

    at: datetime
    event_id: str
    value: Value | None = None


class Cell(NamedTuple):
    """What the moments of a natural day, or of several, come to.

    `amounts` counts those of which the value is an exact number (`number_of`), and `total`,
    `least` and `most` are of these. `first` and `last` are (instant, JSON text of the value) among
    those with a value.
    """

    times: int
    first_at: datetime
    last_at: datetime
    amounts: int = 0
    total: Decimal = Decimal(0)
    least: Decimal | None = None
    most: Decimal | None = None
    first: tuple[datetime, str] | None = None
    last: tuple[datetime, str] | None = None


class Activity(NamedTuple):
    """How a person shows at all: first and last event of any kind, and how many there were."""

    first_seen_at: datetime
    last_seen_at: datetime
    events: int


def measures_by_event(measures: Iterable[Measure]) -> Mapping[str, tuple[Measure, ...]]:
    """Turn measures around: from the name of an event to what is kept of it."""
    found: dict[str, dict[str, Measure]] = {}
    for measure in measures:
        found.setdefault(measure.event, {})[measure.measure_id] = measure
    return {event: tuple(each.values()) for event, each in found.items()}


def kept_value(properties: Mapping[str, Any], name: str | None) -> Value | None:
    """What is kept of a property: a scalar, a long text cut; None for everything else."""
    value = properties.get(name) if name is not None else None
    if isinstance(value, str):
        return value[:MAX_VALUE]
    return value if isinstance(value, bool | int | float) else None
