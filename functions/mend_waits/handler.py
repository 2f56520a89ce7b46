"""Schedule trigger of mend_waits: a stretch of the walk, and one shard of the wakes.

Called with `{"reconcile": …}` (`usecase.Asked`) it goes on from there instead, for an operator, and
answers `{"found": …, "left": …, "next": …}`; `next` is what to call with for the rest.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from functions.mend_waits.mending import Mender
from functions.mend_waits.ports import Ports
from functions.mend_waits.settings import Settings
from functions.mend_waits.usecase import Asked, MendWaits, Reconcile
from shared.aws.damage_scan import DamageScan
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.message_queues import MessageQueues
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.domain.due.timing import WOKEN
from shared.domain.recovery.damage import HARMLESS
from shared.runtime.each import each
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.remaining import is_time_up
from shared.runtime.settings import load

if TYPE_CHECKING:
    from shared.domain.journeys.ports import Ref
    from shared.domain.journeys.restarting import Restarter

# What one more page, or one more execution, may take.
SPARE_MILLISECONDS: Final = 20_000
# An operator hears of it after some 40 seconds, before whoever asked gives up waiting.
SPARE_OF_OPERATORS: Final = 80_000

_log = logger("mend_waits")
_metrics = metrics("mend_waits")


@cache
def _settings() -> Settings:
    return load(Settings, os.environ)


@cache
def _ports() -> Ports:
    settings = _settings()
    dynamodb, people = client("dynamodb"), settings.profiles_table
    wakes = Queue(client("sqs"), settings.wakes_queue_url)
    return Ports(
        scan=DamageScan(dynamodb, people, settings.catalog_table),
        due=Queue(client("sqs"), settings.due_queue_url),
        wakes=wakes,
        messages=MessageQueues.open(settings.messages_queue_url, settings.broadcast_queue_url),
        wake_rows=DueRows(dynamodb, people, WOKEN),
        wake_index=DueIndex(dynamodb, people, WOKEN, wakes),
        enrolments=EnrolmentStore(dynamodb, people),
        people=PersonReader(dynamodb, people),
        restarter=_restarter,
        tell=_tell_of,
        now=lambda: datetime.now(UTC),
    )


@cache
def _restarter() -> "Restarter":
    """What journeys need is a third of a cold start, and only there for who stands still."""
    from functions.mend_waits.machines import open_restarter

    return open_restarter(_settings())


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Take one stretch; gives what was found. Raises TransientError, InvalidInputError."""
    if "reconcile" in event:
        spent = partial(is_time_up, context, SPARE_OF_OPERATORS)
        return _reconcile(Asked.from_json(event["reconcile"]), spent)
    return _take_hour(partial(is_time_up, context, SPARE_MILLISECONDS))


def _take_hour(spent: Callable[[], bool]) -> Mapping[str, int]:
    mender = Mender(_ports())
    run = MendWaits(_ports(), mender)

    def mend(workspace_id: str) -> None:
        run.run(workspace_id, spent)
        run.clear(workspace_id, int(_ports().now().timestamp()) // 3600, spent)

    try:
        each(_settings().workspace_ids.split(), mend)
    finally:
        _tell(mender)
    return {str(name): number for name, number in mender.found.items()}


def _reconcile(asked: Asked, spent: Callable[[], bool]) -> dict[str, Any]:
    mender = Mender(_ports(), late=asked.late, only_looks=asked.only_looks)
    left = Reconcile(_ports(), mender, spent).carry_on(asked)
    return {
        "found": dict(mender.found),
        "left": dict(mender.left),
        "next": left.to_json() if left else None,
    }


def _tell_of(ref: "Ref", error: Exception) -> None:
    _log.error("an execution was not seen to", exc_info=error, extra=ref._asdict())


def _tell(mender: Mender) -> None:
    """Put what was found into metrics, and what stood still to somebody's harm into one."""
    for name, value in mender.found.items():
        count(_metrics, name, value)
    stood_still = sum(n for name, n in mender.found.items() if name not in HARMLESS)
    count(_metrics, "StoodStill", stood_still)
    flush(_metrics)
