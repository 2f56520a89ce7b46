"""The journeys queue: one domain event in each record, and only the failed ones come back."""

import json
import os
from functools import cache
from typing import Any

from events.model import DOMAIN_EVENT, JourneyPaused, PersonErased, ProfileMerged
from functions.advance_journeys.entering import Entry
from functions.advance_journeys.happened import happened_of
from functions.advance_journeys.settings import Settings
from functions.advance_journeys.usecase import AdvanceJourneys
from shared.aws.journey_ports import JourneyPorts
from shared.aws.outbox import FoldedOutbox, RequestsOutbox
from shared.domain.journeys.definition import ClockName
from shared.domain.journeys.ports import Clock
from shared.runtime.batch import BatchResponse, each_message, failures
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("advance_journeys")


@cache
def _wiring() -> tuple[AdvanceJourneys, FoldedOutbox]:
    settings = load(Settings, os.environ)
    ports = JourneyPorts.open(settings.profiles_table, settings.catalog_table)
    outbox = RequestsOutbox.open(
        settings.messages_queue_url, settings.broadcast_queue_url, settings.actions_queue_url
    )
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
    advance_journeys, of_entries = _wiring()
    decided: list[tuple[str, Entry]] = []

    def take_in(record: dict[str, Any]) -> None:
        entries: list[Entry] = []
        try:
            _hear(json.loads(record["body"])["detail"], entries)
        finally:
            decided.extend((record["messageId"], entry) for entry in entries)

    heard = each_message(event, take_in, log)
    failed = _begin(advance_journeys, decided)
    of_entries.flush()
    ids = [each["itemIdentifier"] for each in heard["batchItemFailures"]]
    return failures(dict.fromkeys([*ids, *failed]))


def _hear(detail: Any, entries: list[Entry]) -> None:  # noqa: ANN401 (as it comes)
    fact = DOMAIN_EVENT.validate_python(detail)
    if isinstance(fact, JourneyPaused | PersonErased):
        return  # it is about nobody who is there
    advance_journeys, _ = _wiring()
    if isinstance(fact, ProfileMerged):
        advance_journeys.unite(fact.workspace_id, fact.profile_id, fact.occurred_at)
    for happened in happened_of(fact):
        advance_journeys.hear(fact.workspace_id, fact.profile_id, happened, entries)


def _begin(advance_journeys: AdvanceJourneys, decided: list[tuple[str, Entry]]) -> list[str]:
    """Begin what was decided on; gives the records of what failed."""
    failed = []
    for entry, error in advance_journeys.begin([entry for _, entry in decided]):
        record = next(record for record, each in decided if each is entry)
        log.error(
            "message failed",
            exc_info=error,
            extra={
                "sqs_message_id": record,
                "error": type(error).__name__,
                "correlation_id": entry.happened.correlation_id,
            },
        )
        failed.append(record)
    for record, entry in decided:
        if record not in failed:
            told = {
                "correlation_id": entry.happened.correlation_id,
                "journey_id": entry.published.journey.journey_id,
                "enrolment_id": entry.name,
            }
            log.info("enrolment begun", extra=told)
    return failed
