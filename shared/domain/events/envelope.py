"""What surrounds the events of a request: write key, time of sending, and the list itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.events.clock import read_sent_at
from shared.domain.events.json_text import Document, Flaw
from shared.domain.events.limits import MAX_BATCH_EVENTS, MAX_WRITE_KEYS
from shared.domain.events.routes import Route
from shared.errors import InvalidInputError, TooLargeError


@dataclass(frozen=True, slots=True)
class Envelope:
    """A request body, its events not looked at yet.

    `suspect` says that there may be flaws in the events.
    """

    events: Sequence[Any]
    write_key: str | None
    sent_at: datetime | None
    suspect: bool

    def event_keys(self) -> frozenset[str]:
        """Write keys that events carry themselves; raises InvalidInputError when too many."""
        found = frozenset(key for event in self.events if (key := key_of(event)))
        if len(found) > MAX_WRITE_KEYS:
            raise InvalidInputError(
                f"the events of one batch have more than {MAX_WRITE_KEYS} different write keys",
                where="batch",
                hint="send one batch for each write key",
            )
        return found


def read_envelope(document: Document, route: Route) -> Envelope:
    """Read a parsed body as its route takes it; raises InvalidInputError or TooLargeError."""
    fields = document.value
    if isinstance(fields, Flaw):
        raise InvalidInputError(f"the body {fields.message}", where="body")
    if not isinstance(fields, dict):
        raise InvalidInputError("the body is not a JSON object", where="body")
    if route.type and isinstance(fields.get("batch"), list):
        raise InvalidInputError(
            "this path takes one event", where="batch", hint="send batches to /v1/batch"
        )
    return Envelope(
        events=[fields] if route.type else _batch(fields),
        write_key=key_of(fields),
        sent_at=read_sent_at(fields.get("sentAt", fields.get("sent_at"))),
        suspect=document.suspect,
    )


def key_of(fields: object) -> str | None:
    """The write key that a body or an event carries."""
    if not isinstance(fields, dict):
        return None
    key = fields.get("writeKey") or fields.get("api_key")
    return key if isinstance(key, str) else None


def _batch(fields: dict[str, Any]) -> list[Any]:
    events = fields.get("batch")
    if not isinstance(events, list):
        raise InvalidInputError(
            "there is no list of events", where="batch", hint='send {"batch": [event, …]}'
        )
    if len(events) > MAX_BATCH_EVENTS:
        raise TooLargeError(
            f"the batch has more than {MAX_BATCH_EVENTS:,} events",
            where="batch",
            hint="send smaller batches",
        )
    return events
