"""What an event costs by what was there before: events of the person, segments, people.

The same as the bill of events, in batches of ten of one person: real calls, counted. Whatever was
there before lies in the tables as the functions would have left it; only the way it gets there is
shorter. For a million people the tables lie in AWS's own DynamoDB Local, on disk, and what it says
that a call takes is what is counted of writes; reads are counted from the rows, as everywhere.
"""

import hashlib
import json
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from benchmarks import live_segments
from benchmarks.emulated_aws import CATALOG, PROFILES, EmulatedAws, administrate, emulated_aws
from benchmarks.meter import Meter, price, row_bytes
from benchmarks.spine import CATALOG_TTL_SECONDS, NAMES, Spine
from infra.local.dynamodb_local import free_port, running
from shared.aws import keys
from shared.aws.identity_rows import answering, new_profile, sighting_item
from shared.aws.items import Item, from_item, to_item, to_text
from shared.aws.profile_rows import event_item
from shared.aws.state_store import StateStore
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.events.model import Event
from shared.domain.identity.graph import Graph, Identifier, Node, Root

HISTORIES: Final = (10, 1_000, 10_000, 100_000)
SEGMENTS: Final = (10, 100, 1_000)
PEOPLE: Final = (10_000, 100_000, 1_000_000)
EVENTS: Final = 200  # that are measured
HISTORY_DAYS: Final = 380
_BATCH: Final = 10
_ROWS_A_CALL: Final = 25
_AT_ONCE: Final = 2
_UTC: Final = ZoneInfo("UTC")
_BORN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_WORKSPACE: Final = "default"


class Growth(Spine):
    """Sends events of somebody, after something was put there."""

    def after(self, size: int, user: str) -> dict[str, Any]:
        """What the next events of a user take, one of them on average."""
        time.sleep(CATALOG_TTL_SECONDS)
        self._go(user, f"{user}-{size}-warm", _BATCH)  # opens what is opened once
        self.meter.reset()
        self.cpu.clear()
        self.log_bytes = 0
        self._go(user, f"{user}-{size}", EVENTS)
        self.bill_computing()
        units = self.meter.units
        usd = sum(n * price(name) for name, n in units.items()) / EVENTS
        return {
            "size": size,
            "read_units": round(units["dynamodb_read_unit"] / EVENTS, 3),
            "write_units": round(units["dynamodb_write_unit"] / EVENTS, 3),
            "usd_per_million": round(usd * 1e6, 3),
            "cpu_us": round(sum(self.cpu.values()) / EVENTS * 1e6),
        }

    def known(self, user: str) -> str:
        """Somebody who did a little; gives the strand."""
        self._go(user, f"{user}-first", _BATCH)
        row = self._row(keys.identifier(_WORKSPACE, "user_id", user))
        return str(row["strand_id"])

    def remember(self, strand: str, events: int) -> None:
        """Put a history into the timeline of somebody, and into what is counted of it."""
        now = datetime.now(UTC).replace(microsecond=0)
        step = timedelta(days=HISTORY_DAYS) / events
        past = [_past(n, now - step * (events - n)) for n in range(events)]
        self.put((event_item(strand, event) for event in past), PROFILES)
        state = self._row(keys.Key(keys.person(_WORKSPACE, strand), keys.STATE))
        occurrences = [
            Occurrence(position_of(str(n)), event.name, event.occurred_at)
            for n, event in enumerate(past, state["events"] + 1)
        ]
        states = StateStore(self.aws.client("dynamodb"), PROFILES)
        for (name, month), counted in fold_counters(occurrences, _UTC).items():
            states.fold_counter(_WORKSPACE, strand, name, month, counted)
        if fold := fold_state(occurrences):
            states.fold_state(_WORKSPACE, strand, fold)
        for _ in self.aws.news():  # what was put there is known already
            pass

    def put(self, rows: Iterable[Item], table: str) -> None:
        """Write rows past the functions."""
        dynamodb, waiting = self.aws.client("dynamodb"), iter(rows)

        def write(chunk: list[Item]) -> None:
            puts = [{"PutRequest": {"Item": item}} for item in chunk]
            if dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]:
                raise AssertionError("the emulator is busy")

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(write, iter(lambda: list(islice(waiting, _ROWS_A_CALL)), [])))

    def fill_catalog(self, first: int, last: int) -> None:
        """Publish segments that nothing here touches: copies of the rows of one that was put."""
        name = "other-0"
        condition = {"type": "event", "event": name, "within_days": 30}
        body = {"segment_id": name, "title": name, "condition": condition}
        administrate(self.handles["manage_workspace"], "PUT", f"/segments/{name}", body)
        pages = self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=CATALOG)
        items = [item for page in pages for item in page["Items"]]
        made = [json.dumps(item) for item in items if name in item["sk"]["S"]]
        copies = (
            json.loads(row.replace(name, f"other-{n}")) for row in made for n in range(first, last)
        )
        self.put(copies, CATALOG)

    def _go(self, user: str, tag: str, events: int) -> None:
        for first in range(0, events, _BATCH):
            self._post(_body(user, f"{tag}-{first}"), _BATCH)
        self._merge()
        self._update()

    def _row(self, key: keys.Key) -> dict[str, Any]:
        found = self.aws.client("dynamodb").get_item(
            TableName=PROFILES, Key=to_item(key._asdict()), ConsistentRead=True
        )
        return from_item(found["Item"])


def measure(aws: EmulatedAws, meter: Meter) -> dict[str, Any]:
    """By history and by segments."""
    growth = Growth(aws, meter)
    touching = list(live_segments.segments(live_segments.TOUCHED))
    growth.publish(live_segments.segments(live_segments.TOUCHED))
    histories = []
    for size in HISTORIES:
        user = f"past-{size}"
        growth.remember(growth.known(user), size)
        histories.append(growth.after(size, user))
    segments, there = [], 1
    growth.known("segmented")
    for size in SEGMENTS:
        wanted = size - len(touching) - 2  # two are of the workspace of the bench
        growth.fill_catalog(there, wanted)
        there = max(there, wanted)
        segments.append(growth.after(size, "segmented"))
    return {"events": EVENTS, "history": histories, "segments": segments}


def measure_people(meter: Meter, sizes: Sequence[int] = PEOPLE) -> list[dict[str, Any]]:
    """By how many people there are; the same person does the same each time."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as local:
        port, place = free_port(), Path(folder)
        address = local.enter_context(running(port, place))
        with emulated_aws(dynamodb=address) as aws:
            growth = Growth(aws, meter)
            growth.publish(live_segments.segments(live_segments.TOUCHED))
            growth.known("one of many")
            found, there = [], 0
            for size in sizes:
                local.close()  # it must not hold the file that is filled
                _fill(place, range(there, size))
                there = size
                local.enter_context(running(port, place))
                found.append(growth.after(size, "one of many"))
            _count(aws, there)
            return found


def _fill(folder: Path, people: range) -> None:
    """Put people into the file of DynamoDB Local, each with a profile and an identifier."""
    (file,) = folder.glob("*.db")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.executemany(
            f'INSERT INTO "{PROFILES}" (hashKey, rangeKey, hashValue, rangeValue, itemSize,'
            " ObjectJSON) VALUES (?, ?, ?, ?, ?, ?)",
            (_stored(row) for n in people for row in _person(n)),
        )


def _stored(row: Item) -> tuple[bytes, bytes, bytes, bytes, int, bytes]:
    hash_key, range_key = row["pk"]["S"].encode(), row["sk"]["S"].encode()
    digests = (hashlib.sha1(key, usedforsecurity=False).digest() for key in (hash_key, range_key))
    return (hash_key, range_key, *digests, row_bytes(row), to_text(row).encode())


def _person(n: int) -> Iterator[Item]:
    strand, name = f"{n:032x}", Identifier("user_id", f"crowd-{n}")
    node = Node(name, strand, _BORN)
    graph = Graph(roots=(Root(strand, _BORN),), nodes=(node,))
    yield to_item({**new_profile(_WORKSPACE, strand, _BORN), **answering(graph, None)})
    yield sighting_item(_WORKSPACE, node, strand, None)


def _count(aws: EmulatedAws, people: int) -> None:
    """Look whether the last of them is really there."""
    key = keys.identifier(_WORKSPACE, "user_id", f"crowd-{people - 1}")
    if "Item" not in aws.client("dynamodb").get_item(
        TableName=PROFILES, Key=to_item(key._asdict())
    ):
        raise AssertionError(f"there are not {people} people")


def _past(n: int, at: datetime) -> Event:
    return Event(
        workspace_id=_WORKSPACE,
        source_id="bench",
        message_id=f"past-{n}",
        type="track",
        name="catalog",
        occurred_at=at,
        received_at=at,
        timestamp=at,
        properties={"product": f"sku-{n % 100}", "value": 19.9},
    )


def _body(user: str, tag: str) -> bytes:
    now = datetime.now(UTC)
    batch = [
        {
            "type": "track",
            "event": NAMES[n % len(NAMES)],
            "messageId": f"{tag}-{n}",
            "userId": user,
            "timestamp": (now - timedelta(seconds=_BATCH - n)).isoformat(),
            "properties": {"product": f"sku-{n}", "value": 19.9, "list": "summer"},
        }
        for n in range(_BATCH)
    ]
    return json.dumps({"sentAt": now.isoformat(), "batch": batch}).encode()
