"""A table of people with its stream, a lake, and the code that leads from one to the other."""

import gzip
import json
import random
from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from io import BytesIO
from itertools import count
from typing import Any

from aws_lambda_powertools import Logger

from functions.replay_lake.usecase import Ports, ReplayLake
from functions.update_tags.batch import update_people
from functions.write_lake.usecase import event_rows, identity_rows
from shared.aws.consent_moves import ConsentMoves
from shared.aws.corrections import Corrections
from shared.aws.event_applier import make_ports
from shared.aws.identity_judge import IdentityJudge
from shared.aws.identity_store import IdentityStore
from shared.aws.lake_reader import LakeReader
from shared.aws.profile_store import ProfileStore
from shared.aws.replay_store import ReplayStore
from shared.aws.sent_messages import SentMessages
from shared.aws.suppressions import Suppressions
from shared.aws.tombstones import Tombstones
from shared.domain.identity.applying import ApplyEvents
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resettling import Resettle
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.unmerge import Order, remerge, unmerge_link
from shared.domain.lake.tables import TABLES
from shared.domain.recovery.progress import Replay
from tests.applying import Report, Secrets, all_rows
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.crash.faults import KilledError
from tests.crash.tiny_store import TinyStore
from tests.functions.update_tags.conftest import Bench, Wire

LAKE = "lake"


class Recorder(TinyStore):
    """Tables in memory, and what the stream of the one of people would bring of each write."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[dict[str, Any]] = []
        self.stream = "2026-11-01T00:00:00.000"
        self._numbers = count(10**20)
        self.die_after: int | None = None

    def new_stream(self, label: str) -> None:
        """Numbers begin anew with each stream, and below where the last one stood."""
        self.stream, self._numbers, self.records = label, count(10), []

    def scan(self, *, TableName: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        rows = self.tables.get(TableName, {}).values()
        return {"Items": [self.unpack(item) for found in rows for item in found.values()]}

    def _alone(self, action: dict[str, Any]) -> dict[str, Any]:
        self._live()
        return super()._alone(action)

    def transact_write_items(self, **request: Any) -> dict[str, Any]:
        self._live()
        return super().transact_write_items(**request)

    def _live(self) -> None:
        if self.die_after is not None:
            self.die_after -= 1
            if self.die_after < 0:
                raise KilledError

    def _do(self, action: dict[str, Any]) -> None:
        table, pk, sk = next(iter(action.values()))["TableName"], *_key(action)
        key = {"pk": pk, "sk": sk}
        before = self._find(table, key)
        super()._do(action)
        after = self._find(table, key)
        if table == PROFILES_TABLE and after != before:
            self._record(key, before, after)

    def _record(self, key: Any, old: Any, new: Any) -> None:
        kind = "INSERT" if old is None else "REMOVE" if new is None else "MODIFY"
        change = {"Keys": key, "SequenceNumber": str(next(self._numbers))}
        if new is not None:
            change["NewImage"] = new
        source = f"arn:aws:dynamodb:us-east-1:1:table/profiles/stream/{self.stream}"
        self.records.append({"eventName": kind, "dynamodb": change, "eventSourceARN": source})


def _key(action: dict[str, Any]) -> tuple[Any, Any]:
    request = next(iter(action.values()))
    found = request.get("Key") or request["Item"]
    return found["pk"], found["sk"]


class Bucket:
    """An S3 with one bucket, whose lists come in pages of three."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": BytesIO(self.objects[Key])}

    def list_objects_v2(self, **request: Any) -> dict[str, Any]:
        start = request.get("ContinuationToken") or request.get("StartAfter", "")
        found = [
            key for key in sorted(self.objects) if key.startswith(request["Prefix"]) and key > start
        ]
        page: dict[str, Any] = {"Contents": [{"Key": key} for key in found[:3]]}
        if len(found) > 3:
            page |= {"IsTruncated": True, "NextContinuationToken": found[2]}
        return page


@dataclass
class World:
    """People, their stream, and the lake that write_lake fills from it."""

    make_event: Callable[..., Any]
    seed: int = 1
    now: datetime = NOON
    objects: int = 0
    ids: Any = field(default_factory=lambda: count(1))
    report: Report = field(default_factory=Report)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.table = Recorder()
        self.bench = Bench(self.table, PROFILES_TABLE, self.make_event, lambda: None)
        self.s3 = Bucket()
        self.log = Logger(service="test", level="ERROR")

    # --- what happens -------------------------------------------------------------------------

    def applying(self) -> Any:
        return make_ports(
            self.table,
            Secrets,
            profiles_table=PROFILES_TABLE,
            catalog_table=CATALOG_TABLE,
            identity_secret_arn="identity",
            report=self.report,
            new_id=lambda: f"strand{next(self.ids):03d}",
            pause=lambda seconds: None,
            now=lambda: self.now,
        )

    def come_in(self, events: Iterable[Any], **proof: Any) -> None:
        applied = ApplyEvents(self.applying()).apply(list(events), **proof)
        assert not applied.failed, self.report.errors
        assert not applied.refused

    def judge(self) -> IdentityJudge:
        moves = ConsentMoves(self.table, PROFILES_TABLE, now=lambda: self.now)
        store = IdentityStore(
            self.table, PROFILES_TABLE, moves, now=lambda: self.now, pause=lambda seconds: None
        )
        ports = self.applying()
        return IdentityJudge(store, ports.tombstones, ports.new_id)

    def cut(self, one: Identifier, other: Identifier) -> None:
        rulebook, order = self._rulebook(), Order("order", "operator", self.now)

        def decide(known: Any) -> Any:
            return unmerge_link(known, one, other, order, rulebook).resolution

        self.judge().decide_again("default", rulebook, [one, other], decide)

    def mend(self, one: Identifier, other: Identifier) -> None:
        rulebook = self._rulebook()
        self.judge().decide_again(
            "default",
            rulebook,
            [one, other],
            lambda known: remerge(known, [(one, other)], rulebook),
        )

    def _rulebook(self) -> Any:
        return rulebook_of(self.applying().catalog.identity_rules("default"))

    def suppressions(self) -> Suppressions:
        return self.applying().consents._suppressions

    def tombstones(self) -> Tombstones:
        return self.applying().tombstones

    # --- the stream ---------------------------------------------------------------------------

    def flow(self, *, to_lake: bool = True, judged: bool = True) -> None:
        """Let the stream bring all that it holds, to both of its readers, in uneven batches."""
        while self.table.records:
            size = self.random.randint(1, 12)
            batch, self.table.records = self.table.records[:size], self.table.records[size:]
            if to_lake:
                self._write("identities", identity_rows(batch))
                self._write("events", event_rows(batch))
            if judged:
                ports = self.bench.ports(Wire())
                for _ in range(self.random.choice((1, 1, 2))):  # now and then a batch comes again
                    outcome = update_people(
                        batch, self.bench.plans(), ports, lambda: self.now, self.log
                    )
                    assert not outcome.failed

    def settle(self) -> None:
        """Judge everybody by the time that has passed, as sweeps of those who are due would."""
        roots = {row["profile_id"] for row in self.rows() if "graph" in row}
        assert not self.bench.judge(*sorted(roots)).failed
        self.table.records = []

    def _write(self, table: str, rows: Iterable[Any]) -> None:
        lines = [json.dumps(row) for row in rows]
        if not lines:
            return
        if self.random.random() < 0.3:  # delivered twice
            lines += lines[:2]
        self.objects += 1
        day = (self.now.date()).isoformat()
        # Names of one day say nothing of the order in which objects were written.
        name = f"{table}/day={day}/{self.random.getrandbits(32):08x}-{self.objects}.gz"
        body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
        self.s3.put_object(Bucket=LAKE, Key=name, Body=body)

    def lake_rows(self, table: str) -> list[dict[str, Any]]:
        """Every row of a table of the lake, doubles included."""
        reader = LakeReader(self.s3, LAKE)
        named = {each.name: each for each in TABLES}
        return [row for key in reader.keys(named[table]) for _, row in reader.rows(key)]

    def pass_time(self, days: int) -> None:
        self.now += timedelta(days=days)
        self.bench.now = self.now

    # --- loss and return ----------------------------------------------------------------------

    def snapshot(self) -> dict[str, Any]:
        """What point-in-time recovery would give back."""
        return deepcopy(self.table.tables[PROFILES_TABLE])

    def lose(self, restored: dict[str, Any] | None = None) -> None:
        """The table is gone; another one, with these rows and a stream of its own, takes over."""
        self.table.tables[PROFILES_TABLE] = deepcopy(restored or {})
        self.table.new_stream("2026-12-31T00:00:00.000")
        self.bench.bus.published.clear()

    def replays(self) -> ReplayStore:
        return ReplayStore(self.table, CATALOG_TABLE)

    def replay(self, from_day: str = "", name: str = "r1", turns: int = 1000) -> Replay:
        """Begin a replay if there is none of this name, and take so many turns, each a stretch."""
        self.replays().add(
            Replay(
                workspace_id="default",
                replay_id=name,
                created_at=self.now,
                updated_at=self.now,
                from_day=from_day,
            )
        )
        state = None
        for _ in range(turns):
            state = self.replay_lake().carry_on("default", name, lambda: True)
            assert state
            if state.is_done:
                break
            # A turn without time only counts what there is; the next ones go on.
            state = self.replay_lake().carry_on("default", name, _after(self.random.randint(1, 3)))
            if state and state.is_done:
                break
        assert state
        return state

    def replay_lake(self) -> ReplayLake:
        applying = self.applying()
        return ReplayLake(
            Ports(
                replays=self.replays(),
                lake=LakeReader(self.s3, LAKE),
                applier=ApplyEvents(applying),
                strands=ProfileStore(self.table, PROFILES_TABLE),
                sent=SentMessages(self.table, PROFILES_TABLE),
                consents=applying.consents,
                resettle=Resettle(applying.identity, applying.tombstones, applying.catalog),
                corrections=Corrections(self.table, PROFILES_TABLE, self.judge(), applying.catalog),
                now=lambda: self.now,
                threads=1,
            )
        )

    def rows(self) -> list[dict[str, Any]]:
        return all_rows(self.table, PROFILES_TABLE)


def _after(looks: int) -> Callable[[], bool]:
    """Time is up after so many looks at the clock."""
    left = count(looks, -1)
    return lambda: next(left) <= 0
