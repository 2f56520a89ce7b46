"""What the answer of a customer's server means."""

from typing import Final

from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear

PROVIDER: Final = "webhook"
# The server asks to come again, or something before it does.
LATER: Final = frozenset({408, 425, 429})


def read(status: int) -> Answer:
    """The answer to a message."""
    if 200 <= status < 300:
        return Accepted(PROVIDER, "")
    if status in LATER:
        return NotTaken(PROVIDER, f"HTTP {status}")
    if status >= 500:
        return Unclear(PROVIDER, f"HTTP {status}")
    return Rejected(PROVIDER, f"HTTP {status}")
