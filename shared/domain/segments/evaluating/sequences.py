"""Judges leaves about one thing after the other."""

from datetime import datetime, timedelta

from shared.domain.days import natural_day
from shared.domain.instants import format_instant
from shared.domain.measures.model import Measure
from shared.domain.profiles.model import View
from shared.domain.segments.condition import SequenceCondition
from shared.domain.segments.courses import earliest
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.figure import Figure
from shared.domain.segments.evaluating.finding import Fact, Finding

WITHOUT = -1


def find(node: SequenceCondition, view: View, clock: Clock) -> Finding:
    """Whether the sequence was complete lately."""
    found = figure(node, view, clock)
    course = found.course(lambda at: at is not None, clock)
    value = None if found.now is None else format_instant(found.now)
    fact = Fact("sequence", node.steps[0].event, value, course.holds, node.within_days)
    return Finding(course, (fact,))


def figure(node: SequenceCondition, view: View, clock: Clock) -> Figure[datetime | None]:
    """When it was last complete, within the window; None if it was not."""
    happened, until = _happened(node, view, clock)
    latest = _latest(happened, len(node.steps), timedelta(seconds=node.within_seconds))
    if latest is None:
        return Figure(None, (), until)
    leaves = natural_day(latest, clock.zone) + timedelta(days=node.within_days)
    if leaves <= clock.today:
        return Figure(None, (), until)
    return Figure(latest, ((leaves, None),), until)


def _happened(
    node: SequenceCondition, view: View, clock: Clock
) -> tuple[dict[datetime, set[int]], datetime | None]:
    """(instant → the steps that happened then, in any order; when something coming happens)."""
    patterns = list(enumerate(node.steps))
    if node.without:
        patterns.append((WITHOUT, node.without))
    happened: dict[datetime, set[int]] = {}
    coming: list[datetime] = []
    for step, pattern in patterns:
        for moment in view.moments.get(Measure.of(pattern), ()):
            if moment.at > clock.at:
                coming.append(moment.at)
                break
            happened.setdefault(moment.at, set()).add(step)
    return happened, earliest(coming)


def _latest(happened: dict[datetime, set[int]], steps: int, within: timedelta) -> datetime | None:
    """When the sequence was last complete.

    Of everything that got up to a step, only the one that started last matters: whatever completes
    another one completes it too, and sooner. What happens at one instant does not see each other.
    """
    started: list[datetime | None] = [None] * steps  # the latest start that got up to each step
    latest = None
    for at in sorted(happened):
        these = happened[at]
        start = started[steps - 2]
        if steps - 1 in these and start is not None and at - start <= within:
            latest = at
        if WITHOUT in these:
            started = [None] * steps
        _advance(started, these, at)
    return latest


def _advance(started: list[datetime | None], these: set[int], at: datetime) -> None:
    """Move on what got up to the step before, the last steps first, and start anew."""
    for step in range(len(started) - 2, 0, -1):
        if step in these:
            started[step] = _later(started[step], started[step - 1])
    if 0 in these:
        started[0] = at


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return max(one, other)
