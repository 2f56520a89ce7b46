"""Names that follow from facts, so that repeating the same work names the same thing."""

from hashlib import sha256
from typing import Final


def _digest(*parts: str) -> str:
    """32 hex digits; every part ends with a byte that no text contains."""
    return sha256(b"".join(part.encode() + b"\xff" for part in parts)).hexdigest()[:32]


SLOT_DIGITS: Final = 12
"""How much of an enrolment's id says in which journey it is."""


def enrolment_id(
    workspace_id: str, journey_id: str, profile_id: str, fact_id: str, key: str = ""
) -> str:
    """The enrolment that one entry fact starts; also the name of its execution.

    It begins with the slot, which all enrolments of a person in the journey have in common, or
    those with the same `key` of re-entry.
    """
    one = _digest("enrolment", workspace_id, journey_id, profile_id, fact_id)
    return slot_named(workspace_id, journey_id, key) + one[SLOT_DIGITS:]


def slot_named(workspace_id: str, journey_id: str, key: str = "") -> str:
    """Where the latest enrolment of a person in a journey lies, for each key of re-entry."""
    keyed = (key,) if key else ()
    return _digest("slot", workspace_id, journey_id, *keyed)[:SLOT_DIGITS]


def slot_of(enrolment_id: str) -> str:
    """The slot of an enrolment: a person has one for each journey, or key of its re-entry."""
    return enrolment_id[:SLOT_DIGITS]


def action_id(enrolment_id: str, step: str, visit: int) -> str:
    """What one visit of a step asks for beside messages."""
    return _digest("action", enrolment_id, step, str(visit))


def message_id(enrolment_id: str, step: str, visit: int) -> str:
    """The message that one visit of a send step asks for."""
    return _digest("message", enrolment_id, step, str(visit))
