"""Reads stream records: what changed of whom, each person's changes in the order of the stream."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.aws import keys
from shared.aws.items import from_item
from shared.domain.counters.fold import Occurrence, position_of
from shared.domain.events.model import Event

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PersonChanges:
    """What a run of stream records says about one person.

    `occurrences` and `events` are the same events in the same order; `traits` names every trait
    of the profile when its row was written, because a record holds no older image to compare with.
    """

    workspace_id: str
    profile_id: str
    occurrences: tuple[Occurrence, ...]
    events: tuple[Event, ...]
    traits: frozenset[str]

    @property
    def ids(self) -> tuple[str, str]:
        """Workspace and profile, as every store asks for them."""
        return self.workspace_id, self.profile_id


def by_person(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records that matter, by partition key, in the order of the stream.

    New events and new or changed profiles matter. All other rows are our own or the journeys'
    bookkeeping, and removals are the timeline's expiry.
    """
    people: dict[str, list[Record]] = {}
    for record in records:
        if _is_event(record) or _is_profile(record):
            people.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(record)
    return people


def read_changes(pk: str, records: Sequence[Record]) -> PersonChanges:
    """Read one person's records; raises KeyError, TypeError or ValueError on an unreadable one."""
    workspace_id, profile_id = keys.profile_of(pk)
    occurrences: list[Occurrence] = []
    events: list[Event] = []
    traits: frozenset[str] = frozenset()
    for record in records:
        row = from_item(record["dynamodb"]["NewImage"])
        if _is_profile(record):
            traits |= json.loads(row.get("traits", "{}")).keys()
            continue
        event = Event.from_json(json.loads(row["body"]))
        position = position_of(record["dynamodb"]["SequenceNumber"])
        occurrences.append(Occurrence(position, event.name, event.occurred_at))
        events.append(event)
    return PersonChanges(workspace_id, profile_id, tuple(occurrences), tuple(events), traits)


def _is_event(record: Record) -> bool:
    is_new = record["eventName"] == "INSERT"
    return is_new and _sort_key(record).startswith(keys.EVENT_PREFIX)


def _is_profile(record: Record) -> bool:
    return record["eventName"] != "REMOVE" and _sort_key(record) == keys.PROFILE


def _sort_key(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["sk"]["S"])
