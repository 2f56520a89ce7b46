"""Turns changes of the profiles table into rows of the lake.

A batch that fails half-way is written again as a whole. Readers remove the doubles, so nothing
here has to remember what it wrote.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from shared.aws import keys
from shared.aws.lake_facts import fact_rows
from shared.domain.counters.fold import position_in
from shared.domain.lake.rows import Row, event_row, identity_row

Record = Mapping[str, Any]


def event_rows(records: Iterable[Record]) -> Iterator[Row]:
    """A row for every new event."""
    for record in records:
        if record["eventName"] == "INSERT" and _sort_key(record).startswith(keys.EVENT_PREFIX):
            _, strand_id = _strand(record)
            yield event_row(strand_id, json.loads(record["dynamodb"]["NewImage"]["body"]["S"]))


def identity_rows(records: Iterable[Record]) -> list[Row]:
    """For each strand whose PROFILE row was written, to whom it belongs by the last of its writes.

    A strand that always stood for itself has no row: that is what its absence means. Beside them
    what no event tells, so that people can be made again from the lake alone.
    """
    records = list(records)
    latest: dict[tuple[str, str], Row] = {}
    for record in records:
        if record["eventName"] == "REMOVE" or _sort_key(record) != keys.PROFILE:
            continue
        strand, image = _strand(record), record["dynamodb"]["NewImage"]
        if "redirect" in image or int(image.get("joins", {}).get("N", 0)):
            owner = image["redirect"]["S"] if "redirect" in image else strand[1]
            latest[strand] = identity_row(*strand, owner, position_in(record))
    return [*latest.values(), *fact_rows(records)]


def _strand(record: Record) -> tuple[str, str]:
    return keys.profile_of(record["dynamodb"]["Keys"]["pk"]["S"])


def _sort_key(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["sk"]["S"])
