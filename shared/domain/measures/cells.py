"""Cells and moments: how they are added up, exactly, whatever comes twice or in which order."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from heapq import merge
from json.encoder import encode_basestring
from typing import Any, Final

from shared.domain.counters.revenue import amount_text, total
from shared.domain.instants import format_instant, parse_instant
from shared.domain.measures.model import MAX_MOMENTS_A_DAY, Cell, Moment, Value

_EXACT_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,18})?")
_MAX_TEXT: Final = 32  # characters of the longest exact number
_ZERO: Final = Decimal(0)


def number_of(value: object) -> Decimal | None:
    """The exact number that a JSON value is; None for what is none.

    A number counts that is written with at most 12 digits before and 18 after the point, without
    an exponent: of these, sums of a hundred million fit into the 38 digits that stores keep.
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and value.bit_length() > _MAX_TEXT * 4:
        return None  # Python refuses to write an integer of thousands of digits
    text = repr(value)
    if not _EXACT_NUMBER.fullmatch(text):
        return None
    return total((Decimal(text),))  # -0.0 becomes 0


def text_of(value: Value) -> str:
    """The JSON text of a scalar, as `to_text` writes it and much sooner."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return encode_basestring(value)
        case _:
            return repr(value)


def fold_day(moments: Iterable[Moment]) -> Cell:
    """What the moments of a day come to, in any order; raises ValueError when there are none."""
    cell = merge_cells(map(cell_of, moments))
    if cell is None:
        raise ValueError("nothing happened, so there is no cell")
    return cell


def cell_of(moment: Moment) -> Cell:
    """What one moment comes to."""
    at, value = moment.at, moment.value
    if value is None:
        return Cell(1, at, at)
    said = (at, text_of(value))
    number = number_of(value)
    if number is None:
        return Cell(1, at, at, first=said, last=said)
    return Cell(1, at, at, 1, number, number, number, said, said)


def merge_cells(cells: Iterable[Cell]) -> Cell | None:
    """What several cells come to together, in any order; None without any."""
    known = tuple(cells)
    if len(known) < 2:
        return known[0] if known else None
    return Cell(
        times=sum(cell.times for cell in known),
        first_at=min(cell.first_at for cell in known),
        last_at=max(cell.last_at for cell in known),
        amounts=sum(cell.amounts for cell in known),
        total=total(cell.total for cell in known),
        least=min((cell.least for cell in known if cell.least is not None), default=None),
        most=max((cell.most for cell in known if cell.most is not None), default=None),
        first=min((cell.first for cell in known if cell.first is not None), default=None),
        last=max((cell.last for cell in known if cell.last is not None), default=None),
    )


def add_moments(
    known: Iterable[Moment], new: Iterable[Moment], limit: int = MAX_MOMENTS_A_DAY
) -> tuple[Moment, ...]:
    """The moments of a day of one strand with new ones, ascending, each event once.

    The latest `limit` are kept, so what is kept is the same whatever came first.
    """
    united = {moment[:2]: moment for moment in (*known, *new)}
    return tuple(united[key] for key in sorted(united)[-limit:])


def unite_moments(strands: Iterable[Iterable[Moment]]) -> tuple[Moment, ...]:
    """The moments of a person of several strands, ascending; every strand's must be ascending.

    Two strands never hold the same event, so nothing is dropped, even where ids are equal.
    """
    return tuple(merge(*strands, key=lambda moment: moment[:2]))


def cell_to_json(cell: Cell) -> dict[str, Any]:
    """Plain JSON data: numbers as text in digits, instants as ISO 8601, without what is absent."""
    data: dict[str, Any] = {
        "times": cell.times,
        "first_at": format_instant(cell.first_at),
        "last_at": format_instant(cell.last_at),
    }
    if cell.least is not None and cell.most is not None:
        data |= {
            "amounts": cell.amounts,
            "total": amount_text(cell.total),
            "least": amount_text(cell.least),
            "most": amount_text(cell.most),
        }
    if cell.first is not None and cell.last is not None:
        data |= {"first": _said_to_json(cell.first), "last": _said_to_json(cell.last)}
    return data


def cell_from_json(data: Mapping[str, Any]) -> Cell:
    """Read what `cell_to_json` wrote."""
    return Cell(
        times=data["times"],
        first_at=parse_instant(data["first_at"]),
        last_at=parse_instant(data["last_at"]),
        amounts=data.get("amounts", 0),
        total=Decimal(data.get("total", _ZERO)),
        least=Decimal(data["least"]) if "least" in data else None,
        most=Decimal(data["most"]) if "most" in data else None,
        first=_said_from_json(data["first"]) if "first" in data else None,
        last=_said_from_json(data["last"]) if "last" in data else None,
    )


def _said_to_json(said: tuple[datetime, str]) -> list[str]:
    return [format_instant(said[0]), said[1]]


def _said_from_json(said: Iterable[str]) -> tuple[datetime, str]:
    at, text = said
    return parse_instant(at), text
