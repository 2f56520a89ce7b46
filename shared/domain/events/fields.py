"""Readers of an event's single fields; each raises RejectedError on what it cannot take.

Identifiers are texts. Integers are taken as their digits, because SDKs in typed languages turn
them into text themselves and those in JavaScript do not, and both must meet the same person.
Other numbers are refused: 1.0 and 1 would be two people. Empty and blank texts and null are absent.
"""

from collections.abc import Mapping
from typing import Any, cast

from shared.domain.events.limits import (
    MAX_EVENT_NAME_CHARACTERS,
    MAX_ID_BYTES,
    MAX_MESSAGE_ID_CHARACTERS,
)
from shared.domain.events.model import EVENT_TYPES, EventType
from shared.domain.events.own import OWN_EVENTS
from shared.domain.events.packing import size
from shared.domain.events.rejection import RejectedError


def read_type(fields: Mapping[str, Any], expected: EventType | None) -> EventType:
    """The event's type: its own, or the one that the route stands for."""
    kind = fields.get("type")
    if kind is None and expected:
        return expected
    if kind not in EVENT_TYPES:
        known = ", ".join(EVENT_TYPES)
        raise RejectedError("invalid_type", f"type is missing or not one of {known}")
    if expected and kind != expected:
        raise RejectedError("invalid_type", f"type is {kind} but the route is for {expected}")
    return cast(EventType, kind)


def read_id(fields: Mapping[str, Any], name: str) -> str | None:
    """An identifier, None when absent."""
    text = _text(fields.get(name), name, "invalid_id")
    if text is not None and size(text) > MAX_ID_BYTES:
        raise RejectedError("invalid_id", f"{name} is longer than {MAX_ID_BYTES} bytes")
    return text


def read_message_id(fields: Mapping[str, Any]) -> str | None:
    """The client's own id of the event, None when absent."""
    text = _text(fields.get("messageId"), "messageId", "invalid_message_id")
    if text is not None and len(text) > MAX_MESSAGE_ID_CHARACTERS:
        raise RejectedError(
            "invalid_message_id", f"messageId is longer than {MAX_MESSAGE_ID_CHARACTERS} characters"
        )
    return text


def _text(value: object, name: str, code: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise RejectedError(code, f"{name} is neither a text nor an integer")
    if _has_controls(value):
        raise RejectedError(code, f"{name} has control characters")
    return value if value.strip() else None


def read_event_name(fields: Mapping[str, Any]) -> str:
    """The name of a track event."""
    name = fields.get("event")
    if name is None or name == "":
        raise RejectedError("event_name_missing", "a track event needs a name in event")
    if not isinstance(name, str) or not name.strip() or _has_controls(name):
        raise RejectedError("invalid_event_name", "event is not a printable text")
    if len(name) > MAX_EVENT_NAME_CHARACTERS:
        raise RejectedError(
            "invalid_event_name", f"event is longer than {MAX_EVENT_NAME_CHARACTERS} characters"
        )
    if name in OWN_EVENTS:
        raise RejectedError("reserved_name", f"only Rapport itself says {name}")
    return name


def read_object(fields: Mapping[str, Any], name: str, path: str = "") -> dict[str, Any]:
    """An object, empty when absent."""
    value = fields.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RejectedError("invalid_field", f"{path or name} is not an object")
    return value


def has_external_id(context: Mapping[str, Any]) -> bool:
    """Say whether `context.externalIds`, a list of `{"id", "type"}`, names at least one.

    Whether it is usable is decided with the identity rules; raises RejectedError when none is read.
    """
    listed = context.get("externalIds")
    if not isinstance(listed, list):
        return False
    named = (each for each in listed if isinstance(each, dict) and each.get("type"))
    return any(read_id(each, "id") is not None for each in named)


def usable_message_id(event: object) -> str | None:
    """The id by which the sender of a rejected event can find it, when it has one that is sound."""
    if not isinstance(event, dict):
        return None
    name = event.get("messageId") or event.get("uuid")
    sound = isinstance(name, str) and len(name) <= MAX_MESSAGE_ID_CHARACTERS and name.isprintable()
    return name if sound else None


def _has_controls(text: str) -> bool:
    return not text.isprintable() and any(char < " " or char == "\x7f" for char in text)
