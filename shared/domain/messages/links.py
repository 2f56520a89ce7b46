"""Signed links: what a message carries so that whoever opens one is known by the message alone.

A link names a message, never a person's data: the ids of workspace, strand and message, and what
the link is for. It stays good when people merge, since a message stays in its strand. Whoever has
the link may do what it says, so each kind allows one small thing, and no kind can be made into
another. The key follows from the deployment's secret, for this purpose and workspace alone; its
number stands in front, so that a new one can come into use while links that went out stay good.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple, assert_never

from shared.domain.workspace.purposes import PURPOSES, Purpose

KeyOf = Callable[[str, str], bytes]
"""(purpose, workspace_id) → a key of 32 bytes."""

CURRENT_KEY: Final = 1
KNOWN_KEYS: Final = frozenset({CURRENT_KEY})
LONGEST_TOKEN: Final = 6_000  # characters; what is longer is not even decoded

_MAC_BYTES: Final = 16
_HEX: Final = frozenset("0123456789abcdef")


class Ref(NamedTuple):
    """The message that a link came in: ids, all of them texts."""

    workspace_id: str
    profile_id: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Click:
    """Leads on to `target`; it is the link at `place` (from 0) of all `of` different ones.

    `name` is what the template calls it, such as what it recommends; empty without a name.
    """

    place: int
    of: int
    target: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Open:
    """A picture of one pixel, which mail programs fetch when the message is shown."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A link that no human sees; only a machine that follows every link comes to it."""


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """Refuses messages of a purpose by a channel; only those about `topic` unless it is empty."""

    purpose: Purpose
    topic: str
    channel: str


@dataclass(frozen=True, slots=True)
class Preferences:
    """Shows and changes what the person agreed to."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Answers a question; an empty `answer` asks the person to choose one first."""

    question: str
    answer: str


Meaning = Click | Open | Trap | Unsubscribe | Preferences | Answer


class Signed(NamedTuple):
    """A link whose signature was right."""

    ref: Ref
    meaning: Meaning


def sign(ref: Ref, meaning: Meaning, key_of: KeyOf, *, key_id: int = CURRENT_KEY) -> str:
    """Write a token of URL-safe characters, about 80 and those of a click's target."""
    letter, values = _parts(meaning)
    payload = bytes([key_id]) + letter.encode() + b"".join(map(_field, (*ref, *values)))
    mac = _mac(payload, key_id, ref.workspace_id, key_of)
    return urlsafe_b64encode(payload + mac).rstrip(b"=").decode()


def read(token: str, key_of: KeyOf) -> Signed | None:
    """Read what `sign` wrote; None for anything else, however it was made."""
    raw = _decoded(token)
    if not raw or raw[0] not in KNOWN_KEYS:
        return None
    payload, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    try:
        values = list(_fields(payload[2:]))
    except ValueError:  # cut off, or no text
        return None
    if len(values) < len(Ref._fields) or not values[0]:
        return None
    ref = Ref(*values[: len(Ref._fields)])
    if not hmac.compare_digest(mac, _mac(payload, raw[0], ref.workspace_id, key_of)):
        return None
    meaning = _meaning(chr(payload[1]), values[len(ref) :])
    return Signed(ref, meaning) if meaning else None


def _parts(meaning: Meaning) -> tuple[str, tuple[str, ...]]:
    match meaning:
        case Click(place, of, target, name):
            return "c", (str(place), str(of), target, name)
        case Open():
            return "o", ()
        case Trap():
            return "t", ()
        case Unsubscribe(purpose, topic, channel):
            return "u", (purpose, topic, channel)
        case Preferences():
            return "p", ()
        case Answer(question, answer):
            return "a", (question, answer)
        case _:
            assert_never(meaning)


def _meaning(letter: str, values: Sequence[str]) -> Meaning | None:
    match letter, values:
        case "c", [place, of, target, name]:
            return Click(int(place), int(of), target, name)
        case "o", []:
            return Open()
        case "t", []:
            return Trap()
        case "u", [purpose, topic, channel] if purpose in PURPOSES:
            return Unsubscribe(purpose, topic, channel)
        case "p", []:
            return Preferences()
        case "a", [question, answer]:
            return Answer(question, answer)
    return None


def _mac(payload: bytes, key_id: int, workspace_id: str, key_of: KeyOf) -> bytes:
    key = key_of(f"links {key_id}", workspace_id)
    return hmac.digest(key, payload, sha256)[:_MAC_BYTES]


def _field(text: str) -> bytes:
    """Length and bytes; ids of hex digits, as most are, take half as many."""
    packed = len(text) >= 2 and len(text) % 2 == 0 and _HEX.issuperset(text)
    data = bytes.fromhex(text) if packed else text.encode()
    return _number(len(data) * 2 + packed) + data


def _number(value: int) -> bytes:
    """Seven bits a byte, the low ones first; all but the last byte have the eighth set."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _fields(data: bytes) -> Iterator[str]:
    """Every text; raises ValueError when the data ends too early or is no text."""
    position = 0
    while position < len(data):
        length = shift = 0
        while True:
            if position >= len(data) or shift >= 28:
                raise ValueError("the length is cut off")
            byte = data[position]
            length |= (byte & 0x7F) << shift
            position, shift = position + 1, shift + 7
            if byte < 0x80:
                break
        chunk = data[position : position + length // 2]
        if len(chunk) < length // 2:
            raise ValueError("a field is cut off")
        yield chunk.hex() if length & 1 else chunk.decode()
        position += length // 2


def _decoded(token: str) -> bytes | None:
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (Base64Error, ValueError):
        return None
    # One token for one content: Python passes over characters that are none of Base64's.
    return raw if urlsafe_b64encode(raw).rstrip(b"=").decode() == token else None
