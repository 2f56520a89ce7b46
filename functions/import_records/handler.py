"""SQS trigger of import_records: one stretch of one import for each message."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from functions.import_records.settings import Settings
from functions.import_records.usecase import ImportRecords, Ports
from shared.aws.event_applier import event_applier
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

# Enough for the chunk at hand, with retries, and for asking for the next turn.
MARGIN_MS: Final = 60_000

log = logger("import_records")
sink = metrics("import_records")


class _Report:
    """What the log hears from applying events: never whose they are."""

    def failed(self, error: Exception) -> None:
        """Something will be tried again."""
        log.warning("events failed", extra={"error": type(error).__name__})

    def traits_refused(self, reasons: Sequence[str]) -> None:
        """Traits found no room."""
        log.warning("traits refused", extra={"reasons": list(reasons)})


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
            report=_Report(),
        ),
        queue=Queue(client("sqs"), settings.imports_queue_url),
        now=lambda: datetime.now(UTC),
        log=log,
    )


def handle(event: dict[str, Any], context: Any) -> BatchResponse:  # noqa: ANN401  Lambda's own
    """Take a turn at each import of a batch."""

    def has_time() -> bool:
        return bool(context.get_remaining_time_in_millis() > MARGIN_MS)

    response = each_message(event, lambda record: _take_turn(record, has_time), log)
    flush(sink)
    return response


def _take_turn(record: dict[str, Any], has_time: Callable[[], bool]) -> None:
    message = json.loads(record["body"])
    turn = ImportRecords(_ports())
    try:
        turn.run(message["workspace_id"], message["import_id"], has_time)
    finally:
        for name, value in turn.counts.items():
            count(sink, name, value)
