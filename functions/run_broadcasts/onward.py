"""Says what comes next in a broadcast; the machine does it and comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, assert_never

from shared.aws.broadcast_files import BroadcastFiles
from shared.aws.broadcast_machine import BroadcastMachine
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.domain.broadcasts.model import KEPT, Broadcast
from shared.domain.broadcasts.pacing import (
    MOST_LOOKS,
    Decide,
    Finish,
    Gather,
    Onward,
    Round,
    Wait,
    onward,
)
from shared.domain.instants import format_instant

Answer = dict[str, Any]

# How long nobody looks whether people are still being restored, which takes hours.
RESTORING_PAUSE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class GoOn:
    """Decides for one execution at a time; may be asked any number of times."""

    store: BroadcastStore
    parts: BroadcastParts
    files: BroadcastFiles
    machine: BroadcastMachine
    catalog: CatalogReader
    now: Callable[[], datetime]

    def next(self, workspace_id: str, broadcast_id: str, run: int) -> Answer:
        """What this execution does next; `stop` when another one, or nobody, goes on."""
        one = self.store.look(workspace_id, broadcast_id, run)
        if one is None:
            return self._answer("stop")
        if reason := self._hindrance(workspace_id, one):
            self.store.stop(workspace_id, broadcast_id, "paused", reason, run)
            return self._answer("stop")
        if one.looks > MOST_LOOKS:
            # It takes over as soon as it looks for itself; until then this one may be asked again.
            self.machine.start(workspace_id, broadcast_id, run + 1)
            return self._answer("stop")
        if self.catalog.settings(workspace_id).restoring:
            return self._answer("wait", at=self.now() + RESTORING_PAUSE)
        parts = self.parts.all(workspace_id, broadcast_id)
        return self._do(workspace_id, one, onward(one, parts, self.now()))

    def failed(self, workspace_id: str, broadcast_id: str, run: int, error: str) -> Answer:
        """Let an operator see why it does not go on, and resume it once the cause is gone."""
        reason = f"it failed: {error}"
        self.store.stop(workspace_id, broadcast_id, "paused", reason, run)
        return self._answer("stop")

    def _hindrance(self, workspace_id: str, one: Broadcast) -> str:
        status = self.catalog.journey_status(workspace_id, one.journey_id)
        if status != "published":
            return f"the journey is {status}"
        if one.starts_at + KEPT < self.now():
            return f"it took longer than {KEPT.days} days, which is as long as its files are kept"
        return ""

    def _do(self, workspace_id: str, one: Broadcast, step: Onward) -> Answer:
        match step:
            case Gather():
                return self._answer("gather")
            case Wait(until=until):
                return self._answer("wait", at=until)
            case Round(slices=slices):
                name = f"{one.run}-{one.looks}"
                file = self.files.write_round(workspace_id, one.broadcast_id, name, slices)
                return {**self._answer("ask"), "bucket": file.bucket, "key": file.key}
            case Decide():
                return self._answer("decide")
            case Finish():
                self.store.finish(workspace_id, one.broadcast_id, one.run, self.now())
                return self._answer("stop")
            case _:
                assert_never(step)

    def _answer(self, do: str, at: datetime | None = None) -> Answer:
        """What the machine goes on with; it finds every field in every answer."""
        return {"do": do, "at": format_instant(at or self.now()), "bucket": "", "key": ""}
