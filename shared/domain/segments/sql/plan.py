"""The layers of a query: what each event says, what stands around it, what a person comes to.

Every expression has a name in its layer and is there once, however many conditions ask for it:

    what the scan gives > flags and instants > values > windows, one upon the other > people
"""

# ruff: noqa: S608 - every value comes through `literals`

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.days import natural_day
from shared.domain.segments.nodes.events import EventPattern
from shared.domain.segments.sql.json_values import JsonValue, passes
from shared.domain.segments.sql.literals import EPOCH, both, either, one_of, start_of, text

# Columns of the scan are `t` (an instant as text), `name`, `type`, `source_id`, `properties` and
# `traits`; `ms` is the instant in milliseconds, which only windows around events need.
_INSTANT: Final = "CAST(replace(t, 'T', ' ') AS timestamp(3))"
_MILLISECONDS: Final = f"date_diff('millisecond', {EPOCH}, {_INSTANT})"

FLAGS: Final = 0
VALUES: Final = 1


@dataclass(slots=True)
class Layer:
    """Expressions over the layer below, by text; each has a name."""

    prefix: str
    names: dict[str, str] = field(default_factory=dict)

    def add(self, expression: str) -> str:
        """The name of an expression, which is new or there already."""
        return self.names.setdefault(expression, f"{self.prefix}{len(self.names)}")

    def columns(self) -> list[str]:
        """Each expression with its name."""
        return [f"{expression} AS {name}" for expression, name in self.names.items()]


class Plan:
    """Collects what some conditions look at, judged at one instant."""

    def __init__(self, at: datetime, zone: ZoneInfo) -> None:
        """Raises ValueError when `at` has no offset."""
        if at.tzinfo is None:
            raise ValueError(f"{at} has no UTC offset")
        self.at = at
        self.zone = zone
        self.today: date = natural_day(at, zone)
        self.events: set[str] = set()
        self.identifies = False
        self.everything = False
        self._since: list[datetime | None] = []
        self._rows = [Layer("f"), Layer("v")]
        self._people = Layer("a")
        self._judged: list[Layer] = []
        self._clock = False

    @property
    def since(self) -> datetime | None:
        """Before which nothing is looked at; None when everything is."""
        found = [each for each in self._since if each is not None]
        return min(found) if found and len(found) == len(self._since) else None

    @property
    def relevant(self) -> str:
        """A test of a row of the lake: whether it is an event that matters."""
        if self.everything:
            return "TRUE"
        named = [one_of("name", sorted(self.events))] if self.events else []
        return either([*named, *(["type = 'identify'"] if self.identifies else [])])

    def looks_at(self, pattern: EventPattern, since: datetime | None) -> None:
        """Say that events of a pattern matter, from an instant on or all of them."""
        self.events.add(pattern.event)
        self._since.append(since)

    def looks_at_traits(self) -> None:
        """Say that claims about traits matter, however old."""
        self.identifies = True
        self._since.append(None)

    def looks_at_everything(self) -> None:
        """Say that every event matters, whatever its name."""
        self.everything = True
        self._since.append(None)

    def flag(self, pattern: EventPattern) -> str:
        """Whether an event is one of a pattern; FALSE or NULL when not."""
        named = f"name = {text(pattern.event)}"
        if not pattern.where:
            return self._rows[FLAGS].add(named)
        tests = both(
            passes(test, JsonValue.member("properties", test.property)) for test in pattern.where
        )
        return self._rows[FLAGS].add(f"CASE WHEN {named} THEN {tests} END")

    def row(self, expression: str, layer: int = VALUES) -> str:
        """A column of each event; `layer` is where it stands, on what the layers below have."""
        while len(self._rows) <= layer:
            self._rows.append(Layer(f"w{len(self._rows) - VALUES}_"))
        return self._rows[layer].add(expression)

    def instant_of_row(self) -> str:
        """The column with the instant of an event in milliseconds."""
        self._clock = True
        return "ms"

    def person(self, expression: str) -> str:
        """A column of each person: an aggregate of the columns of the events."""
        return self._people.add(expression)

    def judged(self, expression: str, level: int) -> str:
        """A column of each person that says what came of a part, for the levels above."""
        while len(self._judged) <= level:
            self._judged.append(Layer(f"j{len(self._judged)}_"))
        return self._judged[level].add(expression)

    def people(self, scan: str) -> str:
        """The query with a row for each person: `profile_id` and what was asked for."""
        query = f"({scan}) AS scan"
        clock = [f"{_MILLISECONDS} AS ms"] if self._clock else []
        for number, layer in enumerate(self._rows):
            columns = [*clock, *layer.columns()] if number == FLAGS else layer.columns()
            if columns:
                query = f"(SELECT *, {', '.join(columns)} FROM {query}) AS rows{number}"
        people = ", ".join(("profile_id", *self._people.columns()))
        query = f"(SELECT {people} FROM {query} GROUP BY profile_id) AS people"
        for number, layer in enumerate(self._judged):
            query = f"(SELECT *, {', '.join(layer.columns())} FROM {query}) AS judged{number}"
        return query

    def start_of(self, day: date) -> datetime:
        """Where a natural day of the workspace begins."""
        return start_of(day, self.zone)
