"""The heaviest work at an operator's word: on one person, on a file, on the catalogue."""

import gzip
import json
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import duckdb

from benchmarks.emulated_aws import LAKE, PROFILES
from benchmarks.heavy_events import HISTORY, LONG, PUBLISHED, history
from benchmarks.stage import ARCHIVES, IMPORTS, WORKSPACE, Peak, Stage
from shared.domain.lake.rows import event_row, line

ROWS: Final = 1_000_000  # of a file
# What is left of a turn when the margin is taken off that an import keeps.
_DRY_SECONDS, _SECONDS = 8, 6
_MARGIN: Final = 60
_OBJECT_BYTES: Final = 64 * 1024 * 1024  # what Firehose joins to one, before compression
_OBJECT: Final = "events/dt=2026-01-01/bench.gz"
_DEFINITION: Final[dict[str, Any]] = {
    "kind": "events",
    "source_id": "shop",
    "timezone": "UTC",
    "constants": {"event": "order_completed"},
    "columns": {
        "customer": {"to": "identifier", "kind": "user_id"},
        "date": {"to": "at", "formats": ["%Y-%m-%d %H:%M:%S"]},
        "revenue": {"to": "property", "name": "revenue", "type": "number"},
        "product": {"to": "property", "name": "product"},
        "note": {"to": "property", "name": "note"},
    },
}
_SELECT: Final = f"""
SELECT 'c-' || (i * 7919 % 40000) AS customer,
  strftime(TIMESTAMP '2026-01-01' + to_seconds(i * 5), '%Y-%m-%d %H:%M:%S') AS date,
  (i % 1000) / 10 AS revenue, 'sku-' || (i % 5000) AS product, repeat('n', 40) || i AS note
FROM range({ROWS}) t(i)
"""


def manage_workspace(stage: Stage) -> Iterator[Peak]:
    """The longest page of a long timeline, and the whole catalogue."""
    person = f"/profiles?kind=user_id&value={LONG}&limit=200"
    ran = stage.administrate(
        ("GET", person, None), ("GET", "/segments", None), ("GET", "/builds", None)
    )
    events = ran.answers[0]["profile"]["timeline"]["events"]
    assert events, "the timeline is empty"
    assert len(ran.answers[1]["segments"]) >= PUBLISHED, len(ran.answers[1]["segments"])
    what = f"a page of {len(events)} events of {HISTORY:,}, and {PUBLISHED:,} segments"
    yield Peak("manage_workspace", what, ran.peak_mb)


def import_records(stage: Stage) -> Iterator[Peak]:
    """A long file, read to its end or as far as a turn goes; as text and as Parquet."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, options in (("csv", "HEADER"), ("parquet", "FORMAT parquet")):
            path = Path(folder, f"rows.{kind}")
            duckdb.execute(f"COPY ({_SELECT}) TO '{path}' ({options})")
            size = path.stat().st_size // 1_000_000
            with path.open("rb") as body:
                stage.aws.client("s3").upload_fileobj(body, IMPORTS, path.name)
            peaks, rows = [], []
            for dry_run, seconds in ((True, _DRY_SECONDS), (False, _SECONDS)):
                ran, read = _import(stage, path.name, kind, dry_run=dry_run, seconds=seconds)
                peaks.append(ran)
                rows.append(read)
            what = f"{kind} of {ROWS:,} events, {size} MB: {rows[0]:,} read, {rows[1]:,} applied"
            yield Peak("import_records", what, max(peaks))


def export_person(stage: Stage) -> Iterator[Peak]:
    """Everything about somebody with a long history."""
    strand = stage.strand(LONG)
    made = stage.ask("POST", f"/profiles/{strand}/export")["export"]
    work = json.dumps({"workspace_id": WORKSPACE, "export_id": made["export_id"]})
    ran = stage.from_queue("export_person", [work], seconds=600)
    s3 = stage.aws.client("s3")
    (found,) = s3.list_objects_v2(Bucket=ARCHIVES, Prefix="exports/")["Contents"]
    archive = ZipFile(BytesIO(s3.get_object(Bucket=ARCHIVES, Key=found["Key"])["Body"].read()))
    lines = len(archive.read("events.jsonl").splitlines())
    assert lines >= HISTORY, f"{lines} events are in the archive"
    yield Peak("export_person", f"a person with {lines:,} events", ran.peak_mb)


def erase_person(stage: Stage) -> Iterator[Peak]:
    """The same person, everywhere; in the lake there is an object of the largest size, too."""
    strand = stage.strand(LONG)
    others = _put_object(stage, strand)
    stage.athena.answers(
        columns=("object", "workspace_id", "strand_id"),
        rows=[(f"s3://{LAKE}/{_OBJECT}", WORKSPACE, strand)],
    )
    made = stage.ask("POST", f"/profiles/{strand}/erasure")["erasure"]
    work = json.dumps({"workspace_id": WORKSPACE, "erasure_id": made["erasure_id"]})
    ran = stage.from_queue("erase_person", *[[work]] * 3, seconds=300)
    erasure = stage.ask("GET", f"/erasures/{made['erasure_id']}")["erasure"]
    assert erasure["status"] == "done", erasure
    left = [row for row in stage.every(PROFILES) if strand in row["pk"]["S"]]
    assert not left, f"{len(left)} rows are left, such as {left[0]['sk']}"
    found = stage.aws.client("s3").get_object(Bucket=LAKE, Key=_OBJECT)["Body"].read()
    assert gzip.decompress(found).count(b"\n") == others, "the lake has lost or kept too much"
    what = f"a person with {HISTORY:,} events, and an object of 64 MB in the lake"
    yield Peak("erase_person", what, ran.peak_mb)


def _import(
    stage: Stage, file_key: str, kind: str, *, dry_run: bool, seconds: int
) -> tuple[float, int]:
    """One turn; gives the peak and how many rows were read."""
    name = f"{kind}-{'dry' if dry_run else 'wet'}"
    wanted = {
        "import_id": name,
        "file_name": file_key,
        "file_key": file_key,
        "dry_run": dry_run,
        "definition": {**_DEFINITION, "format": kind},
    }
    stage.ask("POST", "/imports", wanted)
    work = json.dumps({"workspace_id": WORKSPACE, "import_id": name})
    ran = stage.from_queue("import_records", [work], seconds=_MARGIN + seconds)
    done = stage.ask("GET", f"/imports/{name}")["imported"]
    assert done["status"] in ("running", "completed"), done
    assert done["rejected"] == 0, done
    assert done["rows"] > 0, done
    return ran.peak_mb, done["rows"]


def _put_object(stage: Stage, strand: str) -> int:
    """Put a full object into the lake, a row in ten of the strand; gives how many are not."""
    rows, filled, others = [], 0, 0
    for n, event in enumerate(history(datetime.now(UTC))):
        owner = strand if n % 10 == 0 else f"{n:032x}"
        text = line(event_row(owner, event.to_json() | {"context": {"note": f"{n * 7919:x}" * 40}}))
        rows.append(text)
        filled += len(text)
        others += owner != strand
        if filled > _OBJECT_BYTES:
            break
    assert filled > _OBJECT_BYTES, filled
    body = gzip.compress("".join(rows).encode())
    stage.aws.client("s3").put_object(Bucket=LAKE, Key=_OBJECT, Body=body)
    return others
