"""Step Functions trigger of run_step: one call for one step of one enrolment."""

import os
from functools import cache
from typing import Any

from functions.run_step.settings import Settings
from functions.run_step.usecase import RunStep
from shared.aws.catalog import CatalogReader
from shared.aws.journey_ports import StatePeople, happenings, journey_progress
from shared.aws.measure_store import MeasureStore
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.aws.state_store import StateStore
from shared.domain.journeys.ports import Ref
from shared.domain.messages.model import MessageRequest
from shared.errors import EnrolmentEndedError
from shared.runtime.observability import logger, wordless
from shared.runtime.settings import load

log = logger("run_step")


class _MessagesQueue:
    """The queue of dispatch_message (the port `Outbox`)."""

    def __init__(self, url: str) -> None:
        self._queue = Queue(client("sqs"), url)

    def send(self, request: MessageRequest) -> None:
        self._queue.send([request.to_body()])


@cache
def _run_step() -> RunStep:
    settings = load(Settings, os.environ)
    dynamodb, table = client("dynamodb"), settings.profiles_table
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    return RunStep(
        journey_progress(dynamodb, table, catalog),
        happenings(dynamodb, table),
        StatePeople(
            catalog,
            PersonReader(dynamodb, table),
            StateStore(dynamodb, table),
            MeasureStore(dynamodb, table),
        ),
        _MessagesQueue(settings.messages_queue_url),
    )


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, str | None] | None:  # noqa: ARG001
    """Do what a state machine asks for; the names of the errors raised are caught by it."""
    ref, step, action = Ref(**event["enrolment"]), event["step"], event["action"]
    try:
        token = event.get("task_token", "")
        return _run_step().run(ref, step, action, token, event.get("seen"))
    except EnrolmentEndedError:
        raise
    except Exception as error:
        log.exception("step failed", extra={**ref._asdict(), "step": step, "action": action})
        raise wordless(error) from None  # the history of the execution keeps what is raised
