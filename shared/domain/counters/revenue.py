"""Revenue: what an event says that it brought in, and sums of it that are exact."""

from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from typing import Any, Final

# DynamoDB adds numbers of up to 38 digits exactly. With these bounds a sum of a hundred million
# events has fewer; who claims more than a million millions, or needs finer parts, is mistaken.
MOST: Final = Decimal(10) ** 12
MAX_DECIMALS: Final = 18

_EXACT: Final = Context(prec=38)
_ZERO: Final = Decimal(0)


def revenue_of(properties: Mapping[str, Any]) -> Decimal | None:
    """The number in `properties.revenue` as it was written, whatever its unit; None without one.

    Texts, booleans, infinities, and what lies outside the bounds count as no revenue at all.
    """
    value = properties.get("revenue")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int) and value.bit_length() > 64:
        return None
    amount = Decimal(repr(value))  # the shortest text of a float, which is the one that was sent
    if not amount.is_finite() or abs(amount) >= MOST:
        return None
    exponent = amount.normalize().as_tuple().exponent
    if not isinstance(exponent, int) or exponent < -MAX_DECIMALS:
        return None
    return _EXACT.add(amount, _ZERO)  # -0.0 becomes 0


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum, exact, in any order."""
    whole = _ZERO
    for amount in amounts:
        whole = _EXACT.add(whole, amount)
    return whole


def amount_text(amount: Decimal) -> str:
    """Write an amount in digits, without an exponent and without zeros at the end: `2500315.63`."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
