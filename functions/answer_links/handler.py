"""The public address of links: no key and no login, the signature of the link is all there is."""

import os
from functools import cache, partial
from typing import Any
from uuid import uuid4

from functions.answer_links.questions import Questions
from functions.answer_links.settings import Settings
from functions.answer_links.usecase import AnswerLinks
from shared.aws.catalog import CatalogReader
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import FeedbackStore
from shared.aws.identity_secret import IdentitySecret
from shared.aws.queues import Queue
from shared.aws.session import prompt_client
from shared.aws.suppressions import Suppressions
from shared.runtime.http import Response, answer
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

log = logger("answer_links")
sink = metrics("answer_links")


@cache
def _links() -> AnswerLinks:
    settings = load(Settings, os.environ)
    dynamodb = prompt_client("dynamodb")
    secrets = partial(prompt_client, "secretsmanager")
    secret = IdentitySecret(secrets, settings.identity_secret_arn)
    suppressions = Suppressions(dynamodb, settings.profiles_table, secret)
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    feedback = FeedbackStore(dynamodb, settings.profiles_table)
    return AnswerLinks(
        secret.key,
        Queue(prompt_client("sqs"), settings.feedback_queue_url),
        feedback,
        ConsentReader(dynamodb, settings.profiles_table),
        ConsentStore(dynamodb, settings.profiles_table, suppressions),
        catalog,
        Questions(feedback, lambda: catalog),
        lambda: uuid4().hex,
        partial(count, sink, "LinksUnanswered", 1),
    )


def handle(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001
    """Answer one request."""
    response = answer(event, lambda request: _links().respond(request), log)
    flush(sink)
    return response
