"""Numbers compared exactly, whatever they were written as."""

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Final

from shared.domain.segments.nodes.base import AmountComparison

# A condition's number has at most 17 digits, and what it is multiplied by is a count.
_EXACT: Final = Context(prec=60)

Exact = int | Decimal

COMPARISONS: Final[Mapping[AmountComparison, Callable[[Exact, Exact], bool]]] = {
    "at_least": operator.ge,
    "at_most": operator.le,
    "more_than": operator.gt,
    "less_than": operator.lt,
    "exactly": operator.eq,
}


def exact(number: float) -> Decimal:
    """A condition's number as it was written."""
    return Decimal(repr(number))


def times(number: Decimal, count: int) -> Decimal:
    """The exact product of a condition's number and a count."""
    return _EXACT.multiply(number, Decimal(count))


def compares(comparison: AmountComparison, left: Exact, right: Exact) -> bool:
    """Whether the left number stands to the right one as the comparison says."""
    return COMPARISONS[comparison](left, right)
