"""What stands still though it should have moved: told from a row by itself, and who is to be asked.

Nothing is mended here. Whoever should have acted is asked once more, by the queue that would have
brought it; all of them take a repetition for nothing. A claim without an outcome is never sent
again: who is asked finds the claim, and concludes that nobody knows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.domain.instants import format_instant

Kind = Literal["wait", "judgement", "message", "claim"]
"""wait: an enrolment that should be awake. judgement: a person who should have been looked at.
message: one that was put off, or may be sent once more, and did not come back. claim: one that was
begun to be sent and of which nobody said what became."""

LATE: Final = timedelta(minutes=15)
"""Later than any sweep, queue and repetition that is not in trouble; alarms tell of those."""

_UNTIL: Final = {"claimed": "claimed_at", "deferred": "until", "unknown": "again_at"}


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that should have moved at `since`; `name` is the one that its due row has."""

    kind: Kind
    profile_id: str
    name: str
    since: datetime | None = None
    row: Mapping[str, Any] | None = None


def late_before(now: datetime) -> str:
    """What is due before this instant, as rows write it, stands still."""
    return format_instant(now - LATE)


def damage_in(profile_id: str, row: Mapping[str, Any], late: str) -> Damage | None:
    """What stands still by a row of a person, its `sk` included; None when nothing does."""
    sk = str(row["sk"])
    if sk == "STATE":
        due = row.get("due_at")
        return Damage("judgement", profile_id, profile_id) if due and due < late else None
    if sk.startswith("ENR#"):
        return _of_enrolment(profile_id, row, late)
    if sk.startswith("MSG#"):
        return _of_message(profile_id, sk.removeprefix("MSG#"), row, late)
    return None


def _of_enrolment(profile_id: str, row: Mapping[str, Any], late: str) -> Damage | None:
    wake_at, place = row.get("wake_at"), row.get("wake_place")
    if row["status"] != "active" or place is None or not wake_at or wake_at >= late:
        return None
    return Damage("wait", profile_id, f"{profile_id}#{row['enrolment_id']}#{place}")


def _of_message(
    profile_id: str, message_id: str, row: Mapping[str, Any], late: str
) -> Damage | None:
    status = str(row.get("status", ""))
    since = row.get(_UNTIL.get(status, ""))
    if not since or since >= late:
        return None
    kind: Kind = "claim" if status == "claimed" else "message"
    return Damage(kind, profile_id, message_id, row=row)
