"""Triggers of build_segments: Step Functions for one task of one build, a schedule for all tags."""

import os
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from functions.build_segments.counting import Counting
from functions.build_segments.settings import Settings
from functions.build_segments.thresholds import Thresholds
from functions.build_segments.usecase import PATIENCE_SECONDS, BuildSegments
from shared.aws.athena import Athena
from shared.aws.audience_queries import AudienceQueries
from shared.aws.build_desk import BuildDesk
from shared.aws.build_files import BuildFiles
from shared.aws.build_machine import BuildMachine
from shared.aws.build_store import BuildStore
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.figures import FiguresReader
from shared.aws.query_results import QueryResults
from shared.aws.session import client
from shared.runtime.each import each
from shared.runtime.observability import logger, wordless
from shared.runtime.settings import load

log = logger("build_segments")


@cache
def _build_segments() -> BuildSegments:
    settings = load(Settings, os.environ)
    dynamodb, s3 = client("dynamodb"), client("s3")
    catalog = CatalogReader(dynamodb, settings.catalog_table, ttl_seconds=0)
    athena = Athena(client("athena"), settings.lake_workgroup)
    return BuildSegments(
        builds=BuildStore(dynamodb, settings.catalog_table),
        athena=athena,
        results=QueryResults(s3),
        files=BuildFiles(s3, settings.lake_bucket),
        counting=Counting(
            catalog,
            AudienceQueries(catalog, athena, PATIENCE_SECONDS),
            FiguresReader(dynamodb, settings.profiles_table),
        ),
        lag=timedelta(seconds=settings.lake_lag_seconds),
        now=_now,
    )


@cache
def _thresholds() -> Thresholds:
    settings = load(Settings, os.environ)
    dynamodb = client("dynamodb")
    machine = BuildMachine(client("stepfunctions"), settings.build_machine_arn)
    return Thresholds(
        catalog=CatalogWriter(dynamodb, settings.catalog_table, _now),
        athena=Athena(client("athena"), settings.lake_workgroup),
        desk=BuildDesk(BuildStore(dynamodb, settings.catalog_table), machine, _now),
        patience=PATIENCE_SECONDS,
        log=log,
    )


def _now() -> datetime:
    return datetime.now(UTC)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Do what the machine or the schedule asks for."""
    if event["task"] == "recompute":
        tags = sum(each(event["workspace_ids"], _thresholds().recompute_all))
        log.info("thresholds asked for", extra={"tags": tags})
        return {"tags": tags}
    task, ids = event["task"], (event["workspace_id"], event["build"])
    builder = _build_segments()
    tasks = {
        "thresholds": lambda *build: {"tags": _thresholds().of_build(*build)},
        "people": builder.people,
        "latecomers": builder.latecomers,
        "report": builder.report,
    }
    try:
        done = tasks[task](*ids)
    except Exception as error:
        log.exception("task failed", extra={"build": ids[1], "task": task})
        raise wordless(error) from None  # the history of the execution keeps what is raised
    log.info("task done", extra={"build": ids[1], "task": task, **done})
    return done
