"""A mocked bucket and table, a queue, and an applier that remembers what it was given."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.import_records.usecase import ImportRecords, Ports
from shared.aws import session
from shared.aws.import_store import ImportStore
from shared.aws.import_store_files import ImportFiles, rejected_key, upload_key
from shared.domain.events.model import Event
from shared.domain.identity.applying import Applied
from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.progress import Import
from tests.conftest import NOON, PROFILES_TABLE

BUCKET = "imports"


@dataclass
class Ledger:
    """Events applied, each once; `refuse` and `fail` say of a user what goes wrong."""

    events: dict[tuple[Any, ...], Event] = field(default_factory=dict)
    refuse: set[str] = field(default_factory=set)
    fail: dict[str, int] = field(default_factory=dict)
    proofs: set[Any] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)

    def apply(self, events, *, proof=None) -> Applied:
        applied = Applied()
        with self.lock:
            self.proofs.add(proof)
            for index, event in enumerate(events):
                if event.user_id in self.refuse:
                    applied.refused[index] = "no usable identifier: user_id is blocked"
                elif self.fail.get(event.user_id, 0) > 0:
                    self.fail[event.user_id] -= 1
                    applied.failed.add(index)
                else:
                    self.events.setdefault((event.timestamp, event.message_id), event)
                    applied.counts["EventsApplied"] += 1
        return applied


@dataclass
class World:
    """Everything that an import touches."""

    jobs: ImportStore
    files: ImportFiles
    ledger: Ledger
    messages: list[Any] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    clock: datetime = NOON

    def send_json(self, payload: Any) -> None:
        self.messages.append(payload)

    def now(self) -> datetime:
        self.clock += timedelta(milliseconds=1)
        return self.clock

    def ports(self, **fields: Any) -> Ports:
        made = Ports(self.jobs, self.files, self.ledger, self, self.now, Logger("test"), threads=1)
        return replace(made, **fields)

    def upload(self, data: bytes, import_id: str = "i1", **fields: Any) -> Import:
        key = upload_key("default", import_id, "file")
        self.files._client.put_object(Bucket=BUCKET, Key=key, Body=data)
        facts = self.files.facts(key)
        extra = {
            name: fields.pop(name) for name in ("dry_run", "status", "timezone") if name in fields
        }
        job = Import(
            **{
                "workspace_id": "default",
                "import_id": import_id,
                "definition": ImportDefinition.model_validate({"kind": "events", **fields}),
                "file_key": key,
                "file_name": "file",
                "timezone": "Asia/Shanghai",
                "created_at": NOON,
                "updated_at": NOON,
                "status": "queued",
                "size": facts.size,
                "file_tag": facts.tag,
                **extra,
            }
        )
        assert self.jobs.add(job)
        return job

    def run(
        self, import_id: str = "i1", is_time_up: Callable[[], bool] = lambda: False, **ports: Any
    ) -> Import:
        """One turn."""
        turn = ImportRecords(self.ports(**ports))
        try:
            turn.run("default", import_id, is_time_up)
        finally:
            self.counts += turn.counts
        return self.job(import_id)

    def finish(
        self, import_id: str = "i1", is_time_up: Callable[[], bool] = lambda: False
    ) -> Import:
        """Turn after turn, as long as another one is asked for."""
        self.run(import_id, is_time_up)
        while self.messages:
            message = self.messages.pop()
            self.run(message["import_id"], is_time_up)
        return self.job(import_id)

    def job(self, import_id: str = "i1") -> Import:
        job = self.jobs.find("default", import_id)
        assert job
        return job

    def rejected(self, import_id: str = "i1") -> list[str]:
        key = rejected_key("default", import_id)
        body = self.files._client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return body.decode("utf-8-sig").splitlines()

    def stored(self) -> list[str]:
        page = self.files._client.list_objects_v2(Bucket=BUCKET)
        return [each["Key"] for each in page.get("Contents", ())]


def make_world(dynamodb: Any) -> World:
    s3 = session.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    return World(ImportStore(dynamodb, PROFILES_TABLE), ImportFiles(s3, BUCKET), Ledger())


@pytest.fixture
def world(dynamodb: Any) -> World:
    return make_world(dynamodb)
