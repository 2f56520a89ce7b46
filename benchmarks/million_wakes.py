"""A million waits that end in one minute: what the due index is asked, and the memory of a sweep.

The code is that of the product: `EnrolmentWakes` writes the rows, and `SweepDue` reads and sends
them. Below it stands a table in SQLite, which a crowd of any size leaves as small as it was, and a
queue that only counts. Filling and sweeping are processes of their own.

    python -m benchmarks.million_wakes fill|sweep FILE PEOPLE TOGETHER
"""

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from functions.sweep_due.usecase import SweepDue
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.items import Item
from shared.aws.queues import Queue
from shared.aws.wakes import EnrolmentWakes
from shared.domain.due.folds import MAX_FOLDED
from shared.domain.due.timing import LEAD, WOKEN
from shared.domain.journeys.ports import Planned, Ref
from shared.domain.journeys.wakes import Wake

# How many there are, and how many of them are written together: who comes alone has a row alone.
CROWDS: Final = ((10_000, 1), (1_000_000, 1), (1_000_000, MAX_FOLDED))
WRITES_A_PARTITION: Final = 1_000  # a second
# What a call takes is assumed; how many there are is counted, and so is the time beside them.
ASSUMED_MS: Final = {"get_item": 5, "query": 8, "send_message_batch": 12, "update_item": 6}
_WORKSPACE: Final = "bench"
_SLOT: Final = "5107ab90c3de"  # in which all enrolments of the journey lie
_ENDS: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_BEGAN: Final = _ENDS - timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_VALUES: Final = "ExpressionAttributeValues"
_KEYS_BYTES: Final = 150  # of a row: its keys, and when it expires
_UNIT_BYTES: Final = 1_024
_PAGE_BYTES: Final = 1_048_576


class Table:
    """As much of DynamoDB as the due index asks for, and how often it does."""

    def __init__(self, file: str) -> None:
        self._rows = sqlite3.connect(file, isolation_level=None)
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS t (pk TEXT, sk TEXT, fold BLOB, PRIMARY KEY (pk, sk))"
            " WITHOUT ROWID"
        )
        self._positions: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.written: Counter[str] = Counter()  # by partition

    def put_item(self, Item: Item, **_: object) -> None:  # noqa: N803
        """Keep what a row holds, and count its write units."""
        key, fold = (Item["pk"]["S"], Item["sk"]["S"]), Item.get("fold", {}).get("B")
        size = _KEYS_BYTES + len(fold or b"")
        self.written[key[0]] += -(-size // _UNIT_BYTES)
        self._rows.execute("INSERT OR REPLACE INTO t VALUES (?, ?, ?)", (*key, fold))

    def get_item(self, **_: object) -> dict[str, Any]:
        """Give the positions, which are all that is asked for."""
        self.calls["get_item"] += 1
        return {"Item": self._positions} if self._positions else {}

    def query(self, Limit: int, **asked: Any) -> dict[str, Any]:  # noqa: ANN401, N803
        """Give a page of a partition, which ends at a megabyte as DynamoDB's do."""
        self.calls["query"] += 1
        bounds = [asked[_VALUES][name]["S"] for name in (":pk", ":from", ":until")]
        cursor = self._rows.execute(
            "SELECT sk, fold FROM t WHERE pk = ? AND sk BETWEEN ? AND ? ORDER BY sk LIMIT ?",
            (*bounds, Limit),
        )
        items: list[Item] = []
        size = 0
        for sk, fold in cursor:
            items.append({"sk": {"S": sk}} | ({"fold": {"B": fold}} if fold else {}))
            size += _KEYS_BYTES + len(fold or b"")
            if size >= _PAGE_BYTES:
                break
        more = {"LastEvaluatedKey": {}} if len(items) == Limit or size >= _PAGE_BYTES else {}
        return {"Items": items, **more}

    def update_item(self, **asked: Any) -> None:  # noqa: ANN401
        """Move the positions on; a single sweeper finds them as it left them."""
        self.calls["update_item"] += 1
        values: dict[str, Any] = asked[_VALUES]
        for name, value in values.items():
            if name.startswith(":before_") and self._positions[name[8:]] != value:
                raise AssertionError(f"{name[8:]} was moved by somebody else")
        moved = {name[7:]: value for name, value in values.items() if name.startswith(":after_")}
        self._positions.update(moved)

    def begin(self) -> None:
        """Keep what follows together."""
        self._rows.execute("BEGIN")

    def end(self) -> None:
        """Keep it for good."""
        self._rows.execute("COMMIT")


@dataclass
class Counted:
    """An SQS that counts messages and the names in them."""

    calls: Counter[str]
    messages: int = 0
    names: int = 0

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> dict[str, Any]:  # noqa: ARG002, N803
        """Take everything."""
        self.calls["send_message_batch"] += 1
        self.messages += len(Entries)
        self.names += sum(len(json.loads(entry["MessageBody"])["names"]) for entry in Entries)
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@dataclass
class Crowd:
    """What a crowd of one size comes to."""

    people: int
    together: int  # so many were written in one row
    partitions: int
    writes_a_second: float  # of the fullest partition, if all are written within the minute
    sweeps: int
    calls: dict[str, int] = field(default_factory=dict)
    messages: int = 0
    cpu_seconds: float = 0.0
    seconds: float = 0.0  # with what calls are assumed to take, on one whole core
    peak_mb: float = 0.0


def measure() -> list[Crowd]:
    """Fill and sweep for a small crowd and for a million."""
    return [_crowd(people, together) for people, together in CROWDS]


def _crowd(people: int, together: int) -> Crowd:
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "due.sqlite")
        filled, swept = (_in_a_process(work, file, people, together) for work in ("fill", "sweep"))
    if swept["names"] != people:
        raise AssertionError(f"{swept['names']} of {people} were sent")
    waited = sum(ASSUMED_MS[name] * times for name, times in swept["calls"].items()) / 1_000
    return Crowd(
        people,
        together,
        filled["partitions"],
        round(filled["fullest"] / _MINUTE.total_seconds(), 1),
        swept["sweeps"],
        swept["calls"],
        swept["messages"],
        swept["cpu_seconds"],
        round(waited + swept["cpu_seconds"], 1),
        swept["peak_mb"],
    )


def _in_a_process(work: str, file: str, *sizes: int) -> Any:  # noqa: ANN401
    command = [sys.executable, "-m", "benchmarks.million_wakes", work, file, *map(str, sizes)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def fill(file: str, people: int, together: int) -> dict[str, Any]:
    """Let everybody begin to wait, at random instants of one minute a day before it ends.

    Who is written together was woken together, and so waits for about the same instant.
    """
    table = Table(file)
    index = DueIndex(table, "profiles", WOKEN, Queue(Counted(Counter()), "wakes"))
    wakes = EnrolmentWakes(index)
    table.begin()
    for first in range(0, people, together):
        some = [_planned(number, first // together) for number in range(first, first + together)]
        with wakes.folding(some, _BEGAN):
            pass
    table.end()
    return {"partitions": len(table.written), "fullest": max(table.written.values())}


def _planned(number: int, batch: int) -> Planned:
    wake = Wake(Ref(_WORKSPACE, _name(number, 32), _SLOT + _name(number, 20)), 3)
    ends = _ENDS + timedelta(milliseconds=batch * 7_919 % 59_000 + number % 1_000)
    return Planned(_WORKSPACE, wake.name, ends)


def _name(number: int, digits: int) -> str:
    """As good as random, as names are, which no packing makes much shorter."""
    return sha256(str(number).encode()).hexdigest()[:digits]


def sweep(file: str, people: int, _together: int) -> dict[str, Any]:
    """Sweep every minute from before anybody is due until everybody was sent."""
    table = Table(file)
    queue = Counted(table.calls)
    sweeps, start = 0, time.process_time()
    sweeping = SweepDue(
        DueRows(table, "profiles", WOKEN),
        Queue(queue, "wakes"),
        lambda: _ENDS - LEAD + sweeps * _MINUTE,
    )
    while queue.names < people:
        sweeping.sweep(_WORKSPACE, lambda: False)
        sweeps += 1
    return {
        "sweeps": sweeps,
        "calls": dict(table.calls),
        "messages": queue.messages,
        "names": queue.names,
        "cpu_seconds": round(time.process_time() - start, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }


if __name__ == "__main__":
    work, file, *sizes = sys.argv[1:]
    done = {"fill": fill, "sweep": sweep}[work](file, *map(int, sizes))
    sys.stdout.write(json.dumps(done))
