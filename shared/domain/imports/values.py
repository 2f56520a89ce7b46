"""Cells of a file as values: numbers, yes and no, and instants in the ways that people write them.

Everything here raises RowError, which says what was wrong and what to do, without the column.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.domain.events.limits import EARLIEST, LATEST
from shared.domain.imports.definition import ValueType
from shared.domain.imports.rejected import RowError
from shared.domain.instants import format_instant

_YES: Final = frozenset({"true", "yes", "y", "1", "t", "on", "是", "同意", "已同意", "已授权"})
_NO: Final = frozenset({"false", "no", "n", "0", "f", "off", "否", "不同意", "拒绝", "未授权"})
_NUMBER: Final = re.compile(
    r"[+-]?\d{1,18}(\.\d{1,18})?([eE][+-]?\d{1,3})?|[+-]?\.\d{1,18}", re.ASCII
)

_DATES: Final = (
    r"(?P<y>\d{4})(?P<s>[-/.])(?P<m>\d{1,2})(?P=s)(?P<d>\d{1,2})",
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
    r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日?",
)
_COMPACT: Final = (
    r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})"
    r"(?P<z>Z|[+-]\d{2}:?\d{2})?"
)
_CLOCK: Final = (
    r"(?:(?:[T\s]+|(?<=日))(?P<H>\d{1,2})[:时](?P<M>\d{1,2})"
    r"(?:[:分](?P<S>\d{1,2})秒?(?:[.,](?P<f>\d{1,9}))?|分)?)?"
    r"\s*(?P<z>Z|UTC|[+-]\d{2}:?\d{2})?"
)
_WRITTEN: Final = tuple(
    re.compile(one, re.IGNORECASE | re.ASCII) for one in (*(d + _CLOCK for d in _DATES), _COMPACT)
)
_EPOCH: Final = re.compile(r"\d{9,10}(\.\d{1,6})?")
_EPOCH_MS: Final = re.compile(r"\d{12,13}")
_SOMEWHERE: Final = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")


def is_empty(value: Any) -> bool:  # noqa: ANN401
    """Whether a cell says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def convert(value: Any, to: ValueType) -> Any:  # noqa: ANN401
    """A cell as the mapping wants it."""
    match to:
        case "as_is":
            return value.strip() if isinstance(value, str) else value
        case "text":
            return text(value)
        case "number":
            return number(value)
        case "boolean":
            return yes_or_no(value)
        case "instant" | "json":
            raise AssertionError(f"{to} needs more than the value")


def text(value: Any) -> str:  # noqa: ANN401
    """A cell as text; a whole number keeps its digits."""
    match value:
        case str():
            return value.strip()
        case bool() | None | dict() | list():
            raise RowError(f"{_shown(value)} is not a text", "give a text or a whole number")
        case float() if not value.is_integer() or abs(value) >= 2**53:
            raise RowError(f"{_shown(value)} is not a text", "write it as a text in the file")
        case _:
            return str(int(value))


def number(value: Any) -> int | float:  # noqa: ANN401
    """A cell as a number."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if math.isfinite(value):
            return value
    elif isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        written = value.strip()
        if not written.lstrip("+-").isdigit():
            if math.isfinite(read := float(written)):
                return read
        else:
            return int(written)
    raise RowError(
        f"{_shown(value)} is not a number",
        "write it as 1234.5, without a currency or thousands separators",
    )


def yes_or_no(value: Any) -> bool:  # noqa: ANN401
    """A cell as yes or no."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, str)):
        word = str(value).strip().lower()
        if word in _YES:
            return True
        if word in _NO:
            return False
    raise RowError(f"{_shown(value)} is neither yes nor no", "write true or false")


def instant(value: Any, formats: Sequence[str], zone: ZoneInfo) -> datetime:  # noqa: ANN401
    """A cell as an instant in UTC, to the millisecond; without an offset it is in `zone`."""
    try:
        found = _instant(value, formats, zone).astimezone(UTC)
    except (OverflowError, OSError) as error:
        raise RowError(f"{_shown(value)} is no date of the calendar", "correct it") from error
    if not EARLIEST <= found < LATEST:
        raise RowError(
            f"{_shown(value)} is not in the years {EARLIEST.year} to {LATEST.year - 1}",
            "correct the date, or say under `formats` how it is written",
        )
    return found.replace(microsecond=found.microsecond // 1000 * 1000)


def _instant(value: Any, formats: Sequence[str], zone: ZoneInfo) -> datetime:  # noqa: ANN401
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=zone)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=zone)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise RowError(f"{_shown(value)} is not a time", "write it as 2026-11-22T08:30:00+08:00")
    written = str(value).strip()
    if formats:
        return _formatted(written, formats, zone)
    if _EPOCH_MS.fullmatch(written):
        return datetime.fromtimestamp(int(written) / 1000, UTC)
    if _EPOCH.fullmatch(written):
        return datetime.fromtimestamp(float(written), UTC)
    return _written(written, zone)


def _formatted(written: str, formats: Sequence[str], zone: ZoneInfo) -> datetime:
    for one in formats:
        try:
            if one in ("epoch", "epoch_ms"):
                return datetime.fromtimestamp(float(written) / (1 if one == "epoch" else 1000), UTC)
            found = datetime.strptime(written, one)  # noqa: DTZ007  the zone comes next
        except ValueError:
            continue
        return found if found.tzinfo else found.replace(tzinfo=zone)
    raise RowError(
        f"{_shown(written)} is written in none of the formats {', '.join(formats)}",
        "correct the cell, or add its format to the mapping",
    )


def _written(written: str, zone: ZoneInfo) -> datetime:
    found = next((match for each in _WRITTEN if (match := each.fullmatch(written))), None)
    if found is None:
        if _SOMEWHERE.match(written):
            raise RowError(
                f"in {_shown(written)} nobody can tell the day from the month",
                "say how it is written: `formats: ['%d/%m/%Y']` in the mapping",
            )
        raise RowError(
            f"{_shown(written)} is not a time",
            "write it as 2026-11-22 08:30:00, or say under `formats` how it is written",
        )
    part = found.groupdict()
    fraction = (part.get("f") or "0").ljust(6, "0")[:6]
    year, month, day, hour, minute, second = (int(part[name] or 0) for name in "ymdHMS")
    try:
        return datetime(
            *(year, month, day, hour, minute, second, int(fraction)),
            tzinfo=_offset(part["z"]) or zone,
        )
    except ValueError as error:
        raise RowError(f"{_shown(written)} is no date of the calendar", "correct it") from error


def _offset(written: str | None) -> Any:  # noqa: ANN401
    if not written:
        return None
    if written.upper() in ("Z", "UTC"):
        return UTC
    return datetime.strptime(written, "%z").tzinfo


def plain(value: Any) -> Any:  # noqa: ANN401
    """What a file format gives as plain JSON data: dates become texts, decimals become numbers."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if math.isfinite(value):
                return value
            raise RowError("NaN and infinity are no numbers", "leave the cell empty")
        case datetime():
            return format_instant(value) if value.tzinfo else value.isoformat()
        case date():
            return value.isoformat()
        case dict():
            return {str(name): plain(each) for name, each in value.items()}
        case list() | tuple():
            return [plain(each) for each in value]
        case _:
            return plain(float(value)) if hasattr(value, "as_tuple") else str(value)


def _shown(value: Any) -> str:  # noqa: ANN401
    """The value in a message, shortened."""
    shown = value if isinstance(value, str) else repr(value)
    return f"“{shown if len(shown) <= 40 else shown[:39] + '…'}”"
