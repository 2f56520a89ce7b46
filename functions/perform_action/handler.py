"""The actions queue: one action in each record, and only the failed ones come back."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.perform_action.calling import HttpsCaller
from functions.perform_action.settings import Settings
from functions.perform_action.usecase import PerformAction
from shared.aws.catalog import CatalogReader
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import EventQueue
from shared.aws.session import client
from shared.aws.task_store import TaskStore
from shared.domain.journeys.actions import ActionRequest
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

_log = logger("perform_action")


@cache
def _perform() -> PerformAction:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    return PerformAction(
        PersonReader(dynamodb, settings.profiles_table),
        CatalogReader(dynamodb, settings.catalog_table),
        TaskStore(dynamodb, settings.profiles_table),
        ProfileStore(dynamodb, settings.profiles_table),
        EventQueue(client("sqs"), settings.events_queue_url),
        HttpsCaller(),
        lambda: datetime.now(UTC),
    )


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Carry out the actions of one batch."""
    return each_message(
        event, lambda record: _perform().perform(ActionRequest.from_body(record["body"])), _log
    )
