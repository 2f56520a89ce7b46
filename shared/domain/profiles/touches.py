"""Touches: which campaign or page brought a person here, read from the person's own events.

A touch is kept as canonical JSON text that begins with its instant, so the smaller of two texts is
the earlier touch and the first and last of any number come out the same in any order. It holds at
most `MAX_BYTES`, because two of them lie in the row that every event writes.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.text import to_text

# Bytes that are kept of each part, as JSON text.
PARTS: Final[Mapping[str, int]] = {
    "source": 32,
    "medium": 24,
    "campaign": 48,
    "term": 32,
    "content": 32,
    "referrer": 72,
}
MAX_BYTES: Final = 360
_MAX_URL: Final = 8_000  # characters that are looked at


def touch_of(event: Event) -> str | None:
    """What brought the person to this event; None when nothing outside is named.

    `context.campaign` (as Segment's clients fill it) goes before the `utm_` parameters of the
    page's URL. A referrer of the page's own site is no touch.
    """
    page = _dict(event.context.get("page"))
    url = _text(page.get("url")) or _text(event.properties.get("url"))
    named = dict(_campaign(_dict(event.context.get("campaign"))))
    parts = {**dict(_parameters(url)), **named}
    referrer = _text(page.get("referrer")) or _text(event.properties.get("referrer"))
    if _host(referrer) not in ("", _host(url)):
        parts["referrer"] = referrer
    if not parts:
        return None
    kept = {name: _cut(parts[name], most) for name, most in PARTS.items() if name in parts}
    return to_text({"at": format_instant(event.occurred_at), **kept})


def read_touch(text: str) -> dict[str, str]:
    """Read what `touch_of` wrote: `at`, and the parts that are known."""
    return {name: str(value) for name, value in json.loads(text).items()}


def _campaign(campaign: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("source", "medium", "term", "content"):
        if value := _text(campaign.get(name)):
            yield name, value
    if value := _text(campaign.get("name")):
        yield "campaign", value


def _parameters(url: str) -> Iterator[tuple[str, str]]:
    try:
        query = parse_qs(urlsplit(url).query, max_num_fields=200)
    except ValueError:  # brackets in the wrong place, or a flood of parameters
        return
    for name in ("source", "medium", "campaign", "term", "content"):
        for value in query.get(f"utm_{name}", [])[:1]:
            if value := value.strip():
                yield name, value


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip()[:_MAX_URL] if isinstance(value, str) else ""


def _cut(text: str, most: int) -> str:
    """The beginning of a text that takes at most so many bytes inside JSON."""
    text = text[:most].encode(errors="replace").decode()  # half a surrogate pair becomes `?`
    while len(to_text(text).encode()) - 2 > most:
        text = text[:-1]
    return text
