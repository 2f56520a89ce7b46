"""Identifiers and claims in few words."""

from datetime import UTC, datetime, timedelta
from itertools import count

from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Claim

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
_numbers = count(1)


def user(value):
    return Identifier("user_id", value)


def email(value):
    return Identifier("email", value)


def device(value):
    return Identifier("device_id", value)


def anonymous(value):
    return Identifier("anonymous_id", value)


def claim(*identifiers, proof="none", minutes=None):
    """A claim of its own message; each is a minute later than the one before."""
    number = next(_numbers)
    minutes = number if minutes is None else minutes
    return Claim(
        message_id=f"m{number:06}",
        source_id="web",
        at=NOON + timedelta(minutes=minutes),
        identifiers=identifiers,
        proof=proof,
    )
