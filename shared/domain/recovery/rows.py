"""Reads rows of the lake back into what they were made of; the inverse of `lake.rows`."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.domain.events.model import FIELDS, Event
from shared.domain.versions import FIELD as VERSION

Row = Mapping[str, Any]

_NESTED: Final = ("properties", "traits", "context")


@dataclass(frozen=True, slots=True)
class Lain:
    """An event, and the strand in which it lies for ever."""

    strand_id: str
    event: Event


@dataclass(frozen=True, slots=True)
class Fact:
    """What was known of a strand without any event to tell it; `told` is None when it was over."""

    strand_id: str
    kind: str
    key: str
    position: str
    told: Mapping[str, Any] | None


def lain_of(row: Row) -> Lain:
    """Read a row of `events`; raises KeyError, TypeError or ValueError on one that is none."""
    data = {name: row[name] for name in row.keys() & {*FIELDS, VERSION}}
    for name in _NESTED:
        if name in data:
            data[name] = json.loads(data[name])
    return Lain(row["strand_id"], Event.from_json(data))


def fact_of(row: Row) -> Fact | None:
    """Read a row of `identities`; None for one that only says whose a strand is."""
    if "fact" not in row:
        return None
    told = json.loads(row["fact_row"]) if row.get("fact_row") else None
    return Fact(row["strand_id"], row["fact"], row["fact_key"], row["fact_position"], told)


def last_of_each(facts: Iterable[Fact]) -> dict[tuple[str, str, str], Fact]:
    """Of each thing that a strand was told, what it was told last; in whatever order that came."""
    last: dict[tuple[str, str, str], Fact] = {}
    for fact in facts:
        place = fact.kind, fact.key, fact.strand_id
        if place not in last or last[place].position < fact.position:
            last[place] = fact
    return last
