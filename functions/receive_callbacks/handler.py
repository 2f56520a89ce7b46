"""The HTTP side of callbacks; behind the same gateway as the API of events."""

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from functions.receive_callbacks.settings import Settings
from functions.receive_callbacks.usecase import ReceiveCallbacks
from shared.aws.catalog import CatalogReader
from shared.aws.provider_secrets import ProviderSecrets
from shared.aws.queues import EventQueue, Queue
from shared.aws.session import prompt_client
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from shared.runtime.http import Request, Response, answer
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("receive_callbacks")


@cache
def _receive() -> ReceiveCallbacks:
    settings = load(Settings, os.environ)
    return ReceiveCallbacks(
        DEFAULT_WORKSPACE,
        CatalogReader(prompt_client("dynamodb"), settings.catalog_table),
        ProviderSecrets(partial(prompt_client, "secretsmanager"), _now),
        EventQueue(prompt_client("sqs"), settings.events_queue_url),
        Queue(prompt_client("sqs"), settings.feedback_queue_url),
        _now,
    )


def handle(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001
    """Answer one request of a provider."""
    return answer(event, _respond, log)


def _respond(request: Request) -> Response:
    said = _receive().respond(request.method, request.path, request.query, request.body)
    kind = "application/json" if said.startswith("{") else "text/plain"
    return {
        "statusCode": 200,
        "headers": {"content-type": f"{kind}; charset=utf-8"},
        "body": said,
    }


def _now() -> datetime:
    return datetime.now(UTC)
