"""The actions queue: one action in each record, and only the failed ones come back."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from functions.perform_action.settings import Settings
from functions.perform_action.usecase import PerformAction
from shared.aws.catalog import CatalogReader
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.provider_secrets import ProviderSecrets, webhook_secrets
from shared.aws.queues import EventQueue
from shared.aws.session import client
from shared.aws.task_store import TaskStore
from shared.domain.journeys.actions import ActionRequest
from shared.errors import TransientError
from shared.providers.webhook.calling import HttpsCaller
from shared.providers.webhook.sender import WebhookSender
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# An action that is begun should be concluded: a server may take ten seconds, the tables a few.
ENOUGH_MILLISECONDS: Final = 20_000

_log = logger("perform_action")


@cache
def _perform() -> PerformAction:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    secrets = ProviderSecrets(lambda: client("secretsmanager"), _now)
    return PerformAction(
        PersonReader(dynamodb, settings.profiles_table),
        catalog,
        TaskStore(dynamodb, settings.profiles_table),
        ProfileStore(dynamodb, settings.profiles_table),
        EventQueue(client("sqs"), settings.events_queue_url),
        WebhookSender(HttpsCaller(), webhook_secrets(catalog, secrets), _now),
        _now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> BatchResponse:  # noqa: ANN401
    """Carry out the actions of one batch."""

    def handle_one(record: dict[str, Any]) -> None:
        if is_time_up(context, ENOUGH_MILLISECONDS):
            raise TransientError("too little time is left to begin another action")
        _perform().perform(ActionRequest.from_body(record["body"]))

    return each_message(event, handle_one, _log)
