"""Beginning broadcasts, and stopping and resuming them; every method may be repeated."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.aws.broadcast_machine import BroadcastMachine
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.domain.broadcasts.model import Broadcast
from shared.domain.broadcasts.waves import resumed
from shared.errors import ConflictError


@dataclass(frozen=True, slots=True)
class BroadcastDesk:
    """Where broadcasts are begun and stopped; every method raises TransientError."""

    store: BroadcastStore
    parts: BroadcastParts
    machine: BroadcastMachine
    now: Callable[[], datetime]

    def begin(self, workspace_id: str, wanted: Broadcast) -> tuple[Broadcast, bool]:
        """Begin a broadcast; one of this id that wants the same is begun once.

        Gives it, and whether it is new. Raises ConflictError for another one of this id.
        """
        known = self.store.add(workspace_id, wanted)
        if not known.same_wish(wanted):
            raise ConflictError(
                f"there is another broadcast {wanted.broadcast_id!r}", hint="choose another id"
            )
        if known.state == "running":
            self.machine.start(workspace_id, known.broadcast_id, known.run)
        return known, known is wanted

    def pause(self, workspace_id: str, broadcast_id: str) -> Broadcast:
        """Stop asking, within a batch too; raises NotFoundError, ConflictError for what is over."""
        paused = self.store.stop(workspace_id, broadcast_id, "paused")
        return paused or self._still(workspace_id, broadcast_id, "paused")

    def cancel(self, workspace_id: str, broadcast_id: str) -> Broadcast:
        """Stop for good; raises NotFoundError, ConflictError for what is done."""
        cancelled = self.store.stop(workspace_id, broadcast_id, "cancelled")
        return cancelled or self._still(workspace_id, broadcast_id, "cancelled")

    def resume(self, workspace_id: str, broadcast_id: str) -> Broadcast:
        """Go on after the last person who was asked; raises NotFoundError, ConflictError.

        One that runs already is seen to again: whoever resumed it may have died before its start.
        """
        known = self.store.load(workspace_id, broadcast_id)
        if known.state == "paused":
            parts = self.parts.all(workspace_id, broadcast_id)
            moved = resumed(known, parts, self.now())
            after = self.store.resume(workspace_id, broadcast_id, known.run, moved.waves)
            known = after or self.store.load(workspace_id, broadcast_id)
        if known.state != "running":
            raise ConflictError(f"the broadcast is {known.state}, it cannot go on")
        self.machine.start(workspace_id, broadcast_id, known.run)
        return known

    def _still(self, workspace_id: str, broadcast_id: str, wanted: str) -> Broadcast:
        known = self.store.load(workspace_id, broadcast_id)
        if known.state != wanted:
            raise ConflictError(f"the broadcast is {known.state}, it cannot be {wanted}")
        return known
