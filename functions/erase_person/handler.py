"""SQS trigger of erase_person: carries erasures on, and puts those that wait back for later."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from functions.erase_person.settings import Settings
from functions.erase_person.usecase import ErasePerson, Store
from shared.aws.archives import Archives
from shared.aws.athena import Athena
from shared.aws.catalog import CatalogReader
from shared.aws.dead_letters import DeadLetters
from shared.aws.eraser import Eraser
from shared.aws.erasure_news import ErasureNews
from shared.aws.erasure_store import ErasureStore
from shared.aws.executions import StepFunctions
from shared.aws.identity_secret import IdentitySecret
from shared.aws.import_store_eraser import PENDING, ImportEraser
from shared.aws.lake_eraser import LakeEraser
from shared.aws.marks import Marks
from shared.aws.queues import Queue
from shared.aws.review_store import ReviewStore
from shared.aws.session import client
from shared.aws.suppressions import Suppressions
from shared.aws.tombstones import Tombstones
from shared.domain.erasure.letters import Wanted, mentions
from shared.domain.erasure.model import Stage
from shared.errors import ConflictError, TransientError
from shared.runtime.batch import BatchResponse, each_message
from shared.runtime.observability import logger
from shared.runtime.settings import load

AGAIN_SECONDS: Final = 30  # when a store was busy
LONGEST_DELAY: Final = 900  # of SQS

log = logger("erase_person")


class _Lake:
    """The objects of the lake (the port `Store`)."""

    def __init__(self, eraser: LakeEraser) -> None:
        self._eraser = eraser

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        return {"lake_objects": len(self._eraser.erase(workspace_id, sorted(person.strands)))}


class _Imports:
    """Files that imports have left (the port `Store`)."""

    def __init__(self, eraser: ImportEraser) -> None:
        self._eraser = eraser

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        keys = self._eraser.erase(workspace_id, lambda text: mentions(text, person))
        if any(key.startswith(PENDING) for key in keys):
            raise TransientError("a file with this person in it is being imported")
        return {"import_files": len(keys)}


class _Copies:
    """What was made of people for operators: archives, and reports of trials (the port `Store`)."""

    def __init__(self, archives: Archives, reviews: ReviewStore) -> None:
        self._archives = archives
        self._reviews = reviews

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        archives = self._archives.erase(workspace_id, person)
        return {**archives, **self._reviews.erase(workspace_id, person)}


@cache
def _wiring() -> tuple[ErasePerson, str]:
    settings = load(Settings, os.environ)
    dynamodb, s3 = client("dynamodb"), client("s3")
    secret = IdentitySecret(lambda: client("secretsmanager"), settings.identity_secret_arn)
    suppressions = Suppressions(dynamodb, settings.profiles_table, secret)
    ledger = ErasureStore(dynamodb, settings.catalog_table)
    executions = StepFunctions(lambda: client("stepfunctions"))
    athena = Athena(client("athena"), settings.lake_workgroup)
    lake = _Lake(LakeEraser(s3, athena, settings.lake_bucket))
    stores: dict[Stage, Store] = {
        "lake": lake,
        "queues": DeadLetters(client("sqs"), settings.dead_letter_queue_urls.split()),
        "lake_again": lake,
        "imports": _Imports(
            ImportEraser(s3, settings.imports_bucket, dynamodb, settings.profiles_table)
        ),
        "archives": _Copies(
            Archives(s3, settings.archive_bucket), ReviewStore(dynamodb, settings.catalog_table)
        ),
    }
    erase = ErasePerson(
        ledger,
        Marks(dynamodb, settings.profiles_table),
        Eraser(dynamodb, settings.profiles_table, ledger, executions, suppressions.forget),
        Tombstones(dynamodb, settings.catalog_table, secret),
        stores,
        ErasureNews(
            CatalogReader(dynamodb, settings.catalog_table),
            Queue(client("sqs"), settings.outbound_queue_url),
        ),
        timedelta(seconds=settings.settle_seconds),
        lambda: datetime.now(UTC),
    )
    return erase, settings.queue_url


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> BatchResponse:  # noqa: ARG001
    """Carry on each erasure of a batch."""
    return each_message(event, _carry_on, log)


def _carry_on(record: dict[str, Any]) -> None:
    erase, queue_url = _wiring()
    work = json.loads(record["body"])
    try:
        erasure = erase.carry_on(work["workspace_id"], work["erasure_id"])
    except (ConflictError, TransientError) as error:
        log.warning("the erasure goes on later", extra={"error": type(error).__name__})
        delay = AGAIN_SECONDS
    else:
        log.info("erasure", extra={"erasure_id": erasure.erasure_id, "stage": erasure.stage})
        if erasure.is_done:
            return
        wait = erasure.resume_at - datetime.now(UTC) if erasure.resume_at else timedelta()
        delay = min(LONGEST_DELAY, max(1, int(wait.total_seconds()) + 1))
    # Put back by ourselves: a failed message would come back only when its visibility ends, and
    # end as a dead letter after some rounds.
    client("sqs").send_message(QueueUrl=queue_url, MessageBody=json.dumps(work), DelaySeconds=delay)
