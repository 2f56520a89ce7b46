"""The event as it travels from ingest to the profile; standard library only, for a lean ingest."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, get_args

from shared.domain.instants import format_instant, parse_instant
from shared.domain.versions import Migration, read, written

EventType = Literal["identify", "track", "page", "screen", "group", "alias"]
EVENT_TYPES: Final[tuple[EventType, ...]] = get_args(EventType)

_INSTANTS = ("occurred_at", "timestamp", "sent_at", "received_at")
_OPTIONAL = (
    *("user_id", "anonymous_id", "previous_id", "group_id"),
    *("properties", "traits", "context", "server", "proof", "correlation_id"),
)


MIGRATIONS: Final[tuple[Migration, ...]] = ()
"""From each version of an event to the next; they lie in timelines and the lake for ever."""


class Source(NamedTuple):
    """Where events come from: what a write key stands for.

    `server` when the key is kept on a server, so that whoever holds it speaks for the company.
    `events_per_minute` and `max_event_bytes` are limits of its own, 0 for none.
    """

    workspace_id: str
    source_id: str
    server: bool = False
    events_per_minute: int = 0
    max_event_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of one person, accepted by ingest.

    `timestamp` is what the client wrote and stays the same over its retries, so it is part of the
    event's key; `occurred_at` is the same instant with the client's clock skew taken out, and is
    the one that decides. `name` is the track name, or `$identify`, `$page`, ... for other types.
    `traits` are the person's; what a `group` event says of its group is in `properties`. `server`
    when it came with a server's key, which no client can claim by itself; `proof` is who else was
    found to vouch for it when it was applied, for whoever applies it again; `correlation_id` is the
    gateway's own name for the request that brought it.
    """

    workspace_id: str
    source_id: str
    message_id: str
    type: EventType
    name: str
    occurred_at: datetime
    received_at: datetime
    timestamp: datetime | None = None
    sent_at: datetime | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    properties: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    server: bool = False
    correlation_id: str = ""
    proof: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Give plain JSON data; absent and empty fields are left out, nested data is shared."""
        data: dict[str, Any] = {
            "workspace_id": self.workspace_id,
            "source_id": self.source_id,
            "message_id": self.message_id,
            "type": self.type,
            "name": self.name,
            "occurred_at": format_instant(self.occurred_at),
            "received_at": format_instant(self.received_at),
        }
        if self.timestamp:
            data["timestamp"] = format_instant(self.timestamp)
        if self.sent_at:
            data["sent_at"] = format_instant(self.sent_at)
        for name in _OPTIONAL:
            if value := getattr(self, name):
                data[name] = value
        return written(data, MIGRATIONS)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Event":
        """Read what `to_json` of this version wrote, an older or a newer one.

        Rows live for years, and while a new version is rolled out the old one meets what it
        writes: fields that are not known are passed over. Raises TypeError or ValueError on what
        is no event, NewerVersionError where a newer version means something else by it.
        """
        data = read(data, MIGRATIONS, "an event")
        instants = {key: parse_instant(data[key]) for key in _INSTANTS if data.get(key)}
        return cls(**{**{name: data[name] for name in data.keys() & FIELDS}, **instants})


FIELDS: Final = frozenset(each.name for each in fields(Event))
"""Names of everything that an event can say."""
