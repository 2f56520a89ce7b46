"""A world with a clock: people who come due in a small store, and a queue that hides messages."""

from datetime import UTC, datetime, timedelta

import pytest

from functions.sweep_due.usecase import SweepDue
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.queues import Queue
from shared.domain.due.batches import decode
from shared.domain.due.timing import JUDGED
from tests.conftest import PROFILES_TABLE
from tests.crash.faults import Line
from tests.crash.tiny_store import TinyStore

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = 60 * SECOND
DAY = timedelta(days=1)


class World:
    """The due index of `shop`, and who was brought by the queue at which instants."""

    def __init__(self):
        self.dynamodb, self.table = TinyStore(), PROFILES_TABLE
        self.now = NOON
        self.brought: list[tuple[str, datetime]] = []
        self.messages = 0

    def forget(self):
        """All rows, and who was brought: for tests that play one story many times."""
        self.dynamodb.tables.clear()
        self.brought.clear()

    def send_message_batch(self, QueueUrl, Entries):  # noqa: N803
        """The queue: a message is seen when its delay is over."""
        for entry in Entries:
            seen = self.now + entry.get("DelaySeconds", 0) * SECOND
            batch = decode(entry["MessageBody"])
            assert batch.workspace_id == "shop"
            self.brought += [(name, seen) for name in batch.names]
            self.messages += 1
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def put(self, name, due_at, line=None, store=lambda: None):
        """Somebody decides now that a person is due then; storing that is a call of the line."""
        line = line or Line()
        index = DueIndex(line.around(self.dynamodb), self.table, JUDGED, self._queue(line))
        with index.mirror("shop", name, None, due_at, self.now):
            line.call("state", store)

    def sweep(self, line=None, is_time_up=lambda: False, page_rows=2):
        line = line or Line()
        rows = DueRows(line.around(self.dynamodb), self.table, JUDGED, page_rows)
        sweep = SweepDue(rows, self._queue(line), lambda: self.now)
        return sweep.sweep("shop", is_time_up)

    def _queue(self, line):
        return Queue(line.around(self), "due", pause=lambda seconds: None)

    def names(self):
        return [name for name, _ in self.brought]

    def first_seen(self):
        seen: dict[str, datetime] = {}
        for name, at in self.brought:
            seen[name] = min(at, seen.get(name, at))
        return seen


@pytest.fixture
def world():
    return World()
