"""SQS trigger of backtest_journey: one go of one backtest for each message."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Protocol

from functions.backtest_journey.settings import Settings
from functions.backtest_journey.usecase import BacktestJourney
from shared.aws.archives import Archives
from shared.aws.athena import Athena
from shared.aws.backtest_store import BacktestStore
from shared.aws.catalog import CatalogReader
from shared.aws.query_results import QueryResults
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("backtest_journey")


class Context(Protocol):
    """What Lambda says of this call."""

    def get_remaining_time_in_millis(self) -> int:
        """How long the call may still take."""


@cache
def _wiring() -> BacktestJourney:
    settings = load(Settings, os.environ)
    dynamodb, s3 = client("dynamodb"), client("s3")
    return BacktestJourney(
        backtests=BacktestStore(dynamodb, settings.catalog_table, s3, settings.archive_bucket),
        catalog=CatalogReader(dynamodb, settings.catalog_table, ttl_seconds=0),
        athena=Athena(client("athena"), settings.lake_workgroup),
        results=QueryResults(s3),
        archives=Archives(s3, settings.archive_bucket),
        queue=Queue(client("sqs"), settings.backtest_queue_url),
        now=lambda: datetime.now(UTC),
    )


@log.inject_lambda_context
def handle(event: dict[str, Any], context: Context) -> BatchResponse:
    """Go on with the backtests of a batch."""
    left = partial(_seconds_left, context)
    return each_message(event, partial(_carry_out, left), log)


def _seconds_left(context: Context) -> float:
    return context.get_remaining_time_in_millis() / 1_000


def _carry_out(seconds_left: Callable[[], float], record: dict[str, Any]) -> None:
    work = json.loads(record["body"])
    done = _wiring().carry_out(work["workspace_id"], work["backtest_id"], seconds_left)
    log.info("backtest", extra={"backtest_id": done.backtest_id, "status": done.status})
