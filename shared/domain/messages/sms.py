"""How many segments a text message takes, which is what it costs.

3GPP TS 23.038: a text whose characters are all in the GSM 7-bit alphabet has 160 units in one
segment or 153 in each of several; any other is UCS-2 with 70 or 67. A character of the extension
table takes two 7-bit units, one outside the basic plane two UCS-2 units, and neither is split
between segments.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION: Final = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True)
class SmsLength:
    """Encoding, length in its units, and number of segments."""

    encoding: Literal["gsm7", "ucs2"]
    units: int
    segments: int


def measure(text: str) -> SmsLength:
    """Measure a text as it will be sent; an empty one takes one segment too."""
    if _BASIC.union(_EXTENSION).issuperset(text):
        widths = [2 if character in _EXTENSION else 1 for character in text]
        return SmsLength("gsm7", sum(widths), _segments(widths, single=160, joined=153))
    widths = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return SmsLength("ucs2", sum(widths), _segments(widths, single=70, joined=67))


def _segments(widths: Iterable[int], *, single: int, joined: int) -> int:
    widths = list(widths)
    if sum(widths) <= single:
        return 1
    segments, used = 1, 0
    for width in widths:
        if used + width > joined:
            segments, used = segments + 1, 0
        used += width
    return segments
