"""Membership: where a person stands in a segment, and what a new verdict makes of that."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.domain.segments.evaluate import Verdict


@dataclass(frozen=True, slots=True)
class Membership:
    """The `SEG` row: in or out, since when, because of what.

    `version` is the segment's, at the last flip; `flips` counts entering and leaving together, so
    it is odd for members. `changes_at` does not lie after the next change that comes by itself
    (None: none comes). `because` are the facts of the last flip, as plain JSON data. `untold` marks
    a flip that is stored and may not have been published yet. `parked` marks the membership of a
    profile that another one answers for: it counts for nothing.
    """

    segment_id: str
    member: bool
    since: datetime
    version: int
    flips: int = 0
    changes_at: datetime | None = None
    because: tuple[dict[str, Any], ...] = ()
    untold: bool = False
    parked: bool = False


def settle(before: Membership, version: int, verdict: Verdict, now: datetime) -> Membership:
    """The membership after a verdict; equal to `before` when there is nothing to store.

    `before` is the stored one, or for somebody without a row a non-member with 0 flips.

    `changes_at` moves to an earlier instant at once, but to a later one only when it has come:
    somebody who visits every day would otherwise have a row written every day, to no effect. So it
    is the instant at which to judge again, never too late and sometimes too early.
    """
    if verdict.matches != before.member:
        return Membership(
            segment_id=before.segment_id,
            member=verdict.matches,
            since=now,
            version=version,
            flips=before.flips + 1,
            changes_at=verdict.changes_at,
            because=tuple(fact.to_json() for fact in verdict.because),
            untold=True,
        )
    stored, found = before.changes_at, verdict.changes_at
    has_come = stored is None or stored <= now
    is_earlier = stored is not None and found is not None and found < stored
    return replace(before, changes_at=found) if has_come or is_earlier else before
