"""The HTTP API of clients: every path that is not an operator's comes here."""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from functions.ingest_events.settings import Settings
from functions.ingest_events.usecase import Ingest
from shared.aws.queues import EventQueue
from shared.aws.rates import Rates
from shared.aws.session import prompt_client
from shared.aws.write_keys import WriteKeys
from shared.runtime.http import Request, Response, answer
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

log = logger("ingest_events")
sink = metrics("ingest_events")


@cache
def _ingest() -> Ingest:
    settings = load(Settings, os.environ)
    return Ingest(
        WriteKeys(prompt_client("dynamodb"), settings.catalog_table),
        EventQueue(prompt_client("sqs"), settings.events_queue_url),
        _observe,
        Rates(prompt_client("dynamodb"), settings.catalog_table),
    )


def handle(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001
    """Answer one request of a client; the gateway lets pages of any origin read the answer."""
    response = answer(event, _respond, log)
    flush(sink)
    return response


def _respond(request: Request) -> Response:
    return _ingest().respond(request)


def _observe(correlation_id: str, accepted: int, rejected: Mapping[str, int]) -> None:
    count(sink, "EventsAccepted", accepted)
    count(sink, "EventsRejected", sum(rejected.values()))
    about = {"correlation_id": correlation_id, "accepted": accepted}
    log.info("events taken", extra=about | ({"reasons": dict(rejected)} if rejected else {}))
