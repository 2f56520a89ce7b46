"""Reads stream records: what changed of whom, each strand's changes in the order of the stream."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws import keys
from shared.aws.items import from_item
from shared.domain.counters.fold import Occurrence, position_in
from shared.domain.counters.revenue import revenue_of
from shared.domain.events.model import Event
from shared.domain.events.own import OWN_EVENTS
from shared.domain.instants import parse_instant
from shared.domain.profiles.touches import touch_of

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Join:
    """A merge or a split of the person that a strand answers for, the n-th of them.

    `absorbed` are profiles that became part of it, `parted` those that left it; `parted_from` is
    the profile that it has left itself.
    """

    number: int
    at: datetime
    absorbed: tuple[str, ...]
    parted: tuple[str, ...]
    parted_from: str | None


@dataclass(frozen=True, slots=True)
class StrandChanges:
    """What a run of stream records says about one strand.

    `occurrences`, `events` and `sort_keys` are of the same events in the same order. Where the
    PROFILE row was written (`is_profile`), `traits` names every trait in it, because a record holds
    no older image to compare with, and `joins` has the merges and splits that it told of.
    """

    workspace_id: str
    strand_id: str
    occurrences: tuple[Occurrence, ...]
    events: tuple[Event, ...]
    sort_keys: tuple[str, ...]
    traits: frozenset[str]
    joins: tuple[Join, ...]
    is_profile: bool

    @classmethod
    def none_of(cls, workspace_id: str, strand_id: str) -> "StrandChanges":
        """Nothing but that time has passed."""
        return cls(workspace_id, strand_id, (), (), (), frozenset(), (), is_profile=False)

    @property
    def ids(self) -> tuple[str, str]:
        """Workspace and strand, as every store asks for them."""
        return self.workspace_id, self.strand_id

    @property
    def correlation_id(self) -> str:
        """Of the request that brought the latest of the events; empty where none did."""
        return self.events[-1].correlation_id if self.events else ""

    @property
    def is_news(self) -> bool:
        """Whether anything happened; else somebody asks to judge the person all the same."""
        return self.is_profile or bool(self.events)

    @property
    def signs_of_life(self) -> int:
        """How many events are the person's own doing."""
        return sum(event.name not in OWN_EVENTS for event in self.events)


def by_strand(records: Iterable[Record]) -> dict[str, list[Record]]:
    """The records that matter, by partition key, in the order of the stream.

    New events and new or changed profiles matter. All other rows are our own or the journeys'
    bookkeeping, and removals are the timeline's expiry.
    """
    strands: dict[str, list[Record]] = {}
    for record in records:
        if _is_event(record) or _is_profile(record):
            strands.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(record)
    return strands


def read_changes(pk: str, records: Sequence[Record]) -> StrandChanges:
    """Read one strand's records; raises KeyError, TypeError or ValueError on an unreadable one."""
    workspace_id, strand_id = keys.profile_of(pk)
    occurrences: list[Occurrence] = []
    events: list[Event] = []
    sort_keys: list[str] = []
    traits: frozenset[str] = frozenset()
    joins: dict[int, Join] = {}
    for record in records:
        row = from_item(record["dynamodb"]["NewImage"])
        if _is_profile(record):
            traits |= json.loads(row.get("traits", "{}")).keys()
            if join := join_of(row):
                joins[join.number] = join
            continue
        event = Event.from_json(json.loads(row["body"]))
        position = position_in(record)
        occurrences.append(
            Occurrence(
                position,
                event.name,
                event.occurred_at,
                revenue_of(event.properties),
                touch_of(event),
            )
        )
        events.append(event)
        sort_keys.append(_sort_key(record))
    return StrandChanges(
        workspace_id=workspace_id,
        strand_id=strand_id,
        occurrences=tuple(occurrences),
        events=tuple(events),
        sort_keys=tuple(sort_keys),
        traits=traits,
        joins=tuple(joins[number] for number in sorted(joins)),
        is_profile=len(events) < len(records),
    )


def join_of(profile: Mapping[str, Any]) -> Join | None:
    """The last merge or split that a PROFILE row tells of; None when there was none."""
    if "change" not in profile or "redirect" in profile:
        return None
    change = json.loads(profile["change"])
    return Join(
        number=profile.get("joins", 0),
        at=parse_instant(change["at"]),
        absorbed=tuple(change.get("absorbed", ())),
        parted=tuple(change.get("parted", ())),
        parted_from=change.get("from"),
    )


def _is_event(record: Record) -> bool:
    is_new = record["eventName"] == "INSERT"
    return is_new and _sort_key(record).startswith(keys.EVENT_PREFIX)


def _is_profile(record: Record) -> bool:
    return record["eventName"] != "REMOVE" and _sort_key(record) == keys.PROFILE


def _sort_key(record: Record) -> str:
    return str(record["dynamodb"]["Keys"]["sk"]["S"])
