"""What becomes of memberships when people turn out to be one, and when they part again.

When one profile is absorbed by another, its memberships are *parked*: they stay where they are,
for the day on which the two part again, and count no longer. What they say moves on, silently: a
member stays a member, since the earlier day of both. When a profile parts, it takes along what the
person it was part of had. Whether it still holds is judged afterwards, and told like any flip.
"""

from dataclasses import replace
from datetime import datetime

from shared.domain.segments.membership import Membership


def united(own: Membership | None, absorbed: Membership) -> Membership | None:
    """The survivor's membership after taking over an absorbed one; None when it stays as it is.

    `own` is the survivor's, None without a row. Both must have been told.
    """
    if not absorbed.member:
        return None
    if own is None:
        return _as(absorbed, member=True, flips=0)
    if not own.member:
        return _as(replace(absorbed, changes_at=_earlier(own, absorbed)), True, own.flips)
    moved = replace(
        own, since=min(own.since, absorbed.since), changes_at=_earlier(own, absorbed), untold=False
    )
    return None if moved == own else moved


def parted(own: Membership | None, former: Membership | None, at: datetime) -> Membership | None:
    """What somebody who left a person at `at` begins with; None for nothing at all.

    `own` is the parked membership of days before, `former` that of the person that was left, as it
    is now: it may have been judged again already.
    """
    inside = former is not None and was_member(former, at)
    if own:
        since = own.since if own.member == inside or not former else former.since
        return _as(replace(own, since=since), inside, own.flips)
    if former is None or not inside:
        return None
    return _as(replace(former, since=min(former.since, at)), member=True, flips=0)


def was_member(membership: Membership, at: datetime) -> bool:
    """Whether somebody was in at an instant, if there was at most one flip since."""
    if membership.since < at or not membership.flips:
        return membership.member
    return not membership.member


def _as(membership: Membership, member: bool, flips: int) -> Membership:
    """The same as member or not, with the next number of flips from `flips` on that fits."""
    return replace(
        membership, member=member, flips=flips + (flips % 2 != member), untold=False, parked=False
    )


def _earlier(one: Membership, other: Membership) -> datetime | None:
    return min((each.changes_at for each in (one, other) if each.changes_at), default=None)
