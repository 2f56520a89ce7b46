"""Checks the events of a request one by one: each becomes an `Event` or a `Rejection`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from shared.domain.events.clock import occurred_at, read_sent_at, read_timestamp
from shared.domain.events.envelope import Envelope, key_of
from shared.domain.events.fields import (
    has_external_id,
    read_event_name,
    read_id,
    read_message_id,
    read_object,
    read_type,
    usable_message_id,
)
from shared.domain.events.json_text import Flaw, find_flaw
from shared.domain.events.limits import MAX_DEPTH, MAX_EVENT_BYTES
from shared.domain.events.minting import Mint
from shared.domain.events.model import Event, EventType, Source
from shared.domain.events.packing import encode, size
from shared.domain.events.posthog import to_segment
from shared.domain.events.rejection import UNAUTHORIZED, RejectedError, Rejection
from shared.domain.events.routes import Route

# Room for what we write into an event: its source and our instants.
_OURS: Final = 512


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event and its text for the queue."""

    event: Event
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Every event of a request, once: accepted or rejected, each in the order of the request."""

    accepted: tuple[Accepted, ...]
    rejected: tuple[Rejection, ...]


def check(
    envelope: Envelope,
    route: Route,
    sources: Source | Mapping[str, Source],
    received_at: datetime,
    correlation_id: str = "",
) -> Checked:
    """Check all events.

    `sources` is the source of the whole request, or those of the write keys that the events carry
    themselves. The same request gives the same message ids and timestamps whenever it is received.
    `correlation_id` names the request in logs.
    """
    checker = _Checker(envelope, route, sources, received_at, correlation_id)
    accepted: list[Accepted] = []
    rejected: list[Rejection] = []
    for index, event in enumerate(envelope.events):
        try:
            accepted.append(checker.check(event))
        except RejectedError as error:
            rejected.append(Rejection(index, error.code, error.message, usable_message_id(event)))
    return Checked(tuple(accepted), tuple(rejected))


class _Checker:
    """What holds for all events of one request."""

    def __init__(
        self,
        envelope: Envelope,
        route: Route,
        sources: Source | Mapping[str, Source],
        received_at: datetime,
        correlation_id: str,
    ) -> None:
        self._envelope = envelope
        self._route = route
        self._sources = sources
        self._received_at = received_at
        self._correlation_id = correlation_id
        self._mint = Mint(received_at)

    def check(self, event: object) -> Accepted:
        """Check one event; raises RejectedError."""
        if not isinstance(event, dict):
            if isinstance(event, Flaw):
                raise RejectedError(event.code, f"the event {event.message}")
            raise RejectedError("not_an_object", "the event is not a JSON object")
        source = self._source(event)
        if self._envelope.suspect:
            _reject_flaws(event)
        try:
            read = self._read(event, source)
            text = encode(read)
        except (ValueError, RecursionError):  # an infinite float, or very many levels
            _reject_flaws(event)
            raise
        most = min(MAX_EVENT_BYTES, source.max_event_bytes or MAX_EVENT_BYTES)
        if size(text) > most + _OURS:
            raise RejectedError("too_large", f"the event is larger than {most:,} bytes of JSON")
        # No more brackets than levels allowed: no need to look. Texts may hold brackets, too.
        if text.count("{") + text.count("[") > MAX_DEPTH:
            _reject_flaws(read.to_json())
        return Accepted(read, text)

    def _source(self, event: dict[str, Any]) -> Source:
        if isinstance(self._sources, Source):
            return self._sources
        source = self._sources.get(key_of(event) or "")
        if source is None:
            raise RejectedError(
                UNAUTHORIZED, "the event has no writeKey, or one that is not known or disabled"
            )
        return source

    def _read(self, event: dict[str, Any], source: Source) -> Event:
        fields = to_segment(event) if self._route.dialect == "posthog" else event
        kind = read_type(fields, self._route.type)
        user_id, anonymous_id = read_id(fields, "userId"), read_id(fields, "anonymousId")
        properties, traits, context = _data(fields, kind)
        _require_somebody(kind, user_id, anonymous_id, context)
        timestamp = _timestamp(fields)
        sent_at = self._envelope.sent_at or read_sent_at(event.get("sentAt"))
        message_id = read_message_id(fields)
        return Event(
            workspace_id=source.workspace_id,
            source_id=source.source_id,
            message_id=message_id or self._mint.message_id(event, timestamp),
            type=kind,
            name=read_event_name(fields) if kind == "track" else f"${kind}",
            occurred_at=occurred_at(timestamp, sent_at, self._received_at),
            received_at=self._received_at,
            timestamp=timestamp,
            sent_at=sent_at,
            user_id=user_id,
            anonymous_id=anonymous_id,
            previous_id=_required(fields, "previousId", "alias", kind),
            group_id=_required(fields, "groupId", "group", kind),
            properties=properties,
            traits=traits,
            context=context,
            server=source.server,
            correlation_id=self._correlation_id,
        )


def _reject_flaws(event: dict[str, Any]) -> None:
    if found := find_flaw(event):
        path, flaw = found
        raise RejectedError(flaw.code, f"{path} {flaw.message}")


def _require_somebody(
    kind: EventType, user_id: str | None, anonymous_id: str | None, context: Mapping[str, Any]
) -> None:
    """An event needs an identifier of its person; raises RejectedError."""
    if user_id is not None:
        return
    if kind == "alias":
        raise RejectedError("id_missing", "the event needs a userId")
    if anonymous_id is None and not has_external_id(context):
        raise RejectedError(
            "id_missing", "the event needs a userId, an anonymousId or context.externalIds"
        )


def _timestamp(fields: Mapping[str, Any]) -> datetime | None:
    """The client's own time; RudderStack's clients write the time of the call beside it."""
    name = "originalTimestamp" if fields.get("timestamp") is None else "timestamp"
    return read_timestamp(fields.get(name), name)


_MISSING: Final = {"previousId": "previous_id_missing", "groupId": "group_id_missing"}


def _required(
    fields: Mapping[str, Any], name: str, needed_by: EventType, kind: EventType
) -> str | None:
    """An identifier that one type of event needs and the others may have."""
    value = read_id(fields, name)
    if value is None and kind == needed_by:
        raise RejectedError(_MISSING[name], f"a {kind} event needs {name}")
    return value


def _data(
    fields: Mapping[str, Any], kind: EventType
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Properties, traits and context of an event, each in its own place whoever wrote it."""
    properties = read_object(fields, "properties")
    traits = read_object(fields, "traits")
    context = read_object(fields, "context")
    match kind:
        case "identify" if context.get("traits") is not None:  # where RudderStack puts them
            traits = {**read_object(context, "traits", "context.traits"), **traits}
            context = {key: value for key, value in context.items() if key != "traits"}
        case "group":
            properties, traits = {**traits, **properties}, {}
        case "page" | "screen":
            known = ((name, fields.get(name)) for name in ("category", "name"))
            named = {name: value for name, value in known if isinstance(value, str)}
            properties = {**named, **properties}
        case _:
            pass
    return properties, traits, context
