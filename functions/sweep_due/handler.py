"""Schedule trigger of sweep_due: sweeps every minute, and stops in time for the next minute."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from functions.sweep_due.settings import Settings
from functions.sweep_due.usecase import SweepDue
from shared.aws.due_store import DueRows
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.errors import ConflictError
from shared.runtime.observability import count, flush, logger, longest, metrics
from shared.runtime.settings import load

# What one more round over all shards may take.
SPARE_MILLISECONDS: Final = 15_000

_log = logger("sweep_due")
_metrics = metrics("sweep_due")


@cache
def _wiring() -> tuple[SweepDue, tuple[str, ...]]:
    settings = load(Settings, os.environ)
    sweep = SweepDue(
        DueRows(client("dynamodb"), settings.profiles_table),
        Queue(client("sqs"), settings.due_queue_url),
        lambda: datetime.now(UTC),
    )
    return sweep, tuple(settings.workspace_ids.split())


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> None:  # noqa: ANN401, ARG001 (Lambda's own)
    """Sweep every workspace; raises TransientError when AWS is out of reach."""
    sweep_due, workspace_ids = _wiring()

    def is_time_up() -> bool:
        return bool(context.get_remaining_time_in_millis() < SPARE_MILLISECONDS)

    try:
        for workspace_id in workspace_ids:
            swept = sweep_due.sweep(workspace_id, is_time_up)
            count(_metrics, "PeopleDue", swept.people)
            longest(_metrics, "DueBehindSeconds", swept.behind_seconds)
            if not swept.is_done:
                _log.warning("time is up, the next sweep goes on", extra={"people": swept.people})
    except ConflictError:
        _log.warning("somebody else sweeps at the same time")
    finally:
        flush(_metrics)
