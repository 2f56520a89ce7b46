"""Makes the lake's rows from what the profiles table tells, and packs them for Firehose."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from shared.domain.counters.revenue import amount_text, revenue_of
from shared.domain.events.packing import size
from shared.domain.text import to_text

Row = dict[str, Any]

# Firehose bills a record in steps of 5 KB and takes up to 1,000 KB, so many rows share a record.
MAX_RECORD_BYTES: Final = 900 * 1024
_NESTED: Final = ("properties", "traits", "context")


def event_row(strand_id: str, body: Mapping[str, Any]) -> Row:
    """The row of an applied event; `body` is `Event.to_json()`."""
    row: Row = {"strand_id": strand_id, **body}
    for name in _NESTED:
        if name in row:
            row[name] = to_text(row[name])
    revenue = revenue_of(body.get("properties", {}))
    if revenue is not None:
        row["revenue"] = amount_text(revenue)
    return row


def identity_row(workspace_id: str, strand_id: str, profile_id: str, position: str) -> Row:
    """The row that says whose a strand is; `position` orders the rows of one strand as text."""
    return {
        "workspace_id": workspace_id,
        "strand_id": strand_id,
        "profile_id": profile_id,
        "position": position,
    }


def erased_row(workspace_id: str, strand_id: str) -> Row:
    """The row after which nothing of a strand is shown any more."""
    return {"workspace_id": workspace_id, "strand_id": strand_id, "position": "", "erased": True}


def fact_row(
    workspace_id: str,
    strand_id: str,
    fact: str,
    key: str,
    position: str,
    told: Mapping[str, Any] | None,
) -> Row:
    """What is known of a strand without any event to tell it; `told` is None when it is over.

    A suppression is of an address and not of a strand, which is empty then.
    """
    row: Row = {
        "workspace_id": workspace_id,
        "strand_id": strand_id,
        "fact": fact,
        "fact_key": key,
        "fact_position": position,
    }
    return row if told is None else row | {"fact_row": to_text(told)}


def line(row: Row) -> str:
    """A row as it lies in an object: one line of JSON."""
    return f"{to_text(row)}\n"


def pack(lines: Iterable[str]) -> Iterator[bytes]:
    """Join lines, in their order, into records of at most `MAX_RECORD_BYTES`."""
    record: list[str] = []
    filled = 0
    for each in lines:
        length = size(each)
        if record and filled + length > MAX_RECORD_BYTES:
            yield "".join(record).encode()
            record, filled = [], 0
        record.append(each)
        filled += length
    if record:
        yield "".join(record).encode()
