"""Reads events out of queue messages, and says of each bad one why it can never be applied."""

import json
from collections.abc import Iterable
from typing import Any, Final

from shared.domain.events.model import EVENT_TYPES, FIELDS, Event
from shared.domain.events.packing import encode, size
from shared.errors import NewerVersionError, PermanentError

# A sort key ends at 1,024 bytes; these texts stand in one, beside a prefix and an instant.
MAX_KEY_TEXT_BYTES: Final = 900

_TEXTS: Final = ("workspace_id", "source_id", "message_id", "name")
_IDENTIFIERS: Final = ("user_id", "anonymous_id", "previous_id")
_OBJECTS: Final = ("properties", "traits", "context")
# What Python raises on data that is no event, too deep, or outside the calendar.
_UNREADABLE: Final = (AttributeError, OverflowError, RecursionError, TypeError, ValueError)


def read_body(body: str) -> list[Any]:
    """The events of a message, still as plain data; raises PermanentError when there are none."""
    try:
        data = json.loads(body)
    except (RecursionError, ValueError) as error:
        raise PermanentError("the message is not JSON") from error
    if not isinstance(data, dict) or data.get("v") != 1:
        raise PermanentError("the message is of no version that is known")
    events = data.get("events")
    if not isinstance(events, list):
        raise PermanentError("the message holds no list of events")
    return events


def read_event(data: Any) -> Event:  # noqa: ANN401  whatever JSON can hold
    """One event out of plain data; raises PermanentError with the reason when it is none."""
    try:
        event = Event.from_json(data)
        size(encode(event))  # half a surrogate pair has no bytes
    except NewerVersionError as error:  # a dead letter, until that version is there
        raise PermanentError(str(error)) from error
    except _UNREADABLE as error:
        raise PermanentError(f"not an event: {error}") from error
    _require(data.keys() <= FIELDS, "it says something that no event of this version says")
    _require(_have(event, _TEXTS, str), "a required text is missing")
    _require(event.type in EVENT_TYPES, "the type is not known")
    _require(_have(event, _OBJECTS, dict), "properties, traits and context must be objects")
    identifiers = [getattr(event, name) for name in _IDENTIFIERS]
    _require(
        all(value is None or isinstance(value, str) for value in identifiers),
        "identifiers must be texts",
    )
    _require(isinstance(event.server, bool), "server must be true or absent")
    _require(isinstance(event.correlation_id, str), "the correlation id must be a text")
    _require(
        all(size(text) <= MAX_KEY_TEXT_BYTES for text in (event.message_id, *identifiers) if text),
        f"an identifier is longer than {MAX_KEY_TEXT_BYTES} bytes",
    )
    return event


def _have(event: Event, names: Iterable[str], kind: type) -> bool:
    return all(isinstance(getattr(event, name), kind) for name in names)


def _require(holds: bool, reason: str) -> None:
    if not holds:
        raise PermanentError(reason)
