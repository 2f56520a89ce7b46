"""The wakes queue: one batch of enrolments in each record, and only the failed ones come back."""

import os
from functools import cache
from typing import Any

from functions.wake_enrolments.settings import Settings
from functions.wake_enrolments.usecase import WakeEnrolments
from shared.aws.journey_ports import JourneyPorts
from shared.aws.outbox import FoldedOutbox, RequestsOutbox
from shared.domain.due.batches import decode
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("wake_enrolments")


@cache
def _wake_enrolments() -> WakeEnrolments:
    settings = load(Settings, os.environ)
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    outbox = FoldedOutbox(
        RequestsOutbox.open(
            settings.messages_queue_url, settings.broadcast_queue_url, settings.actions_queue_url
        )
    )
    clock = ports.due_clock(settings.wakes_queue_url, outbox, people=ports.people_at_a_glance)
    return WakeEnrolments(ports.progress({"due_index": clock}), outbox, log)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Wake the enrolments of each batch."""
    return each_message(event, lambda record: _wake_enrolments().wake(decode(record["body"])), log)
