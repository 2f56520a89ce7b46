"""What is found at a node: how its answer runs on, and the facts that decide it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple

from shared.domain.segments.courses import Course
from shared.domain.segments.nodes.events import Window

MAX_TEXT: Final = 100

Shown = bool | int | float | str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that decided a verdict: the leaf that was judged, and what was compared in it.

    `about` is the leaf's type and `name` that of its trait or event; of a ratio the whole, of a
    sequence the first step, of activity what it is about. `value` is what was compared: a trait's
    or property's value (long texts are cut, lists and objects are left out), a number, a date, the
    instant at which a sequence was last complete. `holds` is the answer of that one comparison.
    `aggregate` says what was made of `property`, and `within_days` or `window` which time counted.
    """

    about: Literal[
        "trait", "event", "amount", "value", "favourite", "ratio", "trend", "sequence", "activity",
        "date",
    ]  # fmt: skip
    name: str
    value: Shown
    holds: bool
    within_days: int | None = None
    property: str | None = None
    aggregate: str | None = None
    window: Window | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data without what is absent."""
        data = {
            "about": self.about,
            "name": self.name,
            "value": self.value,
            "holds": self.holds,
            "within_days": self.within_days,
            "property": self.property,
            "aggregate": self.aggregate,
            "window": self.window and self.window.model_dump(mode="json"),
        }
        return {key: value for key, value in data.items() if value is not None}


class Finding(NamedTuple):
    """The course of a node, and the facts that decide whether it holds now."""

    course: Course
    facts: tuple[Fact, ...]


def shown(value: object) -> Shown:
    """A value as a fact shows it: small, and plain JSON."""
    match value:
        case str():
            return value[:MAX_TEXT]
        case bool() | int() | float():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case _:
            return None
