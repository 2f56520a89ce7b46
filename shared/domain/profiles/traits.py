"""Merges claimed traits into a profile: the last write wins, whatever the order of arrival."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from shared.domain.instants import format_instant, parse_instant
from shared.domain.profiles.model import Trait
from shared.domain.text import to_text

MAX_TRAITS: Final = 500
MAX_TRAITS_BYTES: Final = 100_000  # of `to_json` as text; a quarter of what an item may hold

Refusal = Literal["too_many_traits", "traits_too_large"]


@dataclass(frozen=True, slots=True)
class MergedTraits:
    """The traits after a merge, and those that found no room, each with the reason.

    Which trait finds no room depends on what was there before it, so at the limits, and only
    there, the order of arrival matters.
    """

    traits: Mapping[str, Trait]
    refused: Mapping[str, Refusal]


def later(one: Trait, other: Trait) -> Trait:
    """The one of two claims that holds: the later; then by source, then by the value's text."""
    return max(one, other, key=_rank)


def merge_traits(known: Mapping[str, Trait], claimed: Mapping[str, Trait]) -> MergedTraits:
    """Lay claims over what is known; a known trait is kept where its new value finds no room."""
    merged = dict(known)
    refused: dict[str, Refusal] = {}
    filled = 1 + sum(_size(name, trait) for name, trait in known.items())
    for name, claim in claimed.items():
        before = merged.get(name)
        if before is not None and later(before, claim) is before:
            continue
        growth = _size(name, claim) - (_size(name, before) if before else 0)
        if before is None and len(merged) >= MAX_TRAITS:
            refused[name] = "too_many_traits"
        elif filled + growth > MAX_TRAITS_BYTES:
            refused[name] = "traits_too_large"
        else:
            merged[name] = claim
            filled += growth
    return MergedTraits(merged, refused)


def to_json(traits: Mapping[str, Trait]) -> dict[str, Any]:
    """Give plain JSON data: name → value, at, source_id."""
    return {
        name: {
            "value": trait.value,
            "at": format_instant(trait.at),
            "source_id": trait.source_id,
        }
        for name, trait in traits.items()
    }


def from_json(data: Mapping[str, Any]) -> dict[str, Trait]:
    """Read what `to_json` wrote."""
    return {
        name: Trait(claim["value"], parse_instant(claim["at"]), claim["source_id"])
        for name, claim in data.items()
    }


def _rank(trait: Trait) -> tuple[str, str, str]:
    # As text, because a stored instant has lost its microseconds and the claim in hand has not.
    return (format_instant(trait.at), trait.source_id, to_text(trait.value))


def _size(name: str, trait: Trait) -> int:
    """Bytes that one trait takes in the text of all of them, its comma included."""
    return len(to_text(to_json({name: trait})).encode()) - 1
