"""Message ids for events that come without one.

A minted id is a hash of what the event says, so that a retry of the same batch meets the same id
and nothing is counted twice; equal events in one batch are numbered, so that two clicks stay two.
An event without a timestamp says nothing that would tell its retry from its repetition: there the
arrival is part of the hash, and every request counts, as clients that send neither id nor time
expect.
"""

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from shared.domain.instants import format_instant

# These change from one attempt to the next, or say nothing about the event.
_VOLATILE: Final = frozenset({"sentAt", "sent_at", "receivedAt", "writeKey", "api_key"})
_to_text: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


class Mint:
    """Gives ids to the events of one batch."""

    def __init__(self, received_at: datetime) -> None:
        self._arrival = format_instant(received_at)
        self._seen: Counter[str] = Counter()

    def message_id(self, event: Mapping[str, Any], timestamp: datetime | None) -> str:
        """The id of an event as it was received; the same for the same event and ordinal."""
        said = {key: value for key, value in event.items() if key not in _VOLATILE}
        text = _to_text(said) if timestamp else self._arrival + _to_text(said)
        name = f"minted-{sha256(text.encode()).hexdigest()[:32]}"
        ordinal = self._seen[name]
        self._seen[name] += 1
        return f"{name}-{ordinal}" if ordinal else name
