"""Numbers compared exactly, whatever they were written as."""

from decimal import Context, Decimal
from typing import Final, assert_never

from shared.domain.segments.nodes.base import AmountComparison

# A condition's number has at most 17 digits, and what it is multiplied by is a count.
_EXACT: Final = Context(prec=60)

Exact = int | Decimal


def exact(number: float) -> Decimal:
    """A condition's number as it was written."""
    return Decimal(repr(number))


def times(number: Decimal, count: int) -> Decimal:
    """The exact product of a condition's number and a count."""
    return _EXACT.multiply(number, Decimal(count))


def compares(comparison: AmountComparison, left: Exact, right: Exact) -> bool:
    """Whether the left number stands to the right one as the comparison says."""
    match comparison:
        case "at_least":
            return left >= right
        case "at_most":
            return left <= right
        case "more_than":
            return left > right
        case "less_than":
            return left < right
        case "exactly":
            return left == right
        case _:
            assert_never(comparison)
