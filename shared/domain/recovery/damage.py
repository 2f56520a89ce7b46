"""What stands still though it should have moved: told from a row by itself, and who is to be asked.

Nothing is mended here. Whoever should have acted is asked once more, by the queue that would have
brought it; all of them take a repetition for nothing. A claim without an outcome is never sent
again: who is asked finds the claim, and concludes that nobody knows. Of an enrolment by Step
Functions the row says only that it may stand still; its trace and its execution say the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from shared.domain.instants import format_instant

Kind = Literal["wait", "judgement", "message", "claim", "execution", "idle", "unreadable"]
"""wait: an enrolment that should be awake. judgement: a person who should have been looked at.
message: one that was put off, or may be sent once more, and did not come back. claim: one that was
begun to be sent and of which nobody said what became. execution: an enrolment by Step Functions
that has not moved for a while. idle: one that was ended from outside, whose execution may go on.
unreadable: a row of a newer version."""

Seen = Literal["gone", "untold", "behind", "fine"]
"""What an execution shows of an enrolment that stands still. gone: none runs. untold: it runs,
and may wait for something that came because nobody told it; who tells it finds out. behind: it
runs, and was told, so it is left to itself. fine: the enrolment has moved since, or is over."""

Finding = Literal[
    "WaitsWithoutWake",
    "ExecutionsGone",
    "ExecutionsUntold",
    "ExecutionsBehind",
    "ExecutionsIdle",
    "ExecutionsNotSeenTo",
    "PeopleNotJudged",
    "MessagesNotBack",
    "ClaimsWithoutOutcome",
    "WakesWithoutWait",
    "Unreadable",
]
"""What was found in the end, by the names of metrics."""

HARMLESS: Final[frozenset[Finding]] = frozenset({"WakesWithoutWait", "ExecutionsIdle"})
"""Findings that keep nobody from going on."""

LATE: Final = timedelta(minutes=15)
"""Later than any sweep, queue and repetition that is not in trouble; alarms tell of those."""

_UNTIL: Final = {"claimed": "claimed_at", "deferred": "until", "unknown": "again_at"}


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that should have moved; `name` is the one that its due row has, if it has one."""

    kind: Kind
    profile_id: str
    name: str
    row: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """Instants as rows write them: what was due before `late` stands still.

    A claim is somebody's at work until `claims`. Whoever was ended before `since` was looked at by
    the walk before.
    """

    late: str
    claims: str
    since: str = ""

    @classmethod
    def at(cls, now: datetime, late: timedelta = LATE, since: str = "") -> "Bounds":
        """Those of a walk that asks for what is overdue by `late`."""
        return cls(format_instant(now - late), format_instant(now - max(late, LATE)), since)


def damage_in(profile_id: str, row: Mapping[str, Any], bounds: Bounds) -> Damage | None:
    """What may stand still by a row of a person, its `sk` included; None when nothing does."""
    sk = str(row["sk"])
    if sk == "STATE":
        is_due = row.get("due_at") and row["due_at"] < bounds.late
        return Damage("judgement", profile_id, profile_id) if is_due else None
    if sk.startswith("ENR#"):
        if "machine" in row:
            return _of_execution(profile_id, row, bounds)
        return _of_enrolment(profile_id, row, bounds)
    if sk.startswith("MSG#"):
        return _of_message(profile_id, sk.removeprefix("MSG#"), row, bounds)
    return None


def _of_enrolment(profile_id: str, row: Mapping[str, Any], bounds: Bounds) -> Damage | None:
    wake_at, place = row.get("wake_at"), row.get("wake_place")
    if row["status"] != "active" or place is None or not wake_at or wake_at >= bounds.late:
        return None
    return Damage("wait", profile_id, f"{profile_id}#{row['enrolment_id']}#{place}")


def decided_at_of(row: Mapping[str, Any]) -> str:
    """When an enrolment was decided on last, as its row writes it."""
    return str(row.get("decided_at") or row["entered_at"])


def _of_execution(profile_id: str, row: Mapping[str, Any], bounds: Bounds) -> Damage | None:
    decided_at = decided_at_of(row)
    if decided_at >= bounds.late:
        return None
    if row["status"] == "active":
        return Damage("execution", profile_id, row["enrolment_id"], row)
    is_new = row.get("ended_by") and decided_at >= bounds.since
    return Damage("idle", profile_id, row["enrolment_id"], row) if is_new else None


def _of_message(
    profile_id: str, message_id: str, row: Mapping[str, Any], bounds: Bounds
) -> Damage | None:
    status = str(row.get("status", ""))
    since = row.get(_UNTIL.get(status, ""))
    if not since or since >= (bounds.claims if status == "claimed" else bounds.late):
        return None
    kind: Kind = "claim" if status == "claimed" else "message"
    return Damage(kind, profile_id, message_id, row=row)
