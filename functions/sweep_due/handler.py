"""Schedule trigger of sweep_due: sweeps every minute, and stops in time for the next minute."""

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.sweep_due.settings import Settings
from functions.sweep_due.usecase import DueQueue, SweepDue
from shared.aws.due_store import DueRows
from shared.aws.message_queues import MessageQueues
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.domain.due.batches import MAX_PEOPLE
from shared.domain.due.timing import DEFERRED, JUDGED, WOKEN, DueKind
from shared.errors import ConflictError
from shared.runtime.each import each
from shared.runtime.observability import count, flush, logger, longest, metrics
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# What one more round over all shards may take.
SPARE_MILLISECONDS: Final = 15_000

_log = logger("sweep_due")
_metrics = metrics("sweep_due")


# What is counted as due, by the index that it lies in.
_COUNTED: Final[dict[DueKind, str]] = {
    WOKEN: "EnrolmentsDue",
    JUDGED: "PeopleDue",
    DEFERRED: "MessagesDue",
}
# How many go in one message of a queue; a message that goes out takes its provider some seconds.
_TOGETHER: Final[dict[DueKind, int]] = {WOKEN: MAX_PEOPLE, JUDGED: MAX_PEOPLE, DEFERRED: 1}


@cache
def _wiring() -> tuple[dict[DueKind, SweepDue], tuple[str, ...]]:
    settings = load(Settings, os.environ)
    sqs = client("sqs")
    queues: dict[DueKind, DueQueue] = {
        WOKEN: Queue(sqs, settings.wakes_queue_url),
        JUDGED: Queue(sqs, settings.due_queue_url),
        DEFERRED: MessageQueues(
            Queue(sqs, settings.messages_queue_url), Queue(sqs, settings.broadcast_queue_url)
        ),
    }
    sweeps = {
        kind: SweepDue(
            DueRows(client("dynamodb"), settings.profiles_table, kind),
            queue,
            lambda: datetime.now(UTC),
            _TOGETHER[kind],
        )
        for kind, queue in queues.items()
    }
    return sweeps, tuple(settings.workspace_ids.split())


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> None:  # noqa: ANN401 (Lambda's own)
    """Sweep one index, `event["index"]`, of every workspace; raises TransientError.

    A workspace that cannot be swept holds up no other. Each index has a schedule of its own, so
    that a million in one of them delay nobody in the other.
    """
    sweeps, workspace_ids = _wiring()
    kind: DueKind = event["index"]

    is_over = partial(is_time_up, context, SPARE_MILLISECONDS)

    def sweep(workspace_id: str) -> None:
        try:
            swept = sweeps[kind].sweep(workspace_id, is_over)
        except ConflictError:
            _log.warning("somebody else sweeps at the same time")
            return
        count(_metrics, _COUNTED[kind], swept.names)
        longest(_metrics, "DueBehindSeconds", swept.behind_seconds)
        if not swept.is_done:
            _log.warning("time is up, the next sweep goes on")

    try:
        each(workspace_ids, sweep)
    finally:
        flush(_metrics)
