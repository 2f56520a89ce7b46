"""SQS trigger of import_records: one stretch of one import for each message."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.import_records.settings import Settings
from functions.import_records.usecase import ImportRecords, Ports
from shared.aws.event_applier import event_applier
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import ApplyingLog, count, flush, logger, metrics
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# Enough for the chunk at hand, with retries, and for asking for the next turn.
SPARE_MILLISECONDS: Final = 60_000

log = logger("import_records")
sink = metrics("import_records")


@cache
def _ports() -> Ports:
    settings = load(Settings, os.environ)
    return Ports(
        jobs=ImportStore(client("dynamodb"), settings.profiles_table),
        files=ImportFiles(client("s3"), settings.imports_bucket),
        applier=event_applier(
            profiles_table=settings.profiles_table,
            catalog_table=settings.catalog_table,
            identity_secret_arn=settings.identity_secret_arn,
            report=ApplyingLog(log),
        ),
        queue=Queue(client("sqs"), settings.imports_queue_url),
        now=lambda: datetime.now(UTC),
        log=log,
    )


def handle(event: dict[str, Any], context: Any) -> BatchResponse:  # noqa: ANN401  Lambda's own
    """Take a turn at each import of a batch."""

    is_over = partial(is_time_up, context, SPARE_MILLISECONDS)
    response = each_message(event, partial(_take_turn, is_over), log)
    flush(sink)
    return response


def _take_turn(is_over: Callable[[], bool], record: dict[str, Any]) -> None:
    message = json.loads(record["body"])
    turn = ImportRecords(_ports())
    try:
        turn.run(message["workspace_id"], message["import_id"], is_over)
    finally:
        for name, value in turn.counts.items():
            count(sink, name, value)
