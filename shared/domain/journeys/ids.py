"""Names that follow from facts, so that repeating the same work names the same thing."""

from hashlib import sha256


def _digest(*parts: str) -> str:
    """32 hex digits; every part ends with a byte that no text contains."""
    return sha256(b"".join(part.encode() + b"\xff" for part in parts)).hexdigest()[:32]


def enrolment_id(workspace_id: str, journey_id: str, profile_id: str, fact_id: str) -> str:
    """The enrolment that one entry fact starts; also the name of its execution."""
    return _digest("enrolment", workspace_id, journey_id, profile_id, fact_id)


def action_id(enrolment_id: str, step: str, visit: int) -> str:
    """What one visit of a step asks for beside messages."""
    return _digest("action", enrolment_id, step, str(visit))


def message_id(enrolment_id: str, step: str, visit: int) -> str:
    """The message that one visit of a send step asks for."""
    return _digest("message", enrolment_id, step, str(visit))
