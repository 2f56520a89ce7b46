"""What the routes of broadcasts work with."""

from dataclasses import dataclass

from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore


@dataclass(frozen=True, slots=True)
class Broadcasting:
    """Broadcasts, how far their batches are, and where they are begun and stopped."""

    store: BroadcastStore
    parts: BroadcastParts
    desk: BroadcastDesk
