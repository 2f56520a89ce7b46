"""Step Functions trigger of run_step: one call for one step of one enrolment."""

import os
from functools import cache
from typing import Any

from functions.run_step.settings import Settings
from functions.run_step.usecase import RunStep
from shared.aws.journey_ports import JourneyPorts
from shared.aws.outbox import RequestsOutbox
from shared.domain.journeys.ports import Ref
from shared.errors import EnrolmentEndedError
from shared.runtime.observability import logger, wordless
from shared.runtime.settings import load

log = logger("run_step")


@cache
def _run_step() -> RunStep:
    settings = load(Settings, os.environ)
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    clock = ports.machine_clock()
    outbox = RequestsOutbox.open(
        settings.messages_queue_url, settings.broadcast_queue_url, settings.actions_queue_url
    )
    return RunStep(ports.progress({"step_functions": clock}), clock, ports.people, outbox)


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
