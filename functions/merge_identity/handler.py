"""SQS trigger of merge_identity: a batch in, the records to deliver again out."""

import os
from functools import cache
from typing import Any
from uuid import uuid4

from functions.merge_identity.settings import Settings
from functions.merge_identity.usecase import MergeIdentity
from shared.aws import session
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import Queue
from shared.runtime.batch import BatchResponse, failures
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

_log = logger("merge_identity")
_metrics = metrics("merge_identity")


@cache
def _wiring() -> tuple[ProfileStore, Queue]:
    settings = load(Settings, os.environ)
    return (
        ProfileStore(session.client("dynamodb"), settings.profiles_table),
        Queue(session.client("sqs"), settings.dead_letter_queue_url),
    )


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Apply a batch of messages of the events queue; answers with those that must come again."""
    batch = MergeIdentity(*_wiring(), lambda: uuid4().hex, _log)
    outcome = batch.apply(event["Records"])
    for name, value in outcome.counts.items():
        count(_metrics, name, value)
    flush(_metrics)
    return failures(sorted(outcome.failed))
