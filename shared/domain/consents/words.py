"""Words with which people stop messages, or take that back; the whole reply must be one of them."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

# 退订/TD/T/R are what Chinese text messages offer (回T退订, 拒收请回复R); the rest is the
# list of the FCC and the CTIA.
STOP_WORDS: Final = frozenset(
    {
        *("退订", "退", "取消", "取消订阅", "拒收", "停止", "td", "t", "r"),
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "opt out"),
    }
)
START_WORDS: Final = frozenset({"恢复", "start", "unstop"})

Meaning = Literal["stop", "start"]

_EDGES: Final = re.compile(r"^[\s\W_]+|[\s\W_]+$")
_SPACES: Final = re.compile(r"\s+")


def opt_out(text: str, more: Iterable[str] = ()) -> bool:
    """Say whether a reply refuses further messages; `more` are the workspace's own words."""
    reply = folded(text)
    return reply in STOP_WORDS or reply in {folded(word) for word in more}


def reply_means(text: str, more: Iterable[str] = ()) -> Meaning | None:
    """What a reply says about further messages, None when it says nothing."""
    if opt_out(text, more):
        return "stop"
    return "start" if folded(text) in START_WORDS else None


def folded(text: str) -> str:
    """A reply without what people type by the way: width, case, spaces, marks at both ends."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _SPACES.sub(" ", _EDGES.sub("", plain))
