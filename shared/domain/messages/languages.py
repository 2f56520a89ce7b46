"""Which of the languages of a template somebody reads: the closest by BCP 47, else the default.

`zh-Hant-HK` finds `zh-Hant-HK`, else `zh-Hant`, else `zh` (the lookup of RFC 4647). Chinese of a
place is written in one of two scripts, so `zh-TW` finds `zh-Hant`, and `zh-Hant-HK` finds `zh-HK`;
a language without a place finds the first variant of it that there is.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

TRAITS: Final = ("language", "locale")
"""The traits that say what somebody reads; the first one that is there holds."""

_SCRIPTS: Final = {
    "cn": "hans",
    "sg": "hans",
    "my": "hans",
    "tw": "hant",
    "hk": "hant",
    "mo": "hant",
}


def wanted_by(traits: Mapping[str, Any]) -> str:
    """The tag of what somebody reads; empty when it is not known."""
    found = (traits.get(name) for name in TRAITS)
    return next((one for one in found if isinstance(one, str) and one.strip()), "")


def pick(available: Iterable[str], wanted: str) -> str | None:
    """The closest of the tags; None when none of them is of that language."""
    known = {_normal(tag): tag for tag in available}
    asked = _normal(wanted)
    for tag in _lookups(asked):
        if tag in known:
            return known[tag]
    if "-" not in asked:
        return next((tag for one, tag in known.items() if one.split("-")[0] == asked), None)
    return None


def _lookups(tag: str) -> Iterator[str]:
    """The tag, then ever shorter ones; of Chinese also by script alone and by place alone."""
    language, *rest = tag.split("-")
    yield tag
    if language == "zh" and rest:
        place = rest[-1]
        script = rest[0] if len(rest[0]) == 4 else _SCRIPTS.get(place)
        if len(place) == 2:
            yield f"zh-{place}"
        if script:
            yield f"zh-{script}"
            # Where a place is told apart instead of the script: that of most of its readers.
            yield "zh-cn" if script == "hans" else "zh-tw"
        yield "zh"
        return
    while rest:
        rest.pop()
        if rest and len(rest[-1]) == 1:  # a tag never ends with what begins an extension
            rest.pop()
        yield "-".join((language, *rest))


def _normal(tag: str) -> str:
    """As tags are compared: small letters, a locale's encoding left out."""
    return tag.strip().split(".")[0].split("@")[0].replace("_", "-").lower()
