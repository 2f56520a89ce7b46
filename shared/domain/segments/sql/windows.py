"""Windows in SQL: tests of an event's instant against constants, or against another event's."""

from datetime import datetime, timedelta
from typing import assert_never

from shared.domain.segments.condition import AmountCondition, EventCondition, ValueCondition
from shared.domain.segments.nodes.events import (
    AnchoredWindow,
    BetweenWindow,
    EventPattern,
    RollingWindow,
)
from shared.domain.segments.sql.literals import before, instant, shifted
from shared.domain.segments.sql.plan import VALUES, Plan

Windowed = EventCondition | AmountCondition | ValueCondition


def within(node: Windowed, plan: Plan) -> list[str]:
    """Tests that an event lies in the window of a condition; none when there is no window."""
    window = node.window
    match window:
        case None:
            return within_days(node, node.within_days, plan)
        case RollingWindow():
            # An instant has milliseconds, so later than a bound is later than it cut off.
            since = before(plan.at, seconds=window.seconds)
            plan.looks_at(node, since)
            return [f"t > {instant(since)}"]
        case BetweenWindow():
            since = plan.start_of(window.first_day)
            plan.looks_at(node, since)
            return between(since, plan.start_of(shifted(window.last_day, 1)))
        case AnchoredWindow():
            plan.looks_at(node, None)
            return _around(window, plan)
        case _:
            assert_never(window)


def within_days(pattern: EventPattern, days: int | None, plan: Plan) -> list[str]:
    """Tests that an event lies in the last natural days; none for ever."""
    since = first_instant(days, plan)
    plan.looks_at(pattern, since)
    return between(since)


def first_instant(days: int | None, plan: Plan) -> datetime | None:
    """Where the last natural days begin, today included; None for ever."""
    return None if days is None else plan.start_of(shifted(plan.today, 1 - days))


def between(since: datetime | None, until: datetime | None = None) -> list[str]:
    """Tests that an event lies from an instant on and before another one."""
    found = [] if since is None else [f"t >= {instant(since)}"]
    return found if until is None else [*found, f"t < {instant(until)}"]


def _around(window: AnchoredWindow, plan: Plan) -> list[str]:
    """One pass over the events of a person says when the anchor was, so nothing is read twice."""
    plan.looks_at(window.anchor, None)
    at = plan.instant_of_row()
    pick = "min" if window.which == "first" else "max"
    flag = plan.flag(window.anchor)
    anchor = plan.row(
        f"{pick}(CASE WHEN {flag} THEN {at} END) OVER (PARTITION BY profile_id)", VALUES + 1
    )
    reach = window.seconds * (timedelta(seconds=1) // timedelta(milliseconds=1))
    if window.type == "after":
        return [f"{at} > {anchor}", f"{at} <= {anchor} + {reach}"]
    return [f"{at} >= {anchor} - {reach}", f"{at} < {anchor}"]
