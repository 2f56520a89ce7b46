"""The SQL that reads the lake, in Athena's dialect; tests run the same text on DuckDB.

It holds no `WITH`, so that it can stand in a view as well as in a query, and no function of one
engine only.
"""

import re
from collections.abc import Sequence
from typing import Final

from shared.domain.lake.tables import DAY, EVENTS, IDENTITIES

OBJECT: Final = "object"
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


def people_events(first_day: str | None = None, last_day: str | None = None) -> str:
    """Each event once, with the person to whom it belongs today; without the erased.

    The days, `2026-11-22`, bound the day of arrival in the lake. Only they limit what is scanned:
    a condition around this query is met after the doubles are sought. A double of an event that
    arrived outside of them is not seen. Raises ValueError when one is not a day.
    """
    return f"""
SELECT
  e.workspace_id,
  coalesce(root.profile_id, own.profile_id, e.strand_id) AS profile_id,
  e.strand_id, e.message_id, e.name, e.type, e.source_id,
  {_instant("e.occurred_at")} AS occurred_at,
  {_instant("e.received_at")} AS received_at,
  TRY_CAST(e.revenue AS decimal(38,18)) AS revenue,
  e.user_id, e.anonymous_id, e.properties, e.traits, e.context, e.{DAY}
FROM (
  SELECT
    events.*,
    row_number() OVER (
      PARTITION BY workspace_id, strand_id, message_id, "timestamp"
      ORDER BY {DAY}, received_at
    ) AS arrival
  FROM {EVENTS.name}
  {_days(first_day, last_day)}
) e
LEFT JOIN ({_strands()}) own
  ON own.workspace_id = e.workspace_id AND own.strand_id = e.strand_id
LEFT JOIN ({_strands()}) root
  ON root.workspace_id = own.workspace_id AND root.strand_id = own.profile_id
WHERE e.arrival = 1
  AND NOT coalesce(own.erased, false)
  AND NOT coalesce(root.erased, false)
""".strip()


def people(workspace_id: str, first_day: str | None = None) -> str:
    """Everybody of a workspace, each once; with a day, those of whom something arrived since then.

    It looks at no event closely, so doubles do not matter and nothing has to be sorted.
    """
    days = f" AND {DAY} >= {_day(first_day)}" if first_day is not None else ""
    return f"""
SELECT DISTINCT coalesce(root.profile_id, own.profile_id, e.strand_id) AS profile_id
FROM (
  SELECT DISTINCT workspace_id, strand_id FROM {EVENTS.name}
  WHERE workspace_id = {_text(workspace_id)}{days}
) e
LEFT JOIN ({_strands()}) own
  ON own.workspace_id = e.workspace_id AND own.strand_id = e.strand_id
LEFT JOIN ({_strands()}) root
  ON root.workspace_id = own.workspace_id AND root.strand_id = own.profile_id
WHERE NOT coalesce(own.erased, false)
  AND NOT coalesce(root.erased, false)
""".strip()


def event_names(workspace_id: str, sought: Sequence[Sequence[str]]) -> str:
    """The `name` of every event that ever came, and `found_0`, `found_1` … (0 or 1).

    Those say of each sought group whether the properties of such an event held one of its texts.
    """
    found = (
        f"max(CASE WHEN {' OR '.join(map(_holds, texts))} THEN 1 ELSE 0 END) AS found_{n}"
        for n, texts in enumerate(sought)
    )
    return f"""
SELECT {", ".join(("name", *found))}
FROM {EVENTS.name}
WHERE workspace_id = {_text(workspace_id)}
GROUP BY name
""".strip()


def sizes(members: str) -> str:
    """How many there are in each of several segments: `segment_id` and `people`; none has no row.

    `members` is a query of `segment_id` and `profile_id`, each pair once.
    """
    return f"SELECT segment_id, count(*) AS people FROM ({members}) listed GROUP BY segment_id"


def overlap(members: str, segment_ids: Sequence[str]) -> str:
    """How many people are in exactly which segments: `in_0`, `in_1` … (0 or 1) and `people`.

    `members` as for `sizes`; the numbers are the places of the ids.
    """
    marks = ", ".join(
        f"max(CASE WHEN segment_id = {_text(each)} THEN 1 ELSE 0 END) AS in_{n}"
        for n, each in enumerate(segment_ids)
    )
    flags = ", ".join(f"in_{n}" for n in range(len(segment_ids)))
    return f"""
SELECT {flags}, count(*) AS people
FROM (SELECT profile_id, {marks} FROM ({members}) listed GROUP BY profile_id) each_person
GROUP BY {flags}
""".strip()


def page(members: str, most: int, after: str) -> str:
    """The `most` smallest ids of a query of people after one, with the number of all `people`."""
    return f"""
SELECT profile_id, people
FROM (SELECT profile_id, count(*) OVER () AS people FROM ({members}) listed) counted
WHERE profile_id > {_text(after)}
ORDER BY profile_id
LIMIT {most}
""".strip()


def rows_of_erased(table: str) -> str:
    """Where rows of erased strands still lie: object, workspace and strand, each once."""
    return f"""
SELECT DISTINCT t."$path" AS {OBJECT}, t.workspace_id, t.strand_id
FROM {table} t
JOIN (
  SELECT DISTINCT workspace_id, strand_id FROM {IDENTITIES.name} WHERE erased
) gone ON gone.workspace_id = t.workspace_id AND gone.strand_id = t.strand_id
{_but_for_marks(table)}
""".strip()


def _holds(text: str) -> str:
    return f"strpos(properties, {_text(text)}) > 0"


def _strands() -> str:
    return f"""
  SELECT
    workspace_id, strand_id,
    max_by(profile_id, "position") AS profile_id,
    bool_or(coalesce(erased, false)) AS erased
  FROM {IDENTITIES.name}
  GROUP BY workspace_id, strand_id
"""


def _instant(column: str) -> str:
    return f"CAST(replace(substr({column}, 1, 23), 'T', ' ') AS timestamp(3))"


def _days(first: str | None, last: str | None) -> str:
    bounds = [(">=", first), ("<=", last)]
    conditions = [f"{DAY} {sign} {_day(day)}" for sign, day in bounds if day is not None]
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _day(text: str) -> str:
    if not _DAY.fullmatch(text):
        raise ValueError(f"{text!r} is not a day such as 2026-11-22")
    return f"'{text}'"


def _text(value: str) -> str:
    quoted = value.replace("'", "''")
    return f"'{quoted}'"


def _but_for_marks(table: str) -> str:
    """The rows that say who is erased are of them, too, and stay."""
    return "WHERE NOT coalesce(t.erased, false)" if table == IDENTITIES.name else ""
