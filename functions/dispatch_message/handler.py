"""The messages queue: one dispatch for each record, and only the failed ones come back."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.following import Following
from functions.dispatch_message.paying import Paying
from functions.dispatch_message.settings import Settings
from functions.dispatch_message.usecase import Dispatch, DispatchStatus
from functions.dispatch_message.wiring import following_of, handing_of, senders_of
from shared.aws.catalog import CatalogReader
from shared.aws.due_store import DueIndex
from shared.aws.identity_secret import IdentitySecret
from shared.aws.message_queues import MessageQueues
from shared.aws.message_store import MessageStore
from shared.aws.purse import Purse
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.aws.suppressions import Suppressions
from shared.domain.channels.following import is_follow
from shared.domain.due.batches import decode, is_batch
from shared.domain.due.timing import DEFERRED
from shared.domain.messages.model import MessageRequest
from shared.errors import TransientError
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

if TYPE_CHECKING:
    from functions.dispatch_message.testing import Trials

# A claim that is begun should be concluded: a provider may take ten seconds, the tables a few.
ENOUGH_MILLISECONDS: Final = 20_000

_log = logger("dispatch_message")
_metrics = metrics("dispatch_message")


@cache
def _tests() -> "Trials":
    from functions.dispatch_message.testing import Trials

    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    secret = IdentitySecret(lambda: client("secretsmanager"), settings.identity_secret_arn)
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    return Trials(
        catalog,
        Suppressions(dynamodb, settings.profiles_table, secret),
        handing_of(settings, catalog, _now),
        Dressing(secret.key, settings.api_url),
        _now,
    )


@cache
def _following() -> Following:
    settings = load(Settings, os.environ)
    catalog = CatalogReader(client("dynamodb"), settings.catalog_table)
    return following_of(settings, catalog, senders_of(settings, _now), _now)


@cache
def _dispatch() -> Dispatch:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    secret = IdentitySecret(lambda: client("secretsmanager"), settings.identity_secret_arn)
    suppressions = Suppressions(dynamodb, settings.profiles_table, secret)
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    return Dispatch(
        catalog,
        MessageStore(dynamodb, settings.profiles_table, suppressions),
        handing_of(settings, catalog, _now),
        Dressing(secret.key, settings.api_url),
        Paying(
            catalog,
            Purse(dynamodb, settings.profiles_table),
            Queue(client("sqs"), settings.feedback_queue_url),
        ),
        DueIndex(
            dynamodb,
            settings.profiles_table,
            DEFERRED,
            MessageQueues.open(settings.messages_queue_url, settings.broadcast_queue_url),
        ),
        _now,
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _statuses(body: str) -> Iterator[DispatchStatus]:
    """Dispatch what a message of the queue is about: a request, or some that were put off."""
    if is_follow(body):
        _following().look(body)
    elif is_batch(body):
        batch = decode(body)
        found = (_dispatch().wake(batch.workspace_id, one, batch.due_at) for one in batch.names)
        yield from filter(None, found)
    elif status := _dispatch().dispatch(MessageRequest.from_body(body)):
        yield status


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> BatchResponse | dict[str, Any]:  # noqa: ANN401
    """Dispatch the messages of one batch; or send a test, for an operator who waits for it."""
    if "test" in event:
        from functions.dispatch_message.testing import answer_test

        return answer_test(_tests(), event["test"])

    def handle_one(record: dict[str, Any]) -> None:
        if is_time_up(context, ENOUGH_MILLISECONDS):
            raise TransientError("too little time is left to begin another message")
        for status in _statuses(record["body"]):
            count(_metrics, f"Messages{status.capitalize()}", 1)

    response = each_message(event, handle_one, _log)
    flush(_metrics)
    return response
