"""Judges leaves about the first or the last value of a property."""

import json
from datetime import datetime

from shared.domain.measures.model import Cell, Measure, Value
from shared.domain.profiles.model import View
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import ValueCondition
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import Fact, Finding, shown
from shared.domain.segments.evaluating.windows import cells_within

Said = tuple[datetime, str]  # when, and the JSON text of the value


def find(node: ValueCondition, view: View, clock: Clock) -> Finding:
    """Compare the first or last value."""
    found = figure(node, view, clock)
    course = found.course(lambda value: value_holds(node.test, value), clock)
    fact = Fact(
        "value", node.event, shown(found.now), course.holds, node.within_days,
        node.test.property, node.which, node.window,
    )  # fmt: skip
    return Finding(course, (fact,))


def figure(node: ValueCondition, view: View, clock: Clock) -> Figure[Value | None]:
    """The first or last value; None where there is none."""
    cells = cells_within(node, Measure.of(node, node.test.property), view, clock)
    return cells.fold(None, _first if node.which == "first" else _last).map(_value)


def _first(known: Said | None, cell: Cell) -> Said | None:
    said = cell.first
    return said if known is None or (said is not None and said < known) else known


def _last(known: Said | None, cell: Cell) -> Said | None:
    said = cell.last
    return said if known is None or (said is not None and said > known) else known


def _value(said: Said | None) -> Value | None:
    return None if said is None else json.loads(said[1])
