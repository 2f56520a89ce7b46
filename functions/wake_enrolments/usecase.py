"""Ends the waits of one batch, then hands over all messages that this led to, in few calls.

Whoever fails stops nobody. The batch comes again then, and comes to nothing for all others.
"""

from typing import Protocol

from aws_lambda_powertools import Logger

from shared.domain.due.batches import Batch
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.wakes import wake_named


class Folded(Protocol):
    """What keeps messages until they are handed over together."""

    def flush(self) -> None:
        """Hand them over; raises TransientError."""


class WakeEnrolments:
    """One batch of wakes after another; each may come again."""

    def __init__(self, progress: Progress, outbox: Folded, log: Logger) -> None:
        """Work over these; `progress` sends its messages to `outbox`."""
        self._progress = progress
        self._outbox = outbox
        self._log = log

    def wake(self, batch: Batch) -> None:
        """Wake everybody of a batch; raises the first error when all have been tried."""
        failures: list[Exception] = []
        for name in batch.names:
            try:
                self._wake(batch, name)
            except Exception as error:
                self._log.exception("enrolment failed")
                failures.append(error)
        self._outbox.flush()
        if failures:
            raise failures[0]

    def _wake(self, batch: Batch, name: str) -> None:
        # The clock of whoever sent the batch may be ahead of this one.
        at = max(self._progress.now(), batch.due_at)
        self._progress.wake(wake_named(batch.workspace_id, name), at)
