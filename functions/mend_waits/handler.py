"""Schedule trigger of mend_waits: a stretch of the walk, and one shard of the wakes."""

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.mend_waits.settings import Settings
from functions.mend_waits.usecase import MendWaits, Ports
from shared.aws.damage_scan import DamageScan
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.message_queues import MessageQueues
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.domain.due.timing import WOKEN
from shared.runtime.each import each
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# What one more page may take.
SPARE_MILLISECONDS: Final = 20_000

_log = logger("mend_waits")
_metrics = metrics("mend_waits")


@cache
def _ports() -> Ports:
    settings = load(Settings, os.environ)
    dynamodb, people = client("dynamodb"), settings.profiles_table
    wakes = Queue(client("sqs"), settings.wakes_queue_url)
    return Ports(
        scan=DamageScan(dynamodb, people, settings.catalog_table),
        due=Queue(client("sqs"), settings.due_queue_url),
        wakes=wakes,
        messages=MessageQueues.open(settings.messages_queue_url, settings.broadcast_queue_url),
        wake_rows=DueRows(dynamodb, people, WOKEN),
        wake_index=DueIndex(dynamodb, people, WOKEN, wakes),
        enrolments=EnrolmentStore(dynamodb, people),
        people=PersonReader(dynamodb, people),
        now=lambda: datetime.now(UTC),
    )


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, int]:  # noqa: ANN401, ARG001
    """Take one stretch of the walk; gives what was found. Raises TransientError."""

    is_over = partial(is_time_up, context, SPARE_MILLISECONDS)
    run = MendWaits(_ports())

    def mend(workspace_id: str) -> None:
        run.run(workspace_id, is_over)
        run.clear(workspace_id, int(_ports().now().timestamp()) // 3600, is_over)

    try:
        each(load(Settings, os.environ).workspace_ids.split(), mend)
    finally:
        for name, value in run.counts.items():
            count(_metrics, name, value)
        count(_metrics, "StoodStill", sum(run.counts.values()) - run.counts["WakesWithoutWait"])
        flush(_metrics)
    return dict(run.counts)
