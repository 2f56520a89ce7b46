"""What clients send about their inbox, and what they get to see of a message."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast, get_args

from shared.domain.events.limits import MAX_ID_BYTES
from shared.domain.inbox.model import MOST_ANSWER_CHARACTERS, Act, InboxMessage
from shared.domain.instants import format_instant
from shared.errors import InvalidInputError

Result = Literal["first", "again", "gone", "refused"]
"""What came of an act: it counts; it was done before; there is no such message; no such answer."""

MOST_ACTS: Final = 50
_MOST_ANSWER_BYTES: Final = 4 * MOST_ANSWER_CHARACTERS  # in UTF-8
_ACTS: Final = frozenset(get_args(Act))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, in their own words: a user with the proof for it, or a browser."""

    user_id: str = ""
    user_hash: str = ""
    anonymous_id: str = ""


@dataclass(frozen=True, slots=True)
class Doing:
    """One thing that a person did with a message."""

    message_id: str
    act: Act
    answer: str = ""


def read_visitor(fields: Mapping[str, Any]) -> Visitor:
    """Read `userId`, `userHash` and `anonymousId`; raises InvalidInputError."""
    visitor = Visitor(
        user_id=_text(fields, "userId"),
        user_hash=_text(fields, "userHash"),
        anonymous_id=_text(fields, "anonymousId"),
    )
    if not visitor.user_id and not visitor.anonymous_id:
        raise InvalidInputError(
            "nobody is named", where="userId", hint="send userId with userHash, or anonymousId"
        )
    return visitor


def read_doings(fields: Mapping[str, Any]) -> list[Doing]:
    """Read `acts`: objects with `messageId`, `act` and, of `answered`, `answer`.

    Raises InvalidInputError naming the first one that is wrong.
    """
    acts = fields.get("acts")
    if not isinstance(acts, list) or not 0 < len(acts) <= MOST_ACTS:
        raise InvalidInputError(f"acts is no list of 1 to {MOST_ACTS}", where="acts")
    return [_doing(each, f"acts[{place}]") for place, each in enumerate(acts)]


def _doing(fields: object, where: str) -> Doing:
    if not isinstance(fields, dict):
        raise InvalidInputError("an act is an object", where=where)
    act = fields.get("act")
    if not isinstance(act, str) or act not in _ACTS:
        known = ", ".join(sorted(_ACTS))
        raise InvalidInputError(f"act is none of {known}", where=f"{where}.act")
    message_id = _text(fields, "messageId", where)
    if not message_id:
        raise InvalidInputError("no message is named", where=f"{where}.messageId")
    return Doing(message_id, cast(Act, act), _text(fields, "answer", where, _MOST_ANSWER_BYTES))


def _text(fields: Mapping[str, Any], name: str, where: str = "", most: int = MAX_ID_BYTES) -> str:
    """A text of at most `most` bytes; half a surrogate pair is part of none."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _fits(value, most):
        place = f"{where}.{name}" if where else name
        raise InvalidInputError(f"no text of at most {most:,} bytes", where=place)
    return value


def _fits(text: str, most: int) -> bool:
    try:
        return len(text.encode()) <= most
    except UnicodeEncodeError:
        return False


def to_wire(message: InboxMessage) -> dict[str, Any]:
    """A message as clients read it."""
    data = {
        "messageId": message.message_id,
        "channel": message.channel,
        "headline": message.headline,
        "text": message.text,
        "image": message.image,
        "link": message.link,
        "linkTitle": message.link_title,
        "place": message.place,
        "ask": message.ask.to_json() if message.ask and not message.answered_at else None,
        "createdAt": format_instant(message.created_at),
        "until": format_instant(message.until),
        "shown": message.shown_at is not None,
        "clicked": message.clicked_at is not None,
        "answered": message.answered_at is not None,
    }
    return {name: value for name, value in data.items() if value not in ("", None)}
