"""The events that conditions look at: `people_events`, but only what is needed of it."""

# ruff: noqa: S608 - every value comes through `literals`

from typing import Final

from shared.domain.lake.tables import DAY, EVENTS, IDENTITIES
from shared.domain.segments.sql.literals import text

MOMENT: Final = "substr(occurred_at, 1, 23)"
"""When an event happened, as text without the `Z`; text order is time order."""

_KEY: Final = ("message_id", '"timestamp"')
_VALUES: Final = ("name", "type", "source_id", "properties", "traits")


def events_of_people(
    workspace_id: str, until: str, relevant: str, *, everybody: bool, first_day: str | None = None
) -> str:
    """Each relevant event of a workspace once, with the person of today; without the erased.

    `until` (an instant without `Z`) and `relevant` (a test of a row of events) are SQL already.
    With `everybody` those without a relevant event have a row too, of NULLs. Columns: profile_id,
    t (when it happened, `MOMENT`), name, type, source_id, properties, traits.

    Doubles are copies of one record, so any of them will do and nothing has to be sorted. What is
    not relevant is told apart by nothing but its strand, so it costs next to nothing.
    """
    columns = {**{name: name for name in (*_KEY, *_VALUES)}, "t": MOMENT}
    if everybody:
        columns = {name: f"CASE WHEN {relevant} THEN {said} END" for name, said in columns.items()}
    wanted = [f"workspace_id = {text(workspace_id)}", f"{MOMENT} <= {until}"]
    if first_day is not None:
        wanted.append(f"{DAY} >= {text(first_day)}")
    if not everybody:
        wanted.append(f"({relevant})")
    picked = ("t", *_VALUES)
    return f"""
SELECT
  coalesce(root.profile_id, own.profile_id, e.strand_id) AS profile_id,
  {", ".join(f"e.{name}" for name in picked)}
FROM (
  SELECT strand_id, {", ".join(f"arbitrary({name}) AS {name}" for name in picked)}
  FROM (
    SELECT strand_id, {", ".join(f"{said} AS {name}" for name, said in columns.items())}
    FROM {EVENTS.name} WHERE {" AND ".join(wanted)}
  ) copies
  GROUP BY strand_id, {", ".join(_KEY)}
) e
LEFT JOIN ({strands_of(workspace_id)}) own ON own.strand_id = e.strand_id
LEFT JOIN ({strands_of(workspace_id)}) root ON root.strand_id = own.profile_id
WHERE NOT coalesce(own.erased, false) AND NOT coalesce(root.erased, false)
"""


def strands_of(workspace_id: str) -> str:
    """Whose each strand is, as `people_events` finds it."""
    return f"""
SELECT
  strand_id,
  max_by(profile_id, "position") AS profile_id,
  bool_or(coalesce(erased, false)) AS erased
FROM {IDENTITIES.name} WHERE workspace_id = {text(workspace_id)}
GROUP BY strand_id
"""
