"""Judges leaves about the most frequent value of a property."""

import json
from collections import Counter
from datetime import datetime

from shared.domain.measures.cells import text_of
from shared.domain.measures.model import Measure, Value
from shared.domain.profiles.model import View
from shared.domain.segments.comparing import value_holds
from shared.domain.segments.condition import FavouriteCondition
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import Figure, Pieces
from shared.domain.segments.evaluating.finding import Fact, Finding, shown
from shared.domain.segments.evaluating.windows import moments_of_days
from shared.domain.segments.nodes.events import MAX_FAVOURITE_VALUES

Standing = tuple[int, datetime, str]  # how often, the last time, JSON text: the greatest wins


def find(node: FavouriteCondition, view: View, clock: Clock) -> Finding:
    """Compare the favourite."""
    found = figure(node, view, clock)
    course = found.course(lambda value: value_holds(node.test, value), clock)
    fact = Fact(
        "favourite", node.event, shown(found.now), course.holds, node.within_days,
        node.test.property,
    )  # fmt: skip
    return Finding(course, (fact,))


def figure(node: FavouriteCondition, view: View, clock: Clock) -> Figure[Value | None]:
    """The favourite; None where there is no value.

    The latest values are counted first. One that is added can only become the favourite itself, as
    the others stand as they did.
    """
    times: Counter[str] = Counter()
    last: dict[str, datetime] = {}

    def add(best: Standing | None, said: tuple[datetime, str]) -> Standing:
        at, text = said
        times[text] += 1
        standing = (times[text], last.setdefault(text, at), text)
        return standing if best is None else max(best, standing)

    return _values(node, view, clock).fold(None, add).map(_value)


def _values(node: FavouriteCondition, view: View, clock: Clock) -> Pieces[tuple[datetime, str]]:
    """The latest values, ascending by instant and then by JSON text."""
    measure = Measure.of(node, node.test.property)
    moments = moments_of_days(measure, node.within_days, view, clock)
    said = [
        (leaves, (moment.at, text_of(moment.value)))
        for leaves, moment in moments.items
        if moment.value is not None
    ]
    said.sort(key=lambda item: item[1])
    return Pieces(said[-MAX_FAVOURITE_VALUES:], moments.until)


def _value(best: Standing | None) -> Value | None:
    return None if best is None else json.loads(best[2])
