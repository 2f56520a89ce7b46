"""CDNOW whole: 69,659 purchases of 23,570 people by import, then counted in tables and by SQL.

Run it with `python -m benchmarks.cdnow [purchases]`. Everything that works on the rows is the
product's own: the importer, the code that applies events, update_tags and write_lake on the stream.
"""

import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from benchmarks import in_process_aws as aws

FILE = Path(__file__).parent.parent / "tests" / "data" / "cdnow_master.txt.gz"
PURCHASES, PEOPLE, REVENUE = 69_659, 23_570, Decimal("2500315.63")
DEFINITION = {
    "kind": "events",
    "source_id": "cdnow",
    "timezone": "UTC",
    "constants": {"event": "order_completed"},
    "columns": {
        "customer_id": {"to": "identifier", "kind": "user_id"},
        "date": {"to": "at", "formats": ["%Y%m%d"]},
        "number_of_cds": {"to": "property", "name": "quantity", "type": "number"},
        "dollar_value": {"to": "property", "name": "revenue", "type": "number"},
    },
}
STREAM_BATCH = 1000


class Folder:
    """Files of imports on this machine."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def read_from(self, key: str, tag: str, offset: int) -> Iterator[bytes]:  # noqa: ARG002
        """The bytes of the only file."""
        yield self._data[offset:]

    def put_part(self, job: object, text: str) -> None:  # noqa: ARG002
        """Nothing may be rejected here."""
        raise AssertionError(text)

    def join_parts(self, job: object, header: str) -> None:
        """Nothing was rejected."""

    def delete_upload(self, job: object) -> None:
        """The file stays."""


def run(data: bytes) -> dict[str, Any]:
    """Import a file into empty tables and feed the stream; gives what there is then."""
    lake = aws.install()
    os.environ.update(
        AWS_DEFAULT_REGION="us-east-1",
        PROFILES_TABLE=aws.PROFILES,
        CATALOG_TABLE=aws.CATALOG,
        BUS_NAME="bus",
        DUE_QUEUE_URL="https://sqs/due",
        OUTBOUND_QUEUE_URL="https://sqs/outbound",
        EVENTS_STREAM="events",
        IDENTITIES_STREAM="identities",
        POWERTOOLS_METRICS_DISABLED="true",
        POWERTOOLS_METRICS_NAMESPACE="Rapport",
        POWERTOOLS_LOG_LEVEL="ERROR",
    )
    started = time.perf_counter()
    job = _import(data)
    imported = time.perf_counter()
    _follow_stream()
    return {
        "rows": job.rows,
        "rejected": job.rejected,
        "seconds importing": round(imported - started, 1),
        "seconds counting": round(time.perf_counter() - imported, 1),
        **_from_tables(),
        **_from_lake(lake.lines),
    }


def _import(data: bytes) -> Any:  # noqa: ANN401
    from aws_lambda_powertools import Logger

    from functions.import_records.usecase import ImportRecords, Ports
    from shared.aws import session
    from shared.aws.event_applier import event_applier
    from shared.aws.import_store import ImportStore
    from shared.domain.imports.definition import ImportDefinition
    from shared.domain.imports.progress import Import

    now = datetime.now(UTC)
    jobs = ImportStore(session.client("dynamodb"), aws.PROFILES)
    jobs.add(
        Import(
            workspace_id="default",
            import_id="cdnow",
            definition=ImportDefinition.model_validate(DEFINITION),
            file_key="cdnow",
            file_name=FILE.name,
            timezone="UTC",
            created_at=now,
            updated_at=now,
            status="queued",
        )
    )
    log = Logger("cdnow", level="ERROR")
    applier = event_applier(
        profiles_table=aws.PROFILES,
        catalog_table=aws.CATALOG,
        identity_secret_arn="identity",
        report=_Report(),
    )
    files: Any = Folder(data)
    queue: Any = None
    ports = Ports(jobs, files, applier, queue, lambda: datetime.now(UTC), log, threads=1)
    ImportRecords(ports).run("default", "cdnow", lambda: True)
    job = jobs.find("default", "cdnow")
    assert job, "the import is gone"
    assert job.status == "completed", job.reason
    return job


class _Report:
    """Nothing may go wrong here."""

    def failed(self, error: Exception) -> None:
        raise error

    def traits_refused(self, reasons: Any) -> None: ...  # noqa: ANN401


def _follow_stream() -> None:
    from functions.update_tags import handler as update_tags
    from functions.write_lake import handler as write_lake

    for records in aws.stream(STREAM_BATCH):
        update_tags.handle({"Records": records}, _Context())
        write_lake.handle({"Records": records}, _Context())


class _Context:
    function_name = "cdnow"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:cdnow"
    aws_request_id = "cdnow"


def _from_tables() -> dict[str, Any]:
    counted, revenue, people = 0, Decimal(0), 0
    for item in aws.items():
        sort_key = item["sk"]["S"]
        people += sort_key == "STATE"
        if sort_key.startswith("CNT#order_completed#"):
            for name, value in item.items():
                if name[:1] in "dr" and name[1:].isdigit():
                    counted += int(value["N"]) if name[0] == "d" else 0
                    revenue += Decimal(value["N"]) if name[0] == "r" else 0
    return {"people": people, "purchases": counted, "revenue": revenue}


def _from_lake(lines: list[bytes]) -> dict[str, Any]:
    import duckdb

    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(b"".join(lines))
        file.flush()
        (found,) = duckdb.execute(
            "SELECT count(DISTINCT strand_id), count(*), sum(revenue::DECIMAL(20, 6)) FROM "
            "(SELECT DISTINCT ON (strand_id, message_id) strand_id, message_id, revenue "
            f"FROM read_json('{file.name}', format = 'newline_delimited', columns = {{"
            "strand_id: 'VARCHAR', message_id: 'VARCHAR', revenue: 'VARCHAR'}))"
        ).fetchall()
    return {"people in SQL": found[0], "purchases in SQL": found[1], "revenue in SQL": found[2]}


def main() -> int:
    """Print what came out, and say whether it is exact."""
    import gzip

    data = gzip.decompress(FILE.read_bytes())
    lines = data.splitlines(keepends=True)
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else PURCHASES
    chosen = [line.split() for line in lines[1 : wanted + 1]]
    expected = {
        "people": len({line[0] for line in chosen}),
        "purchases": len(chosen),
        "revenue": sum(Decimal(line[3].decode()) for line in chosen),
    }
    if wanted == PURCHASES:
        assert (expected["people"], expected["revenue"]) == (PEOPLE, REVENUE)
    found = run(gzip.compress(b"".join(lines[: wanted + 1])))
    found["peak memory MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    for name, value in found.items():
        print(f"{name:20} {value}")
    twice = [count for count in Counter(tuple(line) for line in chosen).values() if count > 1]
    print(f"{'equal rows kept':20} {sum(twice) - len(twice)}")
    exact = found["rejected"] == 0 and all(
        value == found[name] == found[f"{name} in SQL"] for name, value in expected.items()
    )
    print(f"{'exact':20} {json.dumps(exact)}")
    return 0 if exact else 1


if __name__ == "__main__":
    sys.exit(main())
