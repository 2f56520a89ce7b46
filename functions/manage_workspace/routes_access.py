"""Who may send events."""

from datetime import timedelta
from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws.write_key_desk import PREFIX_DIGITS, KeyCard
from shared.domain.instants import format_instant
from shared.domain.workspace import answers
from shared.domain.workspace.bodies import KeyLimits, NewWriteKey, Rotation
from shared.errors import InvalidInputError

SHORTEST_PREFIX: Final = 8

_NEW_WRITE_KEY: Final[TypeAdapter[NewWriteKey]] = TypeAdapter(NewWriteKey)
_LIMITS: Final[TypeAdapter[KeyLimits]] = TypeAdapter(KeyLimits)
_ROTATION: Final[TypeAdapter[Rotation]] = TypeAdapter(Rotation)


def create_write_key(ports: Ports, call: Call) -> answers.WriteKeyCreated:
    """Make a write key; this answer is the only place where it can ever be read."""
    wanted = parse(_NEW_WRITE_KEY, call.body)
    write_key = f"wk_{ports.new_secret()}"
    card = ports.write_keys.add(
        *(ports.workspace_id, write_key, wanted.source_id),
        *(format_instant(ports.now()), wanted.kind),
        events_per_minute=wanted.events_per_minute or 0,
        max_event_bytes=wanted.max_event_bytes or 0,
        witness=ports.witness,
    )
    return {
        "success": True,
        "write_key": write_key,
        "digest_prefix": card.digest[:PREFIX_DIGITS],
        "source_id": card.source_id,
        "kind": card.kind,
        "created_at": card.created_at,
    }


def list_write_keys(ports: Ports, call: Call) -> answers.WriteKeyList:  # noqa: ARG001
    """All write keys, without their secrets."""
    cards = ports.write_keys.all(ports.workspace_id)
    return {"success": True, "write_keys": [_summary(card) for card in cards]}


def rotate_write_key(ports: Ports, call: Call) -> answers.WriteKeyRotated:
    """Make the key that takes the place of another one; both work until the old one ends."""
    wanted = parse(_ROTATION, call.body)
    now = ports.now()
    write_key = f"wk_{ports.new_secret()}"
    card, old = ports.write_keys.rotate(
        ports.workspace_id,
        _named(ports, call),
        write_key,
        now=format_instant(now),
        retires_at=format_instant(now + timedelta(hours=wanted.old_key_hours)),
        witness=ports.witness,
    )
    return {
        "success": True,
        "write_key": write_key,
        "digest_prefix": card.digest[:PREFIX_DIGITS],
        "source_id": card.source_id,
        "old": _summary(old),
    }


def limit_write_key(ports: Ports, call: Call) -> answers.WriteKeyLimited:
    """Give a key in use other limits, so that a source that sends too much goes on with less."""
    wanted = parse(_LIMITS, call.body)
    card = _named(ports, call)
    limits = (wanted.events_per_minute or 0, wanted.max_event_bytes or 0)
    if limits == (card.events_per_minute, card.max_event_bytes):
        return {"success": True, "outcome": "unchanged", "write_key": _summary(card)}
    limited = ports.write_keys.limit(
        ports.workspace_id, card, *limits, now=format_instant(ports.now()), witness=ports.witness
    )
    return {"success": True, "outcome": "updated", "write_key": _summary(limited)}


def disable_write_key(ports: Ports, call: Call) -> answers.WriteKeyDisabled:
    """Disable a write key for good."""
    card = _named(ports, call)
    if card.disabled:
        return {"success": True, "outcome": "unchanged", "write_key": _summary(card)}
    disabled = ports.write_keys.disable(ports.workspace_id, card, ports.witness)
    return {"success": True, "outcome": "updated", "write_key": _summary(disabled)}


def _named(ports: Ports, call: Call) -> KeyCard:
    prefix = call.path["digest_prefix"].lower()
    if not SHORTEST_PREFIX <= len(prefix) <= 64 or not set(prefix) <= set("0123456789abcdef"):
        raise InvalidInputError(
            f"a write key is named by the first {SHORTEST_PREFIX} or more hex digits of its hash",
            where="digest_prefix",
        )
    return ports.write_keys.find(ports.workspace_id, prefix)


def _summary(card: KeyCard) -> answers.WriteKeySummary:
    return {
        "digest_prefix": card.digest[:PREFIX_DIGITS],
        "source_id": card.source_id,
        "kind": card.kind,
        "created_at": card.created_at,
        "disabled": card.disabled,
        "retires_at": card.retires_at or None,
        "events_per_minute": card.events_per_minute or None,
        "max_event_bytes": card.max_event_bytes or None,
    }
