"""A million waits that end in one minute: what the due index is asked, and the memory of a sweep.

The code is that of the product: `EnrolmentWakes` writes the rows, and `SweepDue` reads and sends
them. Below it stands a table in SQLite, which a crowd of any size leaves as small as it was, and a
queue that only counts. Filling and sweeping are processes of their own.

    python -m benchmarks.million_wakes fill|sweep FILE PEOPLE
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
from pathlib import Path
from typing import Any, Final

from functions.sweep_due.usecase import SweepDue
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.items import Item
from shared.aws.queues import Queue
from shared.aws.wakes import EnrolmentWakes
from shared.domain.due.timing import LEAD, WOKEN
from shared.domain.journeys.ports import Planned, Ref
from shared.domain.journeys.wakes import Wake

CROWDS: Final = (10_000, 1_000_000)
WRITES_A_PARTITION: Final = 1_000  # a second
# What a call takes is assumed; how many there are is counted, and so is the time beside them.
ASSUMED_MS: Final = {"get_item": 5, "query": 8, "send_message_batch": 12, "update_item": 6}
_WORKSPACE: Final = "bench"
_ENDS: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
_BEGAN: Final = _ENDS - timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_VALUES: Final = "ExpressionAttributeValues"


class Table:
    """As much of DynamoDB as the due index asks for, and how often it does."""

    def __init__(self, file: str) -> None:
        self._rows = sqlite3.connect(file, isolation_level=None)
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute(
            "CREATE TABLE IF NOT EXISTS t (pk TEXT, sk TEXT, PRIMARY KEY (pk, sk)) WITHOUT ROWID"
        )
        self._positions: dict[str, Any] = {}
        self.calls: Counter[str] = Counter()
        self.written: Counter[str] = Counter()  # by partition

    def put_item(self, Item: Item, **_: object) -> None:  # noqa: N803
        """Keep the keys of a row."""
        key = Item["pk"]["S"], Item["sk"]["S"]
        self.written[key[0]] += 1
        self._rows.execute("INSERT OR REPLACE INTO t VALUES (?, ?)", key)

    def get_item(self, **_: object) -> dict[str, Any]:
        """Give the positions, which are all that is asked for."""
        self.calls["get_item"] += 1
        return {"Item": self._positions} if self._positions else {}

    def query(self, Limit: int, **asked: Any) -> dict[str, Any]:  # noqa: ANN401, N803
        """Give a page of the sort keys of a partition."""
        self.calls["query"] += 1
        bounds = [asked[_VALUES][name]["S"] for name in (":pk", ":from", ":until")]
        found = self._rows.execute(
            "SELECT sk FROM t WHERE pk = ? AND sk BETWEEN ? AND ? ORDER BY sk LIMIT ?",
            (*bounds, Limit),
        ).fetchall()
        more = {"LastEvaluatedKey": {}} if len(found) == Limit else {}
        return {"Items": [{"sk": {"S": sk}} for (sk,) in found], **more}

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
    return [_crowd(people) for people in CROWDS]


def _crowd(people: int) -> Crowd:
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "due.sqlite")
        filled, swept = (_in_a_process(work, file, people) for work in ("fill", "sweep"))
    if swept["names"] != people:
        raise AssertionError(f"{swept['names']} of {people} were sent")
    waited = sum(ASSUMED_MS[name] * times for name, times in swept["calls"].items()) / 1_000
    return Crowd(
        people,
        filled["partitions"],
        round(filled["fullest"] / _MINUTE.total_seconds(), 1),
        swept["sweeps"],
        swept["calls"],
        swept["messages"],
        swept["cpu_seconds"],
        round(waited + swept["cpu_seconds"], 1),
        swept["peak_mb"],
    )


def _in_a_process(work: str, file: str, people: int) -> Any:  # noqa: ANN401
    command = [sys.executable, "-m", "benchmarks.million_wakes", work, file, str(people)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AssertionError(done.stderr)
    return json.loads(done.stdout)


def fill(file: str, people: int) -> dict[str, Any]:
    """Let everybody begin to wait, at random instants of one minute a day before it ends."""
    table = Table(file)
    index = DueIndex(table, "profiles", WOKEN, Queue(Counted(Counter()), "wakes"))
    wakes = EnrolmentWakes(index)
    table.begin()
    for number in range(people):
        wake = Wake(Ref(_WORKSPACE, f"{number:032x}", f"{number:040x}"), 3)
        ends = _ENDS + timedelta(milliseconds=number * 7_919 % 60_000)
        with wakes.keeping(None, Planned(_WORKSPACE, wake.name, ends), _BEGAN):
            pass
    table.end()
    return {"partitions": len(table.written), "fullest": max(table.written.values())}


def sweep(file: str, people: int) -> dict[str, Any]:
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
    work, file, people = sys.argv[1:]
    done = {"fill": fill, "sweep": sweep}[work](file, int(people))
    sys.stdout.write(json.dumps(done))
