"""Sequences in SQL: how late a beginning has led to each event, step upon step."""

from typing import Final

from shared.domain.segments.condition import SequenceCondition
from shared.domain.segments.sql.literals import before, both
from shared.domain.segments.sql.plan import VALUES, Plan
from shared.domain.segments.sql.windows import between, first_instant

_EARLIER: Final = (
    "OVER (PARTITION BY profile_id ORDER BY ms RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
)


def sequence(node: SequenceCondition, plan: Plan) -> str:
    """Whether a last step came in time, with nothing in between that must not be.

    Of all ways to an event the one that began last is the shortest, so if any way is short enough
    and undisturbed that one is: one instant for each step says all.
    """
    since = first_instant(node.within_days, plan)
    assert since is not None  # noqa: S101 - a sequence always has days
    back = before(since, seconds=node.within_seconds)
    for pattern in (*node.steps, *([node.without] if node.without else ())):
        plan.looks_at(pattern, back)
    ms = plan.instant_of_row()
    *steps, last = (plan.flag(step) for step in node.steps)
    began = ms
    for number, step in enumerate(steps, start=VALUES + 1):
        began = plan.row(f"max(CASE WHEN {step} THEN {began} END) {_EARLIER}", number)
    found = [last, *between(since), f"{ms} - {began} <= {node.within_seconds * 1000}"]
    if node.without:
        without = plan.flag(node.without)
        disturbed = plan.row(f"max(CASE WHEN {without} THEN {ms} END) {_EARLIER}", VALUES + 1)
        found.append(f"COALESCE({disturbed} <= {began}, TRUE)")
    return f"{plan.person(f'count(*) FILTER (WHERE {both(found)})')} > 0"
