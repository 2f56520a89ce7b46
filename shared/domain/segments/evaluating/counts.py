"""Judges leaves about how often something was done."""

from operator import add

from shared.domain.profiles.model import View
from shared.domain.segments.condition import EventCondition
from shared.domain.segments.courses import Course
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import compares
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import Fact, Finding
from shared.domain.segments.evaluating.windows import counts_within


def figure(node: EventCondition, view: View, clock: Clock) -> Figure[int]:
    """How often it was done."""
    return counts_within(node, view, clock).fold(0, add)


def find(node: EventCondition, view: View, clock: Clock) -> Finding:
    """Compare how often it was done."""
    counted = figure(node, view, clock)
    count, wanted = counted.now, node.times
    holds = compares(node.comparison, count, wanted)
    if count < wanted:  # a count only falls when nothing happens, and below it all is the same
        course = Course(holds, (), counted.until)
    else:
        course = counted.course(lambda times: compares(node.comparison, times, wanted), clock)
    fact = Fact("event", node.event, count, holds, node.within_days, window=node.window)
    return Finding(course, (fact,))
