"""What an event costs on its way: processor time in each handler, billed units, dollars."""

import base64
import io
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from benchmarks.emulated_aws import Context, EmulatedAws, administrate, http_request
from benchmarks.meter import Meter, price, row_bytes

EVENTS = 1_000
WAYS = ((1, True), (10, True), (100, True), (10, False))  # batch, one person in each
MEMORY_GB = 0.5
CATALOG_TTL_SECONDS = 6  # readers look again after 5
STREAM_BATCH, LAKE_BATCH = 100, 1_000  # records that update_tags and write_lake take at once
DELETE_AND_RECEIVE = 2  # requests by which Lambda takes a batch of up to ten messages
ROW_OVERHEAD = 100  # bytes that DynamoDB bills for a row beside what is in it
NAMES = ("catalog", "product", "main", "catalog", "cart", "catalog", "delivery", "main", "pay")
WORKSPACE: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PUT", "/settings", {"email_from": "shop@example.com"}),
    (
        "PUT",
        "/segments/buyers",
        {
            "segment_id": "buyers",
            "title": "Buyers",
            "condition": {"type": "event", "event": "pay", "within_days": 30},
        },
    ),
    (
        "PUT",
        "/segments/browsers",
        {
            "segment_id": "browsers",
            "title": "Browsers",
            "condition": {"type": "event", "event": "catalog", "times": 3, "within_days": 30},
        },
    ),
    (
        "PUT",
        "/templates/cart",
        {"template_id": "cart", "channel": "email", "subject": "Cart", "html": "<p>Cart</p>"},
    ),
    (
        "PUT",
        "/journeys/cart",
        {
            "journey_id": "cart",
            "title": "Cart",
            "entry": {"type": "event", "event": "cart"},
            "steps": [{"type": "send", "name": "remind", "template_id": "cart"}],
        },
    ),
    ("POST", "/journeys/cart/publish", {}),
)


@dataclass
class Bill:
    """One way of sending the same number of events: what it took, for one event."""

    batch: int
    people: str
    cpu_us: dict[str, float] = field(default_factory=dict)
    units: dict[str, float] = field(default_factory=dict)
    usd_per_million: float = 0.0
    usd_by_price: dict[str, float] = field(default_factory=dict)
    stored_bytes: int = 0  # of the rows of the timeline, as DynamoDB bills them


class Spine:
    """The four functions that every event meets, called as Lambda calls them."""

    def __init__(self, aws: EmulatedAws, meter: Meter) -> None:
        """Make the workspace and a write key through the admin API."""
        self.aws, self.meter = aws, meter
        self.handles = {
            name: import_module(f"functions.{name}.handler").handle
            for name in (
                *("ingest_events", "merge_identity", "update_tags", "write_lake"),
                "manage_workspace",
            )
        }
        admin = self.handles["manage_workspace"]
        for method, path, body in WORKSPACE:
            administrate(admin, method, path, body)
        key = administrate(admin, "POST", "/write-keys", {"source_id": "bench"})["write_key"]
        self.authorization = f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"
        self.cpu: Counter[str] = Counter()
        self.log_bytes = 0
        self.stored_bytes = 0

    def publish(self, segments: Mapping[str, Mapping[str, Any]]) -> None:
        """Publish more segments, and wait until every function knows them."""
        for name, condition in segments.items():
            body = {"segment_id": name, "title": name, "condition": condition}
            administrate(self.handles["manage_workspace"], "PUT", f"/segments/{name}", body)
        time.sleep(CATALOG_TTL_SECONDS)

    def run(self, batch: int, one_person_a_batch: bool, tag: str) -> Bill:
        """Send EVENTS events in requests of `batch` and follow them to their segments.

        The people are known already: each has been here once before, with as many events.
        """
        self._send(batch, one_person_a_batch, f"{tag}-before")
        self._merge()
        self._update()
        self.meter.reset()
        self.cpu.clear()
        self.log_bytes = self.stored_bytes = 0
        self._send(batch, one_person_a_batch, tag)
        self._merge()
        self._update()
        people = "one person a request" if one_person_a_batch else "as many people as events"
        return self._bill(Bill(batch, people))

    def _send(self, batch: int, one_person_a_batch: bool, tag: str) -> None:
        for body in bodies(batch, one_person_a_batch, tag):
            self._post(body, batch)

    def _post(self, body: bytes, events: int) -> None:
        request = http_request("POST", "/v1/batch", body, self.authorization)
        self.meter.units["http_api_request"] += 1
        answer = self._call("ingest_events", request)
        if json.loads(answer["body"])["accepted"] != events:
            raise AssertionError(answer["body"])

    def _merge(self) -> None:
        for records in self.aws.drain("events"):
            self.meter.units["sqs_request_64kb"] += DELETE_AND_RECEIVE
            self._call("merge_identity", {"Records": records})

    def _update(self, *, lake: bool = True) -> None:
        fresh = [record for record in self.aws.news() if wanted(record)]
        rows = (each["dynamodb"] for each in fresh if each["eventName"] == "INSERT")
        self.stored_bytes += sum(row_bytes(row["NewImage"]) + ROW_OVERHEAD for row in rows)
        for function, size in (("update_tags", STREAM_BATCH), ("write_lake", LAKE_BATCH)):
            if function == "write_lake" and not lake:
                continue
            for start in range(0, len(fresh), size):
                self._call(function, {"Records": fresh[start : start + size]})

    def _call(self, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401
        out = io.StringIO()
        handle: Callable[..., Any] = self.handles[function]
        with redirect_stdout(out):
            start = time.process_time()
            answer = handle(event, Context())
            self.cpu[function] += time.process_time() - start
        self.log_bytes += len(out.getvalue())
        self.meter.units["lambda_request"] += 1
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise AssertionError(f"{out.getvalue()[-2_000:]}\n{function} wants a batch again")
        return answer

    def bill_computing(self) -> None:
        """Count processor time and logs among what is billed."""
        self.meter.units["lambda_gb_second_arm64"] += sum(self.cpu.values()) * MEMORY_GB
        self.meter.units["cloudwatch_logs_gb"] += self.log_bytes / 1e9

    def _bill(self, bill: Bill) -> Bill:
        self.bill_computing()
        scale = 1_000_000 / EVENTS
        bill.cpu_us = {name: round(s / EVENTS * 1e6, 1) for name, s in self.cpu.items()}
        bill.units = {name: round(n / EVENTS, 10) for name, n in self.meter.units.items()}
        bill.usd_by_price = {
            name: round(n * price(name) * scale, 3) for name, n in self.meter.units.items()
        }
        bill.usd_per_million = round(self.meter.usd() * scale, 3)
        bill.stored_bytes = round(self.stored_bytes / EVENTS)
        return bill


def wanted(record: dict[str, Any]) -> bool:
    """The filter of the event source: new events, and profiles that changed."""
    key = record["dynamodb"]["Keys"]["sk"]["S"]
    return (key.startswith("EVT#") and record["eventName"] == "INSERT") or key == "PROFILE"


def bodies(batch: int, one_person: bool, tag: str) -> Iterator[bytes]:
    """Request bodies as the SDKs send them, about half a kilobyte an event."""
    start = datetime.now(UTC) - timedelta(minutes=10)
    kind = f"{batch}-{one_person}"
    for first in range(0, EVENTS, batch):
        moments = [start + timedelta(milliseconds=n) for n in range(first, first + batch)]
        yield json.dumps(
            {
                "sentAt": datetime.now(UTC).isoformat(),
                "batch": [
                    {
                        "type": "track",
                        "event": NAMES[(first + n) % len(NAMES)],
                        "messageId": f"{tag}-{first + n}",
                        "userId": f"{kind}-{first // max(batch, 10) if one_person else first + n}",
                        "timestamp": at.isoformat(),
                        "properties": {"product": f"sku-{n}", "value": 19.9, "list": "summer"},
                        "context": {
                            "library": {"name": "analytics-python", "version": "2.4.0"},
                            "page": {"url": "https://shop.example.com/summer", "title": "Summer"},
                        },
                    }
                    for n, at in enumerate(moments)
                ],
            }
        ).encode()
