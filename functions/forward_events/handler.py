"""The queue of parcels: each record is one parcel, and only the failed ones come back."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.forward_events.settings import Settings
from functions.forward_events.usecase import ForwardEvents
from shared.aws.catalog import CatalogReader
from shared.aws.outbox_targets import OutboxTargets
from shared.aws.person_reader import PersonReader
from shared.aws.provider_secrets import ProviderSecrets, webhook_secrets
from shared.aws.session import client
from shared.domain.outbound.parcels import Parcel
from shared.providers.webhook.calling import HttpsCaller
from shared.providers.webhook.sender import WebhookSender
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

_log = logger("forward_events")
_metrics = metrics("forward_events")


@cache
def _forward() -> ForwardEvents:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    secrets = ProviderSecrets(lambda: client("secretsmanager"), _now)
    return ForwardEvents(
        catalog,
        PersonReader(dynamodb, settings.profiles_table),
        OutboxTargets(client),
        WebhookSender(HttpsCaller(), webhook_secrets(catalog, secrets), _now),
        _now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Forward the parcels of one batch."""

    def handle_one(record: dict[str, Any]) -> None:
        count(_metrics, "EventsForwarded", _forward().forward(Parcel.from_body(record["body"])))

    response = each_message(event, handle_one, _log)
    flush(_metrics)
    return response
