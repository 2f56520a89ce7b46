"""Tells people from machines that fetch the links of messages to look what is behind them.

A hit is judged only after a while, when what came along with it is known. It counts as a machine's

- when the program says so itself, or fetches only what it may need later,
- within moments of the delivery, when nobody can have read the message yet,
- around a fetch of the link that no human sees,
- in a burst of different links: all of several, or at least three of them, in seconds.

A person taken for a machine loses a click; a machine taken for a person wakes journeys. Whoever
opens two of three links within seconds, or one link twice, counts as a person.
"""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal

from shared.domain.feedback.hits import Hit, Trace

Why = Literal["agent", "too_soon", "trap", "burst"]

HOLD: Final = timedelta(seconds=10)  # how long a hit waits for others before it is judged
BURST: Final = timedelta(seconds=5)
TOO_SOON: Final = timedelta(seconds=2)
MANY: Final = 3

# Security gateways and link previews by their own words, and libraries that no human reads mail in.
_MACHINES: Final = re.compile(
    r"barracuda|proofpoint|mimecast|symantec|messagelabs|trend ?micro|forcepoint|fortiguard|sophos"
    r"|fireeye|ironport|cisco|zscaler|safelinks|url ?defense|linkscan|virustotal|phish"
    r"|bot\b|crawl|spider|preview|slurp|headless|phantomjs|facebookexternalhit|whatsapp|telegram"
    r"|curl/|wget/|python|java/|go-http-client|okhttp|libwww|httpclient|apache-http|node-fetch|axios",
    re.IGNORECASE,
)


def is_machine(agent: str) -> bool:
    """Say whether a program calls itself one that no human looks through; silence is one, too."""
    return not agent.strip() or _MACHINES.search(agent) is not None


def judged(hit: Hit, others: Iterable[Trace], delivered_at: datetime | None) -> Why | None:
    """Why a hit counts as a machine's; None for a person's.

    `others` are all hits of the message that are known, in any order, with or without this one;
    `delivered_at` is when its receiver had it, as far as that is known.
    """
    if is_machine(hit.agent):
        return "agent"
    if delivered_at is not None and hit.at - delivered_at < TOO_SOON:
        return "too_soon"
    near = [other for other in others if abs(other.at - hit.at) <= HOLD]
    if hit.kind == "trap" or any(other.kind == "trap" for other in near):
        return "trap"
    if hit.kind == "click" and _is_burst(hit, near):
        return "burst"
    return None


def _is_burst(hit: Hit, near: Iterable[Trace]) -> bool:
    """Whether some stretch of seconds around the hit holds too many different links."""
    clicks = sorted({(one.at, one.place) for one in (*near, hit.trace) if one.kind == "click"})
    enough = min(MANY, hit.of) if hit.of > 1 else MANY
    for begin, _ in clicks:
        if begin <= hit.at <= begin + BURST:
            places = {place for at, place in clicks if begin <= at <= begin + BURST}
            if len(places) >= enough:
                return True
    return False
