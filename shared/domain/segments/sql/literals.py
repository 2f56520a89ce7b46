"""Texts, numbers and instants as SQL that nobody can break out of."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_FLOOR, Context, Decimal
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from sqlglot import exp

from shared.domain.days import day_start
from shared.domain.instants import format_instant
from shared.domain.segments.nodes.base import AmountComparison, Comparison

EPOCH: Final = "TIMESTAMP '1970-01-01 00:00:00.000'"
AMOUNT: Final = "DECIMAL(38, 18)"
# Averages lie within these bounds, because their numbers do; and nobody does 10^9 things.
MOST: Final = Decimal(10) ** 12
_COUNT: Final = "DECIMAL(9, 0)"

_CONTROL: Final = re.compile(r"([\x00-\x1f\x7f])")
_GRID: Final = Decimal("1e-18")
_WIDE: Final = Context(prec=60)
_SIGNS: Final[dict[AmountComparison, str]] = {
    "at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<", "exactly": "=",
}  # fmt: skip


def text(value: str) -> str:
    """A text of any characters; engines disagree on control characters, so these are spelt out."""
    parts = [
        f"chr({ord(part)})" if _CONTROL.fullmatch(part) else exp.Literal.string(part).sql("trino")
        for part in _CONTROL.split(value)
        if part
    ]
    if not parts:
        return "''"
    return parts[0] if len(parts) == 1 else f"({' || '.join(parts)})"


def double(value: float) -> str:
    """A number as the double that it is."""
    return f"CAST('{value!r}' AS DOUBLE)"


def either(parts: Iterable[str]) -> str:
    """Any of several conditions; nothing is FALSE."""
    return _joined(" OR ", parts, "FALSE")


def both(parts: Iterable[str]) -> str:
    """All of several conditions; nothing is TRUE."""
    return _joined(" AND ", parts, "TRUE")


def one_of(value: str, texts: Iterable[str]) -> str:
    """Whether a value is one of some texts; nothing is FALSE."""
    listed = [text(each) for each in texts]
    if len(listed) == 1:
        return f"{value} = {listed[0]}"
    return f"{value} IN ({', '.join(listed)})" if listed else "FALSE"


def counts(comparison: Comparison, count: str, times: int) -> str:
    """Compare a number of times."""
    return f"{count} {_SIGNS[comparison]} {int(times)}"


def amounts(comparison: AmountComparison, amount: str, value: float) -> str:
    """Compare an exact amount with a condition's number as it was written."""
    sign, wanted = _on_grid(comparison, Decimal(repr(value)))
    return f"{amount} {sign} CAST('{wanted:f}' AS {AMOUNT})" if sign else "FALSE"


def shares(comparison: AmountComparison, amount: str, count: str, value: float) -> str:
    """Compare amount / count, exactly, without dividing; of a count of 0 nothing may depend."""
    bounded = max(-MOST, min(MOST, Decimal(repr(value))))
    sign, wanted = _on_grid(comparison, bounded)
    if not sign:
        return "FALSE"
    digits = f"{wanted:f}"
    whole, _, decimals = digits.lstrip("-").partition(".")
    kind = f"DECIMAL({len(whole) + len(decimals)}, {len(decimals)})"
    return f"{amount} {sign} CAST('{digits}' AS {kind}) * CAST({count} AS {_COUNT})"


def _on_grid(comparison: AmountComparison, value: Decimal) -> tuple[str, Decimal]:
    """The same comparison with a number of at most 18 decimals; no sign where nothing is equal."""
    floor = value.quantize(_GRID, ROUND_FLOOR, _WIDE)
    if floor == value:
        return _SIGNS[comparison], value.normalize(_WIDE)
    match comparison:
        case "at_least" | "more_than":
            return ">", floor
        case "at_most" | "less_than":
            return "<=", floor
        case "exactly":
            return "", floor
        case _:
            assert_never(comparison)


def instant(when: datetime) -> str:
    """An instant as the lake's texts say it, without the `Z`; part of a millisecond is cut off."""
    return f"'{format_instant(when)[:23]}'"


def before(when: datetime, **ago: float) -> datetime:
    """An instant so long before another, but not before the first year."""
    try:
        return when - timedelta(**ago)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """Where a natural day begins; the first and last days of the calendar have no neighbours."""
    if day.year <= 1:
        return datetime.min.replace(tzinfo=UTC)
    if day.year >= date.max.year:
        return datetime.max.replace(tzinfo=UTC)
    return day_start(day, zone)


def shifted(day: date, days: int) -> date:
    """A day so many days later, within the calendar."""
    return date.fromordinal(max(1, min(date.max.toordinal(), day.toordinal() + days)))


def _joined(word: str, parts: Iterable[str], nothing: str) -> str:
    found = list(dict.fromkeys(parts))
    if len(found) < 2:
        return found[0] if found else nothing
    return f"({word.join(found)})"
