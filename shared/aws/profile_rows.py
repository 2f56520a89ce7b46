"""The shapes of a person's rows that merge_identity owns, written and read in one place."""

import json
from collections.abc import Mapping
from typing import Final

from shared.aws import keys
from shared.aws.items import Item, from_item, to_item, to_text
from shared.domain.events.model import Event
from shared.domain.events.own import LASTING
from shared.domain.events.packing import encode
from shared.domain.instants import parse_instant
from shared.domain.profiles import traits as trait_texts
from shared.domain.profiles.model import Profile, Trait

EVENT_KEPT_SECONDS: Final = 400 * 86_400
REPETITION_SECONDS: Final = 30 * 86_400  # an old event stays for as long as it may come again


def event_key(profile_id: str, event: Event) -> keys.Key:
    """Where an event lies: the same for every delivery of the same event."""
    return keys.Key(
        keys.person(event.workspace_id, profile_id), keys.event(event.timestamp, event.message_id)
    )


def event_item(profile_id: str, event: Event) -> Item:
    """The timeline row of an event; what holds until another word comes stays with the person."""
    expires_at = max(
        int(event.occurred_at.timestamp()) + EVENT_KEPT_SECONDS,
        int(event.received_at.timestamp()) + REPETITION_SECONDS,
    )
    return to_item(
        {
            **event_key(profile_id, event)._asdict(),
            "name": event.name,
            "type": event.type,
            "occurred_at": event.occurred_at,
            "received_at": event.received_at,
            "source_id": event.source_id,
            "body": encode(event),
            "expires_at": None if event.name in LASTING else expires_at,
        }
    )


def event_of(item: Item) -> Event:
    """Read a timeline row."""
    return Event.from_json(json.loads(item["body"]["S"]))


def profile_of(workspace_id: str, item: Item) -> Profile:
    """Read a PROFILE row."""
    row = from_item(item)
    return Profile(
        workspace_id=workspace_id,
        profile_id=row["profile_id"],
        created_at=parse_instant(row["created_at"]),
        version=row["version"],
        traits=trait_texts.from_json(json.loads(row["traits"])),
        user_id=row.get("user_id"),
    )


def traits_text(traits: Mapping[str, Trait]) -> str:
    """All traits as the one JSON text in which the PROFILE row holds them."""
    return to_text(trait_texts.to_json(traits))
