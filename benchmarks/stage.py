"""A stage on which each function does its work in a process of its own, from the zips that ship.

AWS is emulated in another process, so what a function holds in memory is its own alone.
"""

import json
import os
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from benchmarks.cold_imports import AS_LAMBDA, PYTHON, environment
from benchmarks.emulated_aws import ADMIN_KEY, PROFILES, EmulatedAws, http_request
from benchmarks.lake_stub import StubbedAthena
from infra.constructs.bundle import PARQUET_LOCK, Bundles
from shared.aws import keys
from shared.aws.items import Item, to_item
from shared.domain.workspace.model import DEFAULT_WORKSPACE

WORKSPACE: Final = DEFAULT_WORKSPACE
IMPORTS, ARCHIVES = "imports", "archives"
_ROWS_A_CALL: Final = 25
_AT_ONCE: Final = 2
_SAID: Final = 4_000  # characters of a log that are shown when something went wrong
_ENDPOINTS: Final = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_ATHENA")
# What a process must have of its own, whatever this one has.
_OWN: Final = {"PATH", "PYTHONPATH", "PYTHONNOUSERSITE", "AWS_LAMBDA_FUNCTION_NAME"}


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of some invocations: an answer for each, the peak, and the end of the log."""

    answers: list[Any]
    peak_mb: float
    said: str = ""


@dataclass(frozen=True, slots=True)
class Peak:
    """What a function had in memory at most over some work."""

    function: str
    what: str
    peak_mb: float


@dataclass
class Stage:
    """Functions in `folder`, and the emulated AWS that they work on."""

    aws: EmulatedAws
    athena: StubbedAthena
    bundles: Bundles
    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    def run(self, function: str, events: Iterable[Any], *, seconds: float = 60) -> Ran:
        """Hand events to a function, one after the other; raises AssertionError when it raises."""
        coming, answered = self.folder / "events.jsonl", self.folder / "answers.jsonl"
        with coming.open("w") as file:
            file.writelines(f"{json.dumps(event)}\n" for event in events)
        command = [PYTHON, "-P", str(AS_LAMBDA), function, str(coming), str(answered), str(seconds)]
        env = self._environment(function)
        done = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
        if done.returncode:
            said = f"{done.stdout[-_SAID:]}\n{done.stderr[-_SAID:]}"
            raise AssertionError(f"{function} failed:\n{said}")
        answers = [json.loads(line) for line in answered.read_text().splitlines()]
        return Ran(answers, int(done.stdout.split()[-1]) / 1024, done.stdout[-_SAID:])

    def from_queue(self, function: str, *batches: Sequence[str], seconds: float = 60) -> Ran:
        """Hand bodies of messages to a function; raises AssertionError when one must come again."""
        ran = self.run(function, map(records_of, batches), seconds=seconds)
        failed = [answer["batchItemFailures"] for answer in ran.answers]
        assert not any(failed), f"{ran.said}\n{function} wants {len(failed)} again"
        return ran

    def administrate(self, *requests: tuple[str, str, object]) -> Ran:
        """Ask the admin API (method, path, body); raises AssertionError when it refuses."""
        ran = self.run("manage_workspace", (_admin(*request) for request in requests))
        for request, answer in zip(requests, ran.answers, strict=True):
            assert answer["statusCode"] < 300, f"{request[:2]}: {answer['body'][:2000]}"
        bodies = [json.loads(answer["body"]) for answer in ran.answers]
        return Ran(bodies, ran.peak_mb)

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Ask the admin API once."""
        (answer,) = self.administrate((method, path, body)).answers
        return answer

    def _environment(self, function: str) -> dict[str, str]:
        env = environment(function, self.bundles, self.folder)
        if function == "import_records":
            env["PYTHONPATH"] += f"{os.pathsep}{self._parquet_layer()}"
        known = {**os.environ, **self.settings}
        told = {name: known[name] for name in {*env, *_ENDPOINTS} - _OWN if name in known}
        return {**env, **told}

    def _parquet_layer(self) -> Path:
        folder = self.folder / "parquet"
        if not folder.exists():
            zipfile.ZipFile(self.bundles.layer(PARQUET_LOCK)).extractall(folder)
        return folder / "python"

    # --- what lies in the tables ----------------------------------------------------------------

    def put(self, rows: Iterable[Item], table: str = PROFILES) -> int:
        """Write rows straight into a table; gives how many."""
        dynamodb, written = self.aws.client("dynamodb"), 0

        def write(chunk: list[Item]) -> int:
            puts = [{"PutRequest": {"Item": item}} for item in chunk]
            left = dynamodb.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]
            assert not left, "the emulator is busy"
            return len(chunk)

        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for count in pool.map(write, _chunks(rows, _ROWS_A_CALL)):
                written += count
        return written

    def rows(self, strand_id: str, prefix: str) -> list[Item]:
        """The rows of a strand whose sort keys begin so."""
        pages = self.aws.client("dynamodb").get_paginator("query")
        values = {":pk": keys.person(WORKSPACE, strand_id), ":prefix": prefix}
        found = pages.paginate(
            TableName=PROFILES,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues=to_item(values),
        )
        return [item for page in found for item in page["Items"]]

    def row(self, key: keys.Key, table: str = PROFILES) -> Item:
        """One row; raises AssertionError when there is none."""
        found = self.aws.client("dynamodb").get_item(TableName=table, Key=to_item(key._asdict()))
        assert "Item" in found, f"there is no row {key}"
        item: Item = found["Item"]
        return item

    def strand(self, user_id: str) -> str:
        """The strand of a user."""
        row = self.row(keys.identifier(WORKSPACE, "user_id", user_id))
        return str(row["strand_id"]["S"])

    def every(self, table: str) -> Iterator[Item]:
        """Every row of a table."""
        for page in self.aws.client("dynamodb").get_paginator("scan").paginate(TableName=table):
            yield from page["Items"]


def records_of(bodies: Sequence[str]) -> dict[str, Any]:
    """A batch of a queue, as Lambda gets it."""
    records = [
        {"messageId": f"m{number}", "body": body, "eventSource": "aws:sqs"}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def stream_of(items: Iterable[Item], first: int) -> dict[str, Any]:
    """A batch of the stream that tells of new rows, in the order of `first` and what follows."""
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "dynamodb": {
                    "Keys": {name: item[name] for name in ("pk", "sk")},
                    "NewImage": item,
                    "SequenceNumber": str(number),
                },
            }
            for number, item in enumerate(items, first)
        ]
    }


def _admin(method: str, path: str, body: object) -> Mapping[str, Any]:
    path, _, query = path.partition("?")
    request = http_request(
        method, f"/v1/admin{path}", json.dumps(body).encode(), f"Bearer {ADMIN_KEY}"
    )
    pairs = (pair.split("=", 1) for pair in query.split("&") if pair)
    return request | {"queryStringParameters": dict(pairs), "rawQueryString": query}


def _chunks(rows: Iterable[Item], size: int) -> Iterator[list[Item]]:
    waiting = iter(rows)
    while chunk := list(islice(waiting, size)):
        yield chunk
