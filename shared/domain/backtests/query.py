"""The SQL that reads histories for a backtest: everything that arrived until the period's end.

In Athena's dialect; tests run the same text on DuckDB.
"""

# ruff: noqa: S608 - every value comes through `literals`

from typing import Final

from shared.domain.backtests.setting import Setting
from shared.domain.instants import format_instant
from shared.domain.lake.tables import EVENTS
from shared.domain.segments.sql.literals import one_of, text
from shared.domain.segments.sql.scan import strands_of

_KEY: Final = ("message_id", '"timestamp"')
_SAID: Final = ("name", "type", "source_id", "occurred_at", "received_at")
_NESTED: Final = ("properties", "traits")
COLUMNS: Final = ("profile_id", "message_id", *_SAID, *_NESTED)


def histories(setting: Setting) -> str:
    """The events of everybody, person by person, each event once; without the erased.

    Columns are `COLUMNS`. What a journey does not look at is left out; where it asks how active
    somebody is, listens to moves, which begin with whatever somebody does first, or is entered by a
    schedule, such events are there without what they say.
    Doubles are copies of one record, so any of them will do.
    """
    relevant = f"(type = 'identify' OR {one_of('name', sorted(setting.names))})"
    wanted = [
        f"workspace_id = {text(setting.workspace_id)}",
        f"received_at < {text(format_instant(setting.period.last))}",
    ]
    nested = {name: name for name in _NESTED}
    if setting.asked.activity or setting.index.references or setting.audience is not None:
        nested = {name: f"CASE WHEN {relevant} THEN {name} END" for name in _NESTED}
    else:
        wanted.append(relevant)
    said = ", ".join(f"arbitrary({name}) AS {name}" for name in (*_SAID, *_NESTED))
    picked = ", ".join(f"e.{name}" for name in COLUMNS[1:])
    return f"""
SELECT coalesce(root.profile_id, own.profile_id, e.strand_id) AS profile_id, {picked}
FROM (
  SELECT strand_id, message_id, {said}
  FROM (
    SELECT strand_id, {", ".join((*_KEY, *_SAID))},
      {", ".join(f"{part} AS {name}" for name, part in nested.items())}
    FROM {EVENTS.name} WHERE {" AND ".join(wanted)}
  ) copies
  GROUP BY strand_id, {", ".join(_KEY)}
) e
LEFT JOIN ({strands_of(setting.workspace_id)}) own ON own.strand_id = e.strand_id
LEFT JOIN ({strands_of(setting.workspace_id)}) root ON root.strand_id = own.profile_id
WHERE NOT coalesce(own.erased, false) AND NOT coalesce(root.erased, false)
ORDER BY 1, e.received_at
""".strip()
