"""Ends the waits of one batch, then hands over all messages that this led to, in few calls.

Whoever fails stops nobody. The batch comes again then, and comes to nothing for all others.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from aws_lambda_powertools import Logger

from shared.domain.due.batches import Batch
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.wakes import Wake, wake_named
from shared.domain.journeys.waking import Waking
from shared.errors import InvalidInputError


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

        def failed(error: Exception) -> None:
            self._log.error("enrolment failed", exc_info=error)
            failures.append(error)

        # The clock of whoever sent the batch may be ahead of this one.
        at = max(self._progress.now(), batch.due_at)
        try:
            Waking(self._progress, failed).wake(list(_wakes(batch, failed)), at)
        finally:
            self._outbox.flush()
        if failures:
            raise failures[0]


def _wakes(batch: Batch, failed: Callable[[Exception], None]) -> Iterator[Wake]:
    for name in batch.names:
        try:
            yield wake_named(batch.workspace_id, name)
        except InvalidInputError as error:
            failed(error)
