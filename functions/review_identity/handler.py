"""SQS trigger of review_identity: carries a review on, and puts it back when time is short."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.review_identity.settings import Settings
from functions.review_identity.usecase import ReviewIdentity
from shared.aws.identity_judge import identity_judge
from shared.aws.queues import Queue
from shared.aws.review_store import EverybodyReader, ReviewStore
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# What one more page may take, and a little more.
SPARE_MILLISECONDS: Final = 120_000

log = logger("review_identity")


@cache
def _wiring() -> tuple[ReviewIdentity, Queue]:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    review = ReviewIdentity(
        ReviewStore(dynamodb, settings.catalog_table),
        EverybodyReader(dynamodb, settings.profiles_table),
        identity_judge(
            profiles_table=settings.profiles_table,
            catalog_table=settings.catalog_table,
            identity_secret_arn=settings.identity_secret_arn,
        ),
        lambda: datetime.now(UTC),
    )
    return review, Queue(client("sqs"), settings.queue_url)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> BatchResponse:  # noqa: ANN401 (Lambda's own)
    """Carry on the reviews of a batch."""
    is_over = partial(is_time_up, context, SPARE_MILLISECONDS)
    return each_message(event, partial(_carry_on, is_over), log)


def _carry_on(is_over: Callable[[], bool], record: dict[str, Any]) -> None:
    review_identity, queue = _wiring()
    work = json.loads(record["body"])
    review = review_identity.carry_on(work["workspace_id"], work["review_id"], is_over)
    log.info("review", extra={"review_id": review.review_id, "stage": review.stage})
    if not review.is_done:
        queue.send_json(work)
