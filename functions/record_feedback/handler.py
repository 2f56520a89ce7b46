"""The queue of what came back: one piece in each record, and only the failed ones come back."""

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.record_feedback.pausing import Pausing
from functions.record_feedback.settings import Settings
from functions.record_feedback.usecase import RecordFeedback
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import FeedbackStore
from shared.aws.forwarding_bus import ForwardingBus
from shared.aws.identity_secret import IdentitySecret
from shared.aws.message_settling import MessageSettling
from shared.aws.notifications import SnsNotifications
from shared.aws.purse import Purse
from shared.aws.queues import EventQueue, Queue
from shared.aws.session import client
from shared.aws.suppressions import Suppressions
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

_METRICS: Final = {
    "delivered": "MessagesDelivered",
    "delayed": "MessagesDelayed",
    "bounced": "MessagesBounced",
    "rejected": "MessagesRejectedLater",
    "complained": "MessagesComplained",
    "click": "MessagesClicked",
    "open": "MessagesOpened",
    "reply": "MessagesReplied",
}

_log = logger("record_feedback")
_metrics = metrics("record_feedback")


@cache
def _record() -> RecordFeedback:
    settings = load(Settings, os.environ)
    dynamodb, people = client("dynamodb"), settings.profiles_table
    secret = IdentitySecret(partial(client, "secretsmanager"), settings.identity_secret_arn)
    suppressions = Suppressions(dynamodb, people, secret)
    feedback = FeedbackStore(dynamodb, people)
    writer = CatalogWriter(dynamodb, settings.catalog_table, _now)
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    outbound = Queue(client("sqs"), settings.outbound_queue_url)
    bus = ForwardingBus(client("events"), settings.bus_name, catalog, outbound)
    return RecordFeedback(
        feedback,
        MessageSettling(dynamodb, people),
        suppressions,
        ConsentReader(dynamodb, people),
        ConsentStore(dynamodb, people, suppressions),
        catalog,
        Pausing(
            feedback,
            writer,
            bus,
            partial(count, _metrics, "JourneysPaused", 1),
            Purse(dynamodb, people),
        ),
        EventQueue(client("sqs"), settings.events_queue_url),
        SnsNotifications([settings.topic_arn]),
        _now,
        lambda what: count(_metrics, _METRICS.get(what, "MachinesFetched"), 1),
    )


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Take in one batch."""
    response = each_message(event, lambda record: _record().take(record["body"]), _log)
    flush(_metrics)
    return response


def _now() -> datetime:
    return datetime.now(UTC)
