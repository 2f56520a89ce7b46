"""The journeys queue: one domain event in each record, and only the failed ones come back."""

import json
import os
from functools import cache
from typing import Any

from events.model import DOMAIN_EVENT, ProfileMerged
from functions.advance_journeys.happened import happened_of
from functions.advance_journeys.settings import Settings
from functions.advance_journeys.usecase import AdvanceJourneys
from shared.aws.journey_ports import JourneyPorts
from shared.aws.outbox import FoldedOutbox, RequestsOutbox
from shared.domain.journeys.definition import ClockName
from shared.domain.journeys.ports import Clock
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("advance_journeys")


@cache
def _wiring() -> tuple[AdvanceJourneys, FoldedOutbox]:
    settings = load(Settings, os.environ)
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    outbox = RequestsOutbox.open(settings.messages_queue_url, settings.actions_queue_url)
    of_entries = FoldedOutbox(outbox)
    clocks: dict[ClockName, Clock] = {
        "step_functions": ports.machine_clock(),
        "due_index": ports.due_clock(settings.wakes_queue_url, outbox, of_entries),
    }
    return AdvanceJourneys(ports.progress(clocks), ports.catalog), of_entries


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Take in the domain events of one batch; what entries ask for goes out in few calls.

    Raises TransientError when it could not be handed over: the batch comes again as a whole then.
    """
    response = each_message(event, _take_in, log)
    _, of_entries = _wiring()
    of_entries.flush()
    return response


def _take_in(record: dict[str, Any]) -> None:
    fact = DOMAIN_EVENT.validate_python(json.loads(record["body"])["detail"])
    advance_journeys, _ = _wiring()
    if isinstance(fact, ProfileMerged):
        advance_journeys.unite(fact.workspace_id, fact.profile_id)
    for happened in happened_of(fact):
        advance_journeys.take_in(fact.workspace_id, fact.profile_id, happened)
