"""Reads what an event says about who did it."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from shared.domain.events.model import Event
from shared.domain.events.own import OWN_SOURCE
from shared.domain.identity.graph import SELF_TOLD, Identifier, Proof
from shared.domain.identity.resolution import Claim, Unusable
from shared.domain.identity.rulebook import Rulebook

MAX_EXTERNAL_IDS: Final = 20

# Of two links that contradict each other the earlier counts, and when an event happened is its
# client's word: whoever has a public key could claim yesteryear and take somebody's identifiers.
BACKDATED: Final = timedelta(days=1)
_CONTACTS: Final = ("email", "phone")


def claim_of(event: Event, rulebook: Rulebook, proof: Proof = "none") -> Claim:
    """Read an event's identifiers, the strongest first; the claim has none when none is usable.

    Instants are cut to milliseconds, as they are stored, so that what is read back is equal. What
    clients say of themselves is evidence of at most `BACKDATED` before it came in. A user hash is
    proof only where the user id that it signs is the strongest identifier, an end of every link.
    """
    found: dict[Identifier, None] = {}
    unusable: dict[Unusable, None] = {}
    for kind, value in _named_in(event):
        named = rulebook.usable(kind, value)
        if isinstance(named, Identifier):
            found[named] = None
        else:
            unusable[named] = None
    identifiers = strongest_first(found, rulebook)
    signed = rulebook.usable("user_id", event.user_id)
    if proof == "hash" and identifiers[:1] != (signed,):
        proof = "none"
    at = event.occurred_at
    if proof in SELF_TOLD:
        at = max(at, event.received_at - BACKDATED)
    return Claim(
        message_id=event.message_id,
        source_id=event.source_id,
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        identifiers=identifiers,
        proof=proof,
        rule=event.type,
        unusable=tuple(unusable),
    )


def strongest_first(
    identifiers: Mapping[Identifier, object], rulebook: Rulebook
) -> tuple[Identifier, ...]:
    """Sort by priority; among identifiers of one kind the first that was named comes first."""
    if len(identifiers) == 1:
        return tuple(identifiers)
    standing = rulebook.standing
    return tuple(sorted(identifiers, key=lambda each: standing(each.kind).rank))


def _named_in(event: Event) -> Iterator[tuple[str, object]]:
    if event.user_id:
        yield "user_id", event.user_id
    if event.anonymous_id:
        yield "anonymous_id", event.anonymous_id
    # Nobody says whether a previous id was a device's or a user's. Read as a user's it could never
    # join two users, who are kept apart, so only the other reading says anything.
    if event.type == "alias" and event.previous_id and event.previous_id != event.user_id:
        yield "anonymous_id", event.previous_id
    context = event.context
    # What a journey wrote of somebody is no evidence of who they are: it may come from an entry
    # that anybody can send.
    if event.type == "identify" and event.source_id != OWN_SOURCE:
        yield from _contacts(event.traits)
    yield from _contacts(context.get("traits"))
    device = context.get("device")
    if isinstance(device, dict) and device.get("id") not in (None, ""):
        yield "device_id", device["id"]
    yield from _external(context.get("externalIds"))


def _contacts(traits: object) -> Iterator[tuple[str, object]]:
    if isinstance(traits, dict):
        for kind in _CONTACTS:
            if traits.get(kind) not in (None, ""):
                yield kind, traits[kind]


def _external(entries: object) -> Iterator[tuple[str, object]]:
    if isinstance(entries, list):
        for entry in entries[:MAX_EXTERNAL_IDS]:
            if isinstance(entry, dict) and isinstance(entry.get("type"), str):
                yield entry["type"], entry.get("id")
