"""Real purchases, by file and by the API with duplicates: counters and revenue come out exact."""

import gzip
import random
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

pytestmark = pytest.mark.stack

FILE = Path(__file__).parents[1] / "data" / "cdnow_master.txt.gz"
BY_API, BY_FILE = 400, 300  # purchases; `make cdnow` takes all 69,659
DEFINITION = {
    "kind": "events",
    "source_id": "cdnow",
    "columns": {
        "customer_id": {"to": "identifier", "kind": "user_id"},
        "date": {"to": "at", "formats": ["%Y%m%d"]},
        "number_of_cds": {"to": "property", "name": "quantity", "type": "number"},
        "dollar_value": {"to": "property", "name": "revenue", "type": "number"},
    },
}


def purchases(start: int, number: int) -> list[list[str]]:
    lines = gzip.decompress(FILE.read_bytes()).decode().splitlines()[1:]
    return [line.split() for line in lines[start : start + number]]


def counted(stack, event: str) -> tuple[int, Decimal]:
    """How many there are and what they are worth, by the counters of all people."""
    times, revenue = 0, Decimal(0)
    pages = stack.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=stack.outputs["ProfilesTable"], ConsistentRead=True):
        for item in page["Items"]:
            if item["sk"]["S"].startswith(f"CNT#{event}#"):
                for name, value in item.items():
                    if name[0] == "d" and name[1:].isdigit():
                        times += int(value["N"])
                    if name[0] == "r" and name[1:].isdigit():
                        revenue += Decimal(value["N"])
    return times, revenue


def worth(rows) -> Decimal:
    return sum((Decimal(row[3]) for row in rows), Decimal(0))


def test_a_tenth_of_what_the_api_gets_comes_twice_and_counts_once(stack, admin, write_key):
    run, rows = uuid4().hex[:8], purchases(0, BY_API)
    name = f"api purchase {run}"
    events = [
        {
            "type": "track",
            "event": name,
            "userId": f"{run}-{customer}",
            "messageId": f"{run}-{number}",
            "timestamp": f"{date[:4]}-{date[4:6]}-{date[6:]}T12:00:00Z",
            "properties": {"quantity": int(cds), "revenue": float(value)},
        }
        for number, (customer, date, cds, value) in enumerate(rows)
    ]
    chosen = random.Random(7)
    events += chosen.sample(events, BY_API // 10)
    chosen.shuffle(events)
    for start in range(0, len(events), 50):
        answer = httpx.post(
            f"{stack.api_url}/v1/batch",
            json={"batch": events[start : start + 50]},
            auth=(write_key, ""),
            timeout=60,
        )
        assert answer.json()["accepted"] == len(events[start : start + 50])

    admin.until(lambda: counted(stack, name)[0] >= BY_API)
    assert counted(stack, name) == (BY_API, worth(rows))


def test_a_file_is_uploaded_and_imported_and_counted_exactly(stack, admin):
    run, rows = uuid4().hex[:8], purchases(1_000, BY_FILE)
    name = f"file purchase {run}"
    lines = [" customer_id  date number_of_cds  dollar_value", *(" ".join(row) for row in rows)]
    lines.append("00001 yesterday 1 5.00")
    body = {
        "import_id": run,
        "file_name": "cdnow.txt.gz",
        "definition": {**DEFINITION, "constants": {"event": name}},
    }
    made = admin.call("POST", "/imports", body)
    packed = gzip.compress("\r\n".join(lines).encode())
    assert httpx.put(made["upload_url"], content=packed, timeout=60).is_success
    admin.call("POST", f"/imports/{run}/start")
    admin.call("POST", f"/imports/{run}/start")  # two messages, one import

    def state():
        return admin.call("GET", f"/imports/{run}")["imported"]

    admin.until(lambda: state()["status"] in ("completed", "failed"))
    done = state()
    assert (done["status"], done["rows"], done["rejected"]) == ("completed", BY_FILE + 1, 1)
    rejected = httpx.get(done["rejected_url"], timeout=60).content.decode("utf-8-sig")
    assert "yesterday" in rejected.splitlines()[1]

    admin.until(lambda: counted(stack, name)[0] >= BY_FILE)
    assert counted(stack, name) == (BY_FILE, worth(rows))
