"""Parcels: events on their way to one destination, in one message of the queue.

Each parcel concerns one destination, so one that fails holds up nobody else's. Its key follows from
the ids of its events: whatever receives a parcel twice can know it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from shared.domain.outbound.model import Destination
from shared.domain.requests import BODY_VERSION
from shared.errors import InvalidInputError

Told = Mapping[str, Any]
"""A domain event as plain JSON data."""

MOST_EVENTS: Final = 50
MOST_BYTES: Final = 150_000


@dataclass(frozen=True, slots=True)
class Parcel:
    """Events for a destination, in the order in which they were told."""

    workspace_id: str
    destination_id: str
    events: tuple[Told, ...]

    @property
    def key(self) -> str:
        """The same for the same events: 32 hexadecimal digits."""
        ids = "\0".join(str(event["event_id"]) for event in self.events)
        return sha256(ids.encode()).hexdigest()[:32]

    def to_body(self) -> str:
        """Write what travels in the queue; an erasure finds people in its `events`."""
        return json.dumps(
            {
                "v": BODY_VERSION,
                "workspace_id": self.workspace_id,
                "destination_id": self.destination_id,
                "events": list(self.events),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )

    @classmethod
    def from_body(cls, body: str) -> "Parcel":
        """Read what `to_body` wrote; raises InvalidInputError."""
        try:
            data = json.loads(body)
            if data["v"] != BODY_VERSION:
                raise InvalidInputError(f'not a parcel: "v" must be {BODY_VERSION}')
            return cls(data["workspace_id"], data["destination_id"], tuple(data["events"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInputError("not a parcel of events") from error


def parcels(
    workspace_id: str, events: Sequence[Told], destinations: Iterable[Destination]
) -> Iterator[Parcel]:
    """What each destination of a workspace wants of these events."""
    for destination in destinations:
        wanted = [event for event in events if destination.wants(event)]
        for part in _parts(wanted):
            yield Parcel(workspace_id, destination.destination_id, part)


def _parts(events: Iterable[Told]) -> Iterator[tuple[Told, ...]]:
    part: list[Told] = []
    filled = 0
    for event in events:
        size = len(json.dumps(event, ensure_ascii=False).encode())
        if part and (len(part) == MOST_EVENTS or filled + size > MOST_BYTES):
            yield tuple(part)
            part, filled = [], 0
        part.append(event)
        filled += size
    if part:
        yield tuple(part)
