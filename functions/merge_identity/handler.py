"""SQS trigger of merge_identity: a batch in, the records to deliver again out."""

import os
from functools import cache
from typing import Any

from functions.merge_identity.settings import Settings
from functions.merge_identity.usecase import MergeIdentity
from shared.aws import session
from shared.aws.event_applier import event_applier
from shared.aws.queues import Queue
from shared.domain.identity.applying import ApplyEvents
from shared.runtime.batch import BatchResponse, failures
from shared.runtime.observability import ApplyingLog, count, flush, logger, metrics
from shared.runtime.settings import load

_log = logger("merge_identity")
_metrics = metrics("merge_identity")


@cache
def _wiring() -> tuple[ApplyEvents, Queue]:
    settings = load(Settings, os.environ)
    people = event_applier(
        profiles_table=settings.profiles_table,
        catalog_table=settings.catalog_table,
        identity_secret_arn=settings.identity_secret_arn,
        report=ApplyingLog(_log),
    )
    return people, Queue(session.client("sqs"), settings.dead_letter_queue_url)


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Apply a batch of messages of the events queue; answers with those that must come again."""
    outcome = MergeIdentity(*_wiring(), _log).apply(event["Records"])
    for name, value in outcome.counts.items():
        count(_metrics, name, value)
    flush(_metrics)
    return failures(sorted(outcome.failed))
