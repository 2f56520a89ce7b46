"""How the pace of a provider is shared: transactional messages first, all others in a line.

A second has so many places. A tenth of them only transactional messages may take, which stand in no
line: when a second is full they try again soon. Whoever else finds more before them than a second
takes gets a turn, once, and waits for it in the due index; so each of a million is looked at twice
and not every few seconds. The line moves a little slower than its places would allow, and whoever
comes late to a turn and finds no room stands in a second line, which has the rest.
"""

from datetime import timedelta
from math import ceil
from typing import Final

RESERVED: Final = 10  # one place of so many is for transactional messages, and one at least
BURST: Final = timedelta(seconds=1)  # whose turn comes within this may try at once
FIRST_STANDS_BACK: Final = timedelta(seconds=2)
STANDS_BACK: Final = timedelta(seconds=5)  # who had a turn and found no room, at least

_LATE: Final = 10  # one place of so many of the line is for those who came late to their turn


def places(per_second: int, *, first: bool) -> int:
    """How many messages of a second may be there when one more, or one that goes `first`, comes."""
    if first or per_second == 1:
        return per_second
    return per_second - max(1, per_second // RESERVED)


def step(per_second: int) -> timedelta:
    """How far two turns of the line are apart, in whole microseconds.

    Where a second has one place, every other one is left for transactional messages.
    """
    if per_second == 1:
        return timedelta(seconds=2)
    apart = 1_000_000 / (places(per_second, first=False) * (1 - 1 / _LATE))
    return timedelta(microseconds=ceil(apart))


def late_step(per_second: int) -> timedelta:
    """The same for the line of those who found no room at their turn."""
    return timedelta(microseconds=ceil(1_000_000 * _LATE / places(per_second, first=False)))
