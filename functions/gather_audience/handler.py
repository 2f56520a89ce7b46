"""SQS trigger of gather_audience: one audience for each message."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.gather_audience.settings import Settings
from functions.gather_audience.usecase import PATIENCE_SECONDS, GatherAudience
from shared.aws.archives import Archives
from shared.aws.athena import Athena
from shared.aws.audience_queries import AudienceQueries
from shared.aws.audience_store import AudienceStore
from shared.aws.catalog import CatalogReader
from shared.aws.contacts import ContactReader
from shared.aws.profile_store import ProfileStore
from shared.aws.query_results import QueryResults
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("gather_audience")


@cache
def _wiring() -> GatherAudience:
    settings = load(Settings, os.environ)
    dynamodb, s3 = client("dynamodb"), client("s3")
    athena = Athena(client("athena"), settings.lake_workgroup)
    catalog = CatalogReader(dynamodb, settings.catalog_table, ttl_seconds=0)
    return GatherAudience(
        audiences=AudienceStore(dynamodb, settings.catalog_table),
        queries=AudienceQueries(catalog, athena, PATIENCE_SECONDS),
        results=QueryResults(s3),
        contacts=ContactReader(dynamodb, settings.profiles_table),
        timelines=ProfileStore(dynamodb, settings.profiles_table),
        archives=Archives(s3, settings.archive_bucket),
        now=lambda: datetime.now(UTC),
    )


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Write the audiences of a batch down."""
    return each_message(event, _carry_out, log)


def _carry_out(record: dict[str, Any]) -> None:
    work = json.loads(record["body"])
    audience = _wiring().carry_out(work["workspace_id"], work["audience_id"])
    log.info("audience", extra={"audience_id": audience.audience_id, "status": audience.status})
