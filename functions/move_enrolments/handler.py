"""Step Functions trigger of move_enrolments: one part of one walk, or the end of the walk."""

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final

from functions.move_enrolments.settings import Settings
from functions.move_enrolments.usecase import MoveEnrolments
from shared.aws.enrolment_scan import EnrolmentScan
from shared.aws.journey_ports import CatalogDefinitions, JourneyPorts
from shared.aws.move_store import MoveStore
from shared.aws.outbox import RequestsOutbox
from shared.domain.journeys.definition import ClockName
from shared.domain.journeys.move_job import SEGMENTS
from shared.domain.journeys.mover import Mover
from shared.domain.journeys.ports import Clock
from shared.runtime.observability import logger, wordless
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

log = logger("move_enrolments")

SPARE_MILLISECONDS: Final = 20_000
"""What is left of the time of a call when no further enrolment is begun."""


@cache
def _move_enrolments() -> MoveEnrolments:
    settings = load(Settings, os.environ)
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    outbox = RequestsOutbox.open(
        settings.messages_queue_url, settings.broadcast_queue_url, settings.actions_queue_url
    )
    machines = ports.machine_clock()
    clocks: dict[ClockName, Clock] = {
        "step_functions": machines,
        "due_index": ports.due_clock(settings.wakes_queue_url, outbox),
    }
    return MoveEnrolments(
        store=MoveStore(ports.dynamodb, settings.catalog_table),
        scan=EnrolmentScan(ports.dynamodb, settings.profiles_table, SEGMENTS),
        mover=Mover(ports.progress(clocks), machines, outbox),
        definitions=CatalogDefinitions(ports.catalog),
        now=lambda: datetime.now(UTC),
        log=log,
    )


@log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401
    """Do what the machine asks for; its history keeps no word of a person."""
    names = (event["workspace_id"], event["journey_id"], event["move"])
    try:
        if event["task"] == "finish":
            job = _move_enrolments().finish(*names)
            log.info("walk over", extra={"stage": job.stage})
            return {"done": True}
        is_over = partial(is_time_up, context, SPARE_MILLISECONDS)
        done = _move_enrolments().walk(*names, event["segment"], is_over)
    except Exception as error:
        log.exception("walk failed", extra={"task": event["task"]})
        raise wordless(error) from None
    return {"done": done}
