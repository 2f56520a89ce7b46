"""A store that can be walked through, and queues that remember who was asked."""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from functions.mend_waits.mending import Mender
from functions.mend_waits.ports import Ports
from functions.mend_waits.usecase import Asked as AskedFor
from functions.mend_waits.usecase import MendWaits, Reconcile
from shared.aws.damage_scan import DamageScan
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.domain.due.batches import Batch, decode
from shared.domain.due.timing import WOKEN
from shared.domain.messages.model import MessageRequest
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.tiny_store import TinyStore

ROWS_OF_A_PAGE = 3


class Walked(TinyStore):
    """Its scans come in small pages."""

    rows_of_a_page = ROWS_OF_A_PAGE


@dataclass
class Asked:
    """A queue."""

    batches: list[Batch] = field(default_factory=list)
    requests: list[MessageRequest] = field(default_factory=list)

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        self.batches += [decode(body) for body, _ in messages]

    def ask(self, requests: Iterable[MessageRequest]) -> None:
        self.requests += requests


@dataclass
class Mending:
    """mend_waits over a store, at the instant of `clock`; `restarter` sees to executions."""

    store: Any
    clock: Any
    restarter: Any = None
    due: Asked = field(default_factory=Asked)
    wakes: Asked = field(default_factory=Asked)
    messages: Asked = field(default_factory=Asked)
    told: list[tuple[str, Exception]] = field(default_factory=list)

    def run(self) -> dict[str, int]:
        """One walk through all of the table, a page a run, and all shards of the wakes."""
        mender = Mender(self.ports())
        run = MendWaits(self.ports(), mender)
        while not run.run("default", lambda: False, pages=1):
            pass
        for shard in range(32):
            run.clear("default", shard, lambda: False)
        return dict(mender.found)

    def reconcile(
        self, *, only_looks: bool, time: Callable[[], Callable[[], bool]] = lambda: lambda: False
    ) -> tuple[dict[str, int], dict[str, int]]:
        """What an operator has found and left; each call has a `time` of its own."""
        found: Counter[str] = Counter()
        left: Counter[str] = Counter()
        asked: AskedFor | None = AskedFor("default", only_looks=only_looks)
        while asked is not None:
            asked = AskedFor.from_json(json.loads(json.dumps(asked.to_json())))
            mender = Mender(self.ports(), late=asked.late, only_looks=asked.only_looks)
            asked = Reconcile(self.ports(), mender, time()).carry_on(asked)
            found += mender.found
            left += mender.left
        return dict(found), dict(left)

    def ports(self) -> Ports:
        index = DueIndex(self.store, PROFILES_TABLE, WOKEN, Queue(None, "wakes"))
        return Ports(
            scan=DamageScan(self.store, PROFILES_TABLE, CATALOG_TABLE),
            due=self.due,
            wakes=self.wakes,
            messages=self.messages,
            wake_rows=DueRows(self.store, PROFILES_TABLE, WOKEN),
            wake_index=index,
            enrolments=EnrolmentStore(self.store, PROFILES_TABLE),
            people=PersonReader(self.store, PROFILES_TABLE),
            restarter=lambda: self.restarter,
            tell=lambda ref, error: self.told.append((ref.profile_id, error)),
            now=self.clock,
        )
