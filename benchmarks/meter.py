"""Counts what AWS would bill for the calls that are really made, by hooks in the one session."""

import base64
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from botocore.model import OperationModel

from shared.aws import session

REGION = "us-east-1"
REGIONS = json.loads((Path(__file__).parent / "prices.json").read_text())
PRICES = REGIONS[REGION]["prices"]
CHUNK = 64 * 1024
FIREHOSE_STEP = 5 * 1024  # each record is rounded up to the next
LAKE_OBJECT = 64 * 1024 * 1024  # what Firehose joins to an object; less when traffic is low
_CAPACITY_OPERATIONS = (
    "PutItem", "UpdateItem", "DeleteItem", "GetItem", "Query", "Scan", "BatchGetItem",
    "BatchWriteItem", "TransactWriteItems", "TransactGetItems", "ExecuteStatement",
    "BatchExecuteStatement",
)  # fmt: skip


class Meter:
    """Billed units by price name; `usd(per)` turns them into dollars.

    Write units are what the table reports for each call (1 KB steps, twice in transactions). Read
    units are counted here from the rows that came back (4 KB steps, half when eventually
    consistent), because the emulator reports a flat one. A refused conditional write is one unit.
    """

    def __init__(self) -> None:
        self.units: Counter[str] = Counter()
        self.calls: Counter[str] = Counter()
        self.told: list[dict[str, Any]] = []  # entries of the bus

    def attach(self, hooks: Any = None) -> None:  # noqa: ANN401 (a session has no types)
        """Hook into a session, that of the functions; must come before its first client is made."""
        hooks = hooks or session._session()
        for operation in _CAPACITY_OPERATIONS:
            hooks.register(f"before-parameter-build.dynamodb.{operation}", self._ask_capacity)
        hooks.register("before-call.dynamodb.*", self._remember_consistency)
        hooks.register("after-call.dynamodb.*", self._dynamodb)
        hooks.register("before-call.sqs.*", self._sqs)
        # Under this name only: botocore takes `events` for another, and would tell twice.
        hooks.register("before-call.eventbridge.PutEvents", self._bus)
        hooks.register("before-call.firehose.PutRecordBatch", self._lake)
        hooks.register("after-call.sesv2.SendEmail", self._mail)

    def reset(self) -> None:
        """Forget what was counted."""
        self.units.clear()
        self.calls.clear()
        self.told.clear()

    def usd(self) -> float:
        """Dollars of everything counted so far, at list price."""
        return sum(units * price(name) for name, units in self.units.items())

    def _ask_capacity(self, params: dict[str, Any], **_: object) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"

    def _remember_consistency(
        self, params: dict[str, Any], context: dict[str, Any], **_: object
    ) -> None:
        body = params["body"]
        context["strong"] = b'"ConsistentRead": true' in (
            body if isinstance(body, bytes) else body.encode()
        )

    def _dynamodb(
        self, parsed: dict[str, Any], model: OperationModel, context: dict[str, Any], **_: object
    ) -> None:
        self.calls[f"dynamodb.{model.name}"] += 1
        if "Error" in parsed:
            self.units["dynamodb_write_unit"] += 1
            return
        if "Get" in model.name or model.name in {"Query", "Scan"}:
            share = 1.0 if context.get("strong") else 0.5
            self.units["dynamodb_read_unit"] += _read_units(parsed) * share
            return
        capacity = parsed.get("ConsumedCapacity", {})
        for table in capacity if isinstance(capacity, list) else [capacity]:
            self.units["dynamodb_write_unit"] += table.get("CapacityUnits", 0)

    def _sqs(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        self.calls[f"sqs.{model.name}"] += 1
        self.units["sqs_request_64kb"] += max(1, math.ceil(len(params["body"]) / CHUNK))

    def _bus(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        self.calls[f"events.{model.name}"] += 1
        entries = json.loads(params["body"])["Entries"]
        self.told += entries
        self.units["eventbridge_event_64kb"] += sum(
            max(1, math.ceil(len(json.dumps(entry)) / CHUNK)) for entry in entries
        )

    def _lake(self, params: dict[str, Any], model: OperationModel, **_: object) -> None:
        self.calls[f"firehose.{model.name}"] += 1
        for record in json.loads(params["body"])["Records"]:
            size = len(base64.b64decode(record["Data"]))
            billed = math.ceil(size / FIREHOSE_STEP) * FIREHOSE_STEP
            self.units["firehose_gb"] += billed / 1e9
            self.units["s3_put"] += size / LAKE_OBJECT

    def _mail(self, parsed: dict[str, Any], **_: object) -> None:
        self.calls["sesv2.SendEmail"] += 1
        if "Error" not in parsed:
            self.units["ses_message"] += 1


def price(name: str) -> float:
    """Dollars for one unit."""
    entry = PRICES[name]
    return float(entry["per_gb"] if "per_gb" in entry else entry["per_million"] / 1_000_000)


def _read_units(parsed: dict[str, Any]) -> int:
    """4 KB steps: over the sum of a query's rows, and for each row of a get."""
    if "Items" in parsed:
        return max(1, math.ceil(sum(map(row_bytes, parsed["Items"])) / 4096))
    rows = [parsed.get("Item", {})]
    if "Responses" in parsed:
        responses = parsed["Responses"]
        groups = responses.values() if isinstance(responses, dict) else [responses]
        rows = [row for group in groups for row in group] or [{}]
    return sum(max(1, math.ceil(row_bytes(row) / 4096)) for row in rows)


def row_bytes(item: dict[str, Any]) -> int:
    """The billed bytes of a row: its names and its values, as DynamoDB counts them, roughly."""
    return sum(
        len(name.encode()) + len(str(next(iter(value.values()))).encode())
        for name, value in item.items()
    )
