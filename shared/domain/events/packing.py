"""Puts accepted events into as few queue messages as fit.

A message's body is `{"v":1,"events":[…]}`. A queue bills every started 64 KB of a message, so few
full messages cost less than many small ones. A message is also what one delivery must get done in
time: Lambda takes ten, and writing the events of ten full ones takes about half of its time-out.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from shared.domain.events.model import Event

MAX_MESSAGE_BYTES: Final = 128 * 1024

_HEAD: Final = '{"v":1,"events":['
_TAIL: Final = "]}"
_ROOM: Final = MAX_MESSAGE_BYTES - len(_HEAD) - len(_TAIL)

_to_text: Final = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


def encode(event: Event) -> str:
    """Write an event as compact JSON that a queue takes.

    Raises ValueError on a float that is not finite and RecursionError on data that is too deep.
    """
    text = _to_text(event.to_json())
    # The two characters that JSON lets through and SQS does not.
    if "\ufffe" in text or "\uffff" in text:
        text = text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
    return text


def decode(body: str) -> list[Event]:
    """Read the events of a message; raises ValueError, KeyError or TypeError on anything else."""
    data: dict[str, Any] = json.loads(body)
    if data["v"] != 1:
        raise ValueError(f"version {data['v']!r} of a message of events is not known")
    return [Event.from_json(event) for event in data["events"]]


def size(text: str) -> int:
    """Length in bytes of UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def pack(events: Iterable[str]) -> Iterator[str]:
    """Join encoded events, in their order, into bodies of at most `MAX_MESSAGE_BYTES`."""
    body: list[str] = []
    filled = 0
    for event in events:
        length = size(event) + 1  # and the comma
        if body and filled + length > _ROOM:
            yield f"{_HEAD}{','.join(body)}{_TAIL}"
            body, filled = [], 0
        body.append(event)
        filled += length
    if body:
        yield f"{_HEAD}{','.join(body)}{_TAIL}"
