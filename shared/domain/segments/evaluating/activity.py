"""Judges leaves about silence, age and the number of events of any kind."""

from datetime import datetime, timedelta
from typing import assert_never

from shared.domain.profiles.model import View
from shared.domain.segments.condition import ActivityCondition
from shared.domain.segments.courses import Course
from shared.domain.segments.evaluating.clock import Clock
from shared.domain.segments.evaluating.finding import Fact, Finding

_DAY = timedelta(days=1)


def find(node: ActivityCondition, view: View, clock: Clock) -> Finding:
    """Compare how the person shows at all."""
    activity = view.activity
    match node.about:
        case "events":
            events = activity.events if activity else 0
            course = _compared(node, Course(events >= node.value))
            return _finding(node, events, course)
        case "silence_days":
            since = activity and activity.last_seen_at
        case "age_days":
            since = activity and activity.first_seen_at
        case _:
            assert_never(node.about)
    if since is None:
        return _finding(node, None, Course(holds=False))
    days = max(0, (clock.at - since) // _DAY)
    return _finding(node, days, _compared(node, _reached(since, node.value, clock.at)))


def _reached(since: datetime, days: int, now: datetime) -> Course:
    """Whether so many days have gone by, and when they have; 0 have at once."""
    reached_at = since + days * _DAY
    return Course(holds=True) if reached_at <= now or not days else Course(False, (reached_at,))


def _compared(node: ActivityCondition, at_least: Course) -> Course:
    return at_least if node.comparison == "at_least" else at_least.inverted()


def _finding(node: ActivityCondition, value: int | None, course: Course) -> Finding:
    return Finding(course, (Fact("activity", node.about, value, course.holds),))
