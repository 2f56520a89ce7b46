"""Sweeps the shards of the due index, page by page in turns, so that none waits for a full one.

Who comes due in the same second shares a message, whatever shards they lie in: the pages of a round
are sent together, or in a few parts where they are full.

A page is sent before its end is remembered. Whoever dies in between sends the same people again,
which comes to nothing; nobody is passed over. What a tick leaves, the next one finds, however many
were missed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from shared.aws.due_store import DueRows
from shared.domain.due.batches import MAX_PEOPLE, Due, batches, encode
from shared.domain.due.timing import LEAD

MOST_NAMES: Final = 1_000  # that are waited for before they are sent, beside those of one page


class DueQueue(Protocol):
    """What brings names to whoever attends to them."""

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send (body, seconds of delay); durable when it returns. Raises TransientError."""


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep came to: how many were sent, how late the latest, and whether none is left."""

    names: int
    behind_seconds: int
    is_done: bool


class SweepDue:
    """One sweep over all shards of a workspace."""

    def __init__(
        self,
        rows: DueRows,
        queue: DueQueue,
        now: Callable[[], datetime],
        together: int = MAX_PEOPLE,
    ) -> None:
        """Work over these; `now` gives the instant, `together` go in one message of the queue."""
        self._rows = rows
        self._queue = queue
        self._now = now
        self._together = together

    def sweep(self, workspace_id: str, is_time_up: Callable[[], bool]) -> Swept:
        """Send everybody who is due within `LEAD`, or as many as time allows.

        Raises ConflictError when somebody else sweeps at the same time, TransientError.
        """
        positions = self._rows.positions(workspace_id)
        unfinished = set(positions)
        names = behind = 0
        while unfinished and not is_time_up():
            moved: dict[int, str] = {}
            found: list[Due] = []
            for shard in sorted(unfinished):
                now = self._now()
                page = self._rows.page(workspace_id, shard, positions[shard], now + LEAD)
                if page.position != positions[shard]:  # also past rows that all have left
                    moved[shard] = page.position
                if page.due:
                    found += page.due
                    names += len(page.due)
                    behind = max(behind, int((now - page.due[0].due_at).total_seconds()))
                if page.is_last:
                    unfinished.discard(shard)
                if len(found) >= MOST_NAMES:
                    self._send(workspace_id, found)
                    found = []
            self._send(workspace_id, found)
            if moved:
                self._rows.advance(workspace_id, positions, moved)
                positions.update(moved)
        return Swept(names, behind, not unfinished)

    def _send(self, workspace_id: str, found: list[Due]) -> None:
        found = sorted(found, key=lambda each: each.due_at)
        due = batches(workspace_id, found, self._now(), self._together)
        self._queue.send_later((encode(batch), delay) for batch, delay in due)
