"""Who matches conditions at an instant, as one query in Trino's dialect over the lake's tables.

The text runs on Athena (engine version 3) as it is, and on DuckDB once sqlglot has translated it.
Everybody is whoever has at least one event at the instant or before it. An `at` without an offset,
or a condition that stands for something else (`expand` puts it away), raises ValueError.
"""

# ruff: noqa: S608 - every value comes through `literals`

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlglot import parse_one

from shared.domain.profiles.model import View
from shared.domain.segments.condition import Node
from shared.domain.segments.evaluate import evaluate
from shared.domain.segments.sql.literals import instant, text
from shared.domain.segments.sql.plan import Plan
from shared.domain.segments.sql.scan import MOMENT, events_of_people
from shared.domain.segments.sql.tree import holds

MAX_QUERY_BYTES: Final = 262_144  # that Athena takes

_NOBODY: Final = View(traits={}, counters={})


class QueryTooLongError(ValueError):
    """The conditions would make a query that Athena does not take."""


def members(
    condition: Node,
    at: datetime,
    zone: ZoneInfo,
    workspace_id: str,
    *,
    first_day: str | None = None,
) -> str:
    """`profile_id` of everybody who matches.

    `zone` is where natural days begin. `first_day`, `2026-11-22`, is the first day on which
    anything arrived in the lake, if it is known: earlier ones are not looked for.
    """
    (test,), people = _judged([condition], Plan(at, zone), workspace_id, first_day)
    return finished(f"SELECT profile_id FROM {people} WHERE {test}")


def count_of(
    condition: Node,
    at: datetime,
    zone: ZoneInfo,
    workspace_id: str,
    *,
    first_day: str | None = None,
) -> str:
    """`members`: how many match."""
    (test,), people = _judged([condition], Plan(at, zone), workspace_id, first_day)
    return finished(f"SELECT count(*) AS members FROM {people} WHERE {test}")


def members_of(
    conditions: Mapping[str, Node],
    at: datetime,
    zone: ZoneInfo,
    workspace_id: str,
    *,
    first_day: str | None = None,
) -> str:
    """`segment_id` and `profile_id` of everybody who matches, for each condition by its id.

    The events are read once for all of them. Raises ValueError without any condition.
    """
    if not conditions:
        raise ValueError("no condition")
    tests, people = _judged([*conditions.values()], Plan(at, zone), workspace_id, first_day)
    marks = ", ".join(
        f"CASE WHEN {test} THEN {text(segment_id)} END"
        for segment_id, test in zip(conditions, tests, strict=True)
    )
    return finished(
        f"SELECT segment_id, profile_id FROM {people}"
        f" CROSS JOIN UNNEST(ARRAY[{marks}]) AS marks (segment_id)"
        " WHERE NOT segment_id IS NULL"
    )


def verdicts(
    condition: Node,
    at: datetime,
    zone: ZoneInfo,
    workspace_id: str,
    *,
    first_day: str | None = None,
) -> str:
    """`profile_id` and `matches`, a boolean, of everybody."""
    plan = Plan(at, zone)
    (test,), people = _judged([condition], plan, workspace_id, first_day, everybody=True)
    return finished(f"SELECT profile_id, {test} AS matches FROM {people}")


def _judged(
    conditions: Sequence[Node],
    plan: Plan,
    workspace_id: str,
    first_day: str | None,
    *,
    everybody: bool = False,
) -> tuple[list[str], str]:
    """A test of a person's row for each condition, and the query that has these rows.

    Whoever has nothing that matters has no row, unless a condition holds for them all the same.
    """
    tests = [holds(condition, plan) for condition in conditions]
    everybody = everybody or any(
        evaluate(condition, _NOBODY, plan.at, plan.zone).matches for condition in conditions
    )
    return tests, people_of(plan, workspace_id, first_day, everybody=everybody)


def people_of(
    plan: Plan, workspace_id: str, first_day: str | None = None, *, everybody: bool = False
) -> str:
    """The query with a row for each person who has something that matters, or for everybody."""
    since = plan.since
    relevant = plan.relevant
    if since is not None:
        relevant = f"({relevant}) AND {MOMENT} >= {instant(since)}"
        arrived = since.date().isoformat()  # nothing arrives before it happens
        if not everybody:
            first_day = max(first_day, arrived) if first_day else arrived
    scan = events_of_people(
        workspace_id, instant(plan.at), relevant, everybody=everybody, first_day=first_day
    )
    return plan.people(scan)


def finished(query: str) -> str:
    """The query as sqlglot reads it; what it cannot read never gets to Athena."""
    said = parse_one(query, read="athena").sql(dialect="athena")
    if len(said.encode()) > MAX_QUERY_BYTES:
        raise QueryTooLongError(f"the query has more than {MAX_QUERY_BYTES:,} bytes")
    return said
