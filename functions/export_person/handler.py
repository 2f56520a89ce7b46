"""SQS trigger of export_person: one archive for each message."""

import json
import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from functions.export_person.settings import Settings
from functions.export_person.usecase import ExportPerson
from shared.aws.archives import Archives
from shared.aws.export_reader import ExportReader
from shared.aws.export_store import ExportStore
from shared.aws.session import client
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

log = logger("export_person")


@cache
def _wiring() -> ExportPerson:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    return ExportPerson(
        ExportStore(dynamodb, settings.catalog_table),
        ExportReader(dynamodb, settings.profiles_table),
        Archives(client("s3"), settings.archive_bucket),
        lambda: datetime.now(UTC),
    )


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Make the archives of a batch."""
    return each_message(event, _carry_out, log)


def _carry_out(record: dict[str, Any]) -> None:
    work = json.loads(record["body"])
    export = _wiring().carry_out(work["workspace_id"], work["export_id"])
    log.info("export", extra={"export_id": export.export_id, "status": export.status})
