"""Who may send events, and which addresses may not be written to."""

from typing import Final

from pydantic import TypeAdapter

from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from shared.aws.write_key_desk import PREFIX_DIGITS, KeyCard
from shared.domain.instants import format_instant
from shared.domain.messages.addresses import canonical, is_valid
from shared.domain.messages.model import Channel
from shared.domain.workspace import answers
from shared.domain.workspace.bodies import NewWriteKey, Suppression
from shared.errors import InvalidInputError

SHORTEST_PREFIX: Final = 8

_NEW_WRITE_KEY: Final[TypeAdapter[NewWriteKey]] = TypeAdapter(NewWriteKey)
_SUPPRESSION: Final[TypeAdapter[Suppression]] = TypeAdapter(Suppression)
_CHANNEL: Final[TypeAdapter[Channel]] = TypeAdapter(Channel)


def create_write_key(ports: Ports, call: Call) -> answers.WriteKeyCreated:
    """Make a write key; this answer is the only place where it can ever be read."""
    wanted = parse(_NEW_WRITE_KEY, call.body)
    write_key = f"wk_{ports.new_secret()}"
    card = ports.write_keys.add(
        ports.workspace_id, write_key, wanted.source_id, format_instant(ports.now()), wanted.kind
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


def disable_write_key(ports: Ports, call: Call) -> answers.WriteKeyDisabled:
    """Disable a write key for good."""
    prefix = call.path["digest_prefix"].lower()
    if not SHORTEST_PREFIX <= len(prefix) <= 64 or not set(prefix) <= set("0123456789abcdef"):
        raise InvalidInputError(
            f"a write key is named by the first {SHORTEST_PREFIX} or more hex digits of its hash",
            where="digest_prefix",
        )
    card = ports.write_keys.find(ports.workspace_id, prefix)
    if card.disabled:
        return {"success": True, "outcome": "unchanged", "write_key": _summary(card)}
    disabled = ports.write_keys.disable(ports.workspace_id, card)
    return {"success": True, "outcome": "updated", "write_key": _summary(disabled)}


def put_suppression(ports: Ports, call: Call) -> answers.SuppressionAnswer:
    """Never write to this address again."""
    channel, address = _address(call)
    reason = parse(_SUPPRESSION, call.body).reason
    before = ports.people.suppression(ports.workspace_id, channel, address)
    if before is None or before["reason"] != reason:
        at = ports.now()
        ports.people.suppress(ports.workspace_id, channel, address, reason=reason, at=at)
        outcome: answers.Outcome = "updated" if before else "created"
    else:
        outcome = "unchanged"
    return _suppression(outcome, channel, address, suppressed=True)


def delete_suppression(ports: Ports, call: Call) -> answers.SuppressionAnswer:
    """Allow messages to this address again."""
    channel, address = _address(call)
    if ports.people.suppression(ports.workspace_id, channel, address) is None:
        return _suppression("unchanged", channel, address, suppressed=False)
    ports.people.allow(ports.workspace_id, channel, address)
    return _suppression("updated", channel, address, suppressed=False)


def _address(call: Call) -> tuple[Channel, str]:
    channel = parse(_CHANNEL, call.path["channel"])
    address = canonical(channel, call.path["address"])
    if not is_valid(channel, address):
        raise InvalidInputError(
            "this is no address of the channel; numbers begin with + and the country code",
            where="address",
        )
    return channel, address


def _suppression(
    outcome: answers.Outcome, channel: str, address: str, *, suppressed: bool
) -> answers.SuppressionAnswer:
    return {
        "success": True,
        "outcome": outcome,
        "channel": channel,
        "address": address,
        "suppressed": suppressed,
    }


def _summary(card: KeyCard) -> answers.WriteKeySummary:
    return {
        "digest_prefix": card.digest[:PREFIX_DIGITS],
        "source_id": card.source_id,
        "kind": card.kind,
        "created_at": card.created_at,
        "disabled": card.disabled,
    }
