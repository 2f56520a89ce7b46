"""Chance that can be told again: a number that follows from a salt and a person."""

from hashlib import sha256
from typing import Final

ALL: Final = 2**64
"""How many numbers there are."""


def draw(salt: str, profile_id: str) -> int:
    """A number below `ALL`, each as likely as any other; the same for the same salt and person."""
    parts = b"".join(part.encode() + b"\xff" for part in ("draw", salt, profile_id))
    return int.from_bytes(sha256(parts).digest()[:8])
