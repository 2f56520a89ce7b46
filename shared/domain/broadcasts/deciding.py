"""Which variant wins: the one by which the greatest share of those who entered reached the goal.

Nothing is said of how sure that is. Where nobody leads, or hardly anybody reached the goal, the
control stays, or the first variant where there is no control.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction

from shared.domain.broadcasts.model import Tried, Verdict


def verdict(tried: Sequence[Tried], least: int, at: datetime) -> Verdict:
    """Compare at least one variant; `least` people must have reached the goal, of all together."""
    stays = next((one for one in tried if one.control), tried[0])
    reached = sum(one.reached for one in tried)
    if reached < least or not reached or not all(one.entered for one in tried):
        return Verdict(stays.variant, "too_little", tuple(tried), at)
    best = max(_share(one) for one in tried)
    leading = [one for one in tried if _share(one) == best]
    if len(leading) == 1:
        return Verdict(leading[0].variant, "won", tuple(tried), at)
    winner = stays if stays in leading else leading[0]
    return Verdict(winner.variant, "tie", tuple(tried), at)


def _share(one: Tried) -> Fraction:
    return Fraction(one.reached, one.entered)
