"""SQS trigger of replay_lake: carries a replay on, and puts it back when time is short."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any, Final
from uuid import uuid4

from functions.replay_lake.settings import Settings
from functions.replay_lake.usecase import Ports, ReplayLake
from shared.aws.corrections import Corrections
from shared.aws.event_applier import make_ports
from shared.aws.identity_judge import identity_judge
from shared.aws.lake_reader import LakeReader
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import Queue
from shared.aws.replay_store import ReplayStore
from shared.aws.sent_messages import SentMessages
from shared.aws.session import client
from shared.domain.identity.applying import ApplyEvents
from shared.domain.identity.resettling import Resettle
from shared.errors import ConflictError
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import ApplyingLog, logger
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

# What one more stretch may take, with retries, and a little more.
SPARE_MILLISECONDS: Final = 120_000

log = logger("replay_lake")


@cache
def _wiring() -> tuple[ReplayLake, Queue]:
    settings = load(Settings, os.environ)
    dynamodb, people = client("dynamodb"), settings.profiles_table
    applying = make_ports(
        dynamodb,
        partial(client, "secretsmanager"),
        profiles_table=people,
        catalog_table=settings.catalog_table,
        identity_secret_arn=settings.identity_secret_arn,
        report=ApplyingLog(log),
        new_id=lambda: uuid4().hex,
    )
    judge = identity_judge(
        profiles_table=people,
        catalog_table=settings.catalog_table,
        identity_secret_arn=settings.identity_secret_arn,
    )
    ports = Ports(
        replays=ReplayStore(dynamodb, settings.catalog_table),
        lake=LakeReader(client("s3"), settings.lake_bucket),
        applier=ApplyEvents(applying),
        strands=ProfileStore(dynamodb, people),
        sent=SentMessages(dynamodb, people),
        consents=applying.consents,
        resettle=Resettle(applying.identity, applying.tombstones, applying.catalog),
        corrections=Corrections(dynamodb, people, judge, applying.catalog),
        now=lambda: datetime.now(UTC),
    )
    return ReplayLake(ports), Queue(client("sqs"), settings.queue_url)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> BatchResponse:  # noqa: ANN401 (Lambda's own)
    """Carry on the replays of a batch."""
    is_over = partial(is_time_up, context, SPARE_MILLISECONDS)
    return each_message(event, partial(_carry_on, is_over), log)


def _carry_on(is_over: Callable[[], bool], record: dict[str, Any]) -> None:
    replay_lake, queue = _wiring()
    work = json.loads(record["body"])
    try:
        replay = replay_lake.carry_on(work["workspace_id"], work["replay_id"], is_over)
    except ConflictError:
        log.info("another worker is ahead", extra={"replay_id": work["replay_id"]})
        return
    if replay is None:
        return
    log.info("replay", extra={"replay_id": replay.replay_id, "stage": replay.stage})
    if not replay.is_done:
        queue.send_json(work)
