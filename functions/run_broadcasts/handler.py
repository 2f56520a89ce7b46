"""Triggers of run_broadcasts: its machine for a task of a broadcast, a schedule every minute."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import uuid4

from functions.run_broadcasts.asking import AskPeople
from functions.run_broadcasts.onward import GoOn
from functions.run_broadcasts.settings import Settings
from functions.run_broadcasts.ticking import Tick
from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.broadcast_files import BroadcastFiles
from shared.aws.broadcast_machine import BroadcastMachine
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.catalog import CatalogReader
from shared.aws.happenings import HappeningsReader
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.schedule_store import ScheduleStore
from shared.aws.session import client
from shared.domain.broadcasts.pacing import Slice
from shared.runtime.each import each
from shared.runtime.observability import logger, wordless
from shared.runtime.settings import load

log = logger("run_broadcasts")


class Wiring:
    """What the tasks work with; each is put together when it is first asked for."""

    def __init__(self, settings: Settings) -> None:
        """Everything over the clients of this function."""
        dynamodb = client("dynamodb")
        self.settings = settings
        self.store = BroadcastStore(dynamodb, settings.catalog_table)
        self.parts = BroadcastParts(dynamodb, settings.catalog_table)
        self.files = BroadcastFiles(client("s3"), settings.lake_bucket)
        self.machine = BroadcastMachine(client("stepfunctions"), settings.broadcast_machine_arn)
        self.catalog = CatalogReader(dynamodb, settings.catalog_table)
        self.persons = PersonReader(dynamodb, settings.profiles_table)
        memberships = MembershipStore(dynamodb, settings.profiles_table)
        self.happenings = HappeningsReader(dynamodb, settings.profiles_table, memberships)

    def go_on(self) -> GoOn:
        """What decides what comes next."""
        return GoOn(self.store, self.parts, self.files, self.machine, self.catalog, _now)

    def ask(self) -> AskPeople:
        """What asks people."""
        timelines = ProfileStore(client("dynamodb"), self.settings.profiles_table)
        return AskPeople(
            self.store,
            self.parts,
            self.files,
            self.persons,
            self.happenings,
            timelines,
            self.catalog,
            _now,
        )

    def tick(self) -> Tick:
        """What looks at schedules."""
        schedules = ScheduleStore(client("dynamodb"), self.settings.catalog_table)
        desk = BroadcastDesk(self.store, self.parts, self.machine, _now)
        return Tick(self.catalog, schedules, desk, _now)

    def gather(self, workspace_id: str, broadcast_id: str) -> int:
        """Find out who is in a broadcast."""
        # Asking the lake is heavy, and most of what this function does needs none of it.
        from functions.run_broadcasts.gathering import PATIENCE_SECONDS, Gather
        from shared.aws.athena import Athena
        from shared.aws.audience_queries import AudienceQueries
        from shared.aws.query_results import QueryResults

        catalog = CatalogReader(client("dynamodb"), self.settings.catalog_table, ttl_seconds=0)
        athena = Athena(client("athena"), self.settings.lake_workgroup)
        return Gather(
            store=self.store,
            files=self.files,
            queries=AudienceQueries(catalog, athena, PATIENCE_SECONDS),
            results=QueryResults(client("s3")),
            persons=self.persons,
            catalog=catalog,
            now=_now,
            new_id=lambda: uuid4().hex,
        ).gather(workspace_id, broadcast_id)

    def decide(self, workspace_id: str, broadcast_id: str) -> str:
        """Find out which variant the rest of a broadcast gets."""
        from functions.run_broadcasts.deciding import DecideSample
        from shared.aws.enrolment_store import EnrolmentStore

        return (
            DecideSample(
                self.store,
                self.files,
                self.persons,
                EnrolmentStore(client("dynamodb"), self.settings.profiles_table),
                self.happenings,
                self.catalog,
                _now,
            )
            .decide(workspace_id, broadcast_id)
            .winner
        )


@cache
def _wiring() -> Wiring:
    return Wiring(load(Settings, os.environ))


def _now() -> datetime:
    return datetime.now(UTC)


@log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001
    """Do what the machine or the schedule asks for."""
    task = event["task"]
    if task == "tick":
        begun = sum(each(event["workspace_ids"], _wiring().tick().tick))
        if begun:
            log.info("broadcasts begun by schedules", extra={"task": task})
        return {"begun": begun}
    try:
        done = _carry_out(task, event)
    except Exception as error:
        log.exception("task failed", extra={"broadcast_id": event["broadcast_id"], "task": task})
        raise wordless(error) from None  # the history of the execution keeps what is raised
    log.info("task done", extra={"broadcast_id": event["broadcast_id"], "task": task})
    return done


def _carry_out(task: str, event: dict[str, Any]) -> dict[str, Any]:
    wiring, ids = _wiring(), (event["workspace_id"], event["broadcast_id"])
    match task:
        case "next":
            return wiring.go_on().next(*ids, event["run"])
        case "ask":
            which = Slice(event["wave"], event["batch"], event["most"])
            return {"people": wiring.ask().ask(*ids, event["run"], which)}
        case "gather":
            return {"people": wiring.gather(*ids)}
        case "decide":
            return {"winner": wiring.decide(*ids)}
        case "failed":
            return wiring.go_on().failed(*ids, event["run"], event["error"])
        case _:
            raise ValueError(f"there is no task {task!r}")
