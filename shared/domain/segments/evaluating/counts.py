"""Judges leaves about how often something was done."""

from operator import add

from shared.domain.profiles.model import View
from shared.domain.segments.condition import EventCondition
from shared.domain.segments.courses import Course
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.comparisons import COMPARISONS
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import Fact, Finding
from shared.domain.segments.evaluating.windows import counts_within


def figure(node: EventCondition, view: View, clock: Clock) -> Figure[int]:
    """How often it was done."""
    return counts_within(node, view, clock).fold(0, add)


def find(node: EventCondition, view: View, clock: Clock) -> Finding:
    """Compare how often it was done."""
    pieces = counts_within(node, view, clock)
    count, wanted = sum(times for _, times in pieces.items), node.times
    compare = COMPARISONS[node.comparison]
    if count < wanted:  # a count only falls when nothing happens, and below it all is the same
        course = Course(compare(count, wanted), (), pieces.until)
    else:
        course = pieces.fold(0, add).course(lambda times: compare(times, wanted), clock)
    fact = Fact("event", node.event, count, course.holds, node.within_days, window=node.window)
    return Finding(course, (fact,))
