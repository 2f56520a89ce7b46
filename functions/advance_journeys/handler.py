"""The journeys queue: one domain event in each record, and only the failed ones come back."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from events.model import DOMAIN_EVENT
from functions.advance_journeys.happened import happened_of
from functions.advance_journeys.settings import Settings
from functions.advance_journeys.usecase import AdvanceJourneys
from shared.aws.catalog import CatalogReader
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.executions import StepFunctions
from shared.aws.happenings import HappeningsReader
from shared.aws.journey_ports import CatalogDefinitions
from shared.aws.membership_store import MembershipStore
from shared.aws.session import client
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.progress import Progress
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("advance_journeys")


@cache
def _advance_journeys() -> AdvanceJourneys:
    settings = load(Settings, os.environ)
    dynamodb, table = client("dynamodb"), settings.profiles_table
    catalog = CatalogReader(dynamodb, settings.catalog_table)
    progress = Progress(
        EnrolmentStore(dynamodb, table),
        CatalogDefinitions(catalog),
        StepFunctions(lambda: client("stepfunctions")),
        lambda: to_milliseconds(datetime.now(UTC)),
    )
    happenings = HappeningsReader(dynamodb, table, MembershipStore(dynamodb, table))
    return AdvanceJourneys(progress, happenings, catalog)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Take in the domain events of one batch."""
    return each_message(event, _take_in, log)


def _take_in(record: dict[str, Any]) -> None:
    fact = DOMAIN_EVENT.validate_python(json.loads(record["body"])["detail"])
    happened = happened_of(fact)
    if happened:
        _advance_journeys().take_in(fact.workspace_id, fact.profile_id, happened)
