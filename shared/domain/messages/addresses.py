"""Which addresses can be written to, and which of them can belong to nobody.

What they look like and where they come from is each channel's own (`domain.channels`).
"""

import re
from collections.abc import Mapping
from typing import Any

from shared.domain.channels.base import Form as Form
from shared.domain.channels.catalog import ADDRESSES
from shared.domain.messages.channels import Channel


def trait_of(channel: Channel) -> str | None:
    """Name of the trait that holds a profile's address on a channel; None: it takes none."""
    return ADDRESSES[channel].trait or None


def is_valid(channel: Channel, address: str) -> bool:
    """Say whether an address has the form that the channel's providers accept."""
    every, never = form_of(channel)
    return all(_finds(each, address) for each in every) and not any(
        _finds(each, address) for each in never
    )


def form_of(channel: Channel) -> Form:
    """What `is_valid` says, as patterns of RE2 that conditions can ask for."""
    return ADDRESSES[channel].form


def belongs_to_nobody(channel: Channel, address: str) -> bool:
    """Say whether a valid address is reserved, so that no person can ever receive at it."""
    known = canonical(channel, address)
    return any(_finds(each, known) for each in ADDRESSES[channel].nobodys)


def can_rehearse(channel: Channel, address: str, traits: Mapping[str, Any]) -> bool:
    """Say whether a message that goes there can reach no real person.

    What needs no address, such as an inbox, is for whoever has an address of nobody elsewhere, and
    none that could be somebody's.
    """
    if ADDRESSES[channel].source != "person":
        return belongs_to_nobody(channel, address)
    found = [belongs_to_nobody(each, value) for each, value in _addresses_among(traits)]
    return bool(found) and all(found)


def _addresses_among(traits: Mapping[str, Any]) -> list[tuple[Channel, str]]:
    """Every valid address among the traits of a person, with its channel."""
    return [
        (channel, value)
        for channel, known in ADDRESSES.items()
        if known.trait
        and isinstance(value := traits.get(known.trait), str)
        and is_valid(channel, value)
    ]


def canonical(channel: Channel, address: str) -> str:
    """Give the form under which an address is kept in the suppression list."""
    address = address.strip()
    return address.lower() if ADDRESSES[channel].folds_case else address


def _finds(pattern: str, text: str) -> bool:
    """Search by a pattern of RE2; its `\\z` is Python's `\\Z`."""
    return re.search(pattern.replace(r"\z", r"\Z"), text) is not None
