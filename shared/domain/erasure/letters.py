"""Whether something in a queue is about a person who is being erased, and what to leave of it.

A dead letter is often broken, so this looks at every text in it and not at certain fields: a text
that is one of the person's identifiers, or an id of a strand, makes it the person's.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from shared.domain.identity.graph import Identifier
from shared.domain.instants import parse_instant
from shared.domain.text import to_text

# Identifiers shorter than this are believed where identifiers stand, and nowhere else: the user
# `7` is not meant by a quantity of 7.
SHORTEST_ANYWHERE: Final = 8
_IDENTIFIER_FIELDS: Final = frozenset(
    {"user_id", "anonymous_id", "previous_id", "userId", "anonymousId", "previousId", "id"}
    | {"email", "phone", "profile_id", "strand_id"}
)
_TELEPHONE: Final = re.compile(r"\+?[\d ().\-]{6,30}")
_NATIONAL_FIGURES: Final = 10
_FIGURES: Final = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Wanted:
    """The person to look for; what occurred after `erased_at` is about somebody new."""

    identifiers: frozenset[Identifier]
    strands: frozenset[str]
    erased_at: datetime


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a message: `rest` is what to keep of it, None for nothing of it."""

    removed: int
    rest: str | None


def judge(body: str, wanted: Wanted) -> Verdict:
    """Take the person out of the body of a queue message; `removed` counts events or messages."""
    values = _values(wanted)
    try:
        data = json.loads(body)
    except (RecursionError, ValueError):
        named = any(_stands_in(value, body) for value in values)
        return Verdict(1, None) if named else Verdict(0, body)
    events = data.get("events") if isinstance(data, dict) else None
    if not isinstance(events, list):
        return Verdict(1, None) if _names(data, values) else Verdict(0, body)
    kept = [each for each in events if _is_later(each, wanted) or not _names(each, values)]
    if len(kept) == len(events):
        return Verdict(0, body)
    rest = to_text({**data, "events": kept}) if kept else None
    return Verdict(len(events) - len(kept), rest)


def mentions(text: str, wanted: Wanted) -> bool:
    """Whether a piece of a file names the person, however short the name.

    Rather once too often: whoever asks deletes copies only. A telephone number counts with any
    blanks and brackets in it, with or without its country.
    """
    return _mention(wanted).search(text) is not None


@lru_cache(maxsize=1)
def _mention(wanted: Wanted) -> re.Pattern[str]:
    found = [re.escape(value) for value in wanted.strands]
    for identifier in wanted.identifiers:
        plain = _plain(identifier.value)
        if identifier.kind == "phone" and len(plain) >= _NATIONAL_FIGURES:
            figures = r"[ ().\-]*".join(plain[-_NATIONAL_FIGURES:])
            found.append(rf"[\d+ ().\-]*{figures}")
        else:
            found.append(re.escape(identifier.value))
    whole = "|".join(found)
    return re.compile(rf"(?<![\w@.+-])(?:{whole})(?![\w@]|[.]\w)", re.IGNORECASE)


def _values(wanted: Wanted) -> frozenset[str]:
    """Everything that names the person, as it is compared."""
    return frozenset(_plain(i.value) for i in wanted.identifiers) | wanted.strands


def _plain(text: str) -> str:
    """A text as it is compared: without case and blanks; a telephone number as its figures."""
    bare = text.strip().casefold()
    return _FIGURES.sub("", bare) if _TELEPHONE.fullmatch(bare) else bare


def _names(data: Any, values: frozenset[str]) -> bool:  # noqa: ANN401  whatever JSON can hold
    for name, leaf in _leaves(data):
        plain = _plain(leaf)
        if plain not in values:
            # What could not be read is kept as it came, inside a text.
            if len(leaf) > SHORTEST_ANYWHERE and any(_stands_in(value, leaf) for value in values):
                return True
            continue
        if len(plain) >= SHORTEST_ANYWHERE or name in _IDENTIFIER_FIELDS:
            return True
    return False


def _stands_in(value: str, text: str) -> bool:
    """Whether a value stands in a longer text, by itself."""
    if len(value) < SHORTEST_ANYWHERE:
        return False
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text.casefold()) is not None


def _leaves(data: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    """Every text and number with the name of its field; without recursion, however deep."""
    waiting: list[tuple[str, Any]] = [("", data)]
    while waiting:
        name, value = waiting.pop()
        match value:
            case dict():
                waiting += [("", str(key)) for key in value]
                waiting += value.items()
            case list():
                waiting += _named(name, value)
            case bool() | None:
                pass
            case _:
                yield name, str(value)


def _named(name: str, values: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for value in values)


def _is_later(event: Any, wanted: Wanted) -> bool:  # noqa: ANN401
    """Whether an event occurred after the erasure, so that it is not the erased person's."""
    if not isinstance(event, dict):
        return False
    try:
        return parse_instant(event["occurred_at"]) > wanted.erased_at
    except (KeyError, TypeError, ValueError):
        return False
