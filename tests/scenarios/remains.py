"""Looks through a whole account for a text, however it may be written."""

import gzip
import io
import json
import tempfile
import zipfile
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import duckdb

from shared.aws.enrolment_rows import body_text
from shared.aws.items import from_item

MAGIC_GZIP, MAGIC_ZIP, MAGIC_PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"PAR1"


def _plain(value: object) -> str:
    """Numbers as they are, bytes by their values."""
    return value.hex() if isinstance(value, bytes) else str(value)


def spellings(text: str) -> set[bytes]:
    """The ways in which a text can stand in data: raw, JSON, URL, Base64, hexadecimal."""
    raw = text.encode()
    found = {raw, json.dumps(text)[1:-1].encode(), quote(text).encode(), raw.hex().encode()}
    # In Base64 a text looks different after 0, 1 or 2 other bytes; the outermost letters depend on
    # the neighbours.
    for before in range(3):
        encoded = b64encode(b"\0" * before + raw)
        found.add(encoded[4 if before else 0 : -4])
    return found


def log_lines(logs: Any) -> Iterator[tuple[str, bytes]]:
    """All lines in all groups of a client of CloudWatch Logs, as (where, bytes)."""
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"]
            for events in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
                for event in events["events"]:
                    yield f"log {name}", event["message"].encode()


class Account:
    """Everything that the emulated account keeps, as (where, bytes)."""

    def __init__(self, stack: Any) -> None:
        self._client = stack.client

    def remains(self, *texts: str) -> list[str]:
        """Where one of the texts still is."""
        wanted = {spelling for text in texts for spelling in spellings(text)}
        return sorted({where for where, data in self.all() if any(s in data for s in wanted)})

    def all(self) -> Iterator[tuple[str, bytes]]:
        for look in (self.rows, self.objects, self.messages, self.logs, self.runs, self.secrets):
            yield from look()

    def rows(self) -> Iterator[tuple[str, bytes]]:
        dynamodb = self._client("dynamodb")
        for table in dynamodb.list_tables()["TableNames"]:
            for page in dynamodb.get_paginator("scan").paginate(TableName=table):
                for item in page["Items"]:
                    where = f"row {item['pk']['S']} {item['sk']['S']}"
                    row = from_item(item)
                    if isinstance(row.get("body"), bytes):
                        row["body"] = body_text(row)  # of an enrolment, which is packed
                    told = json.dumps(row, ensure_ascii=False, default=_plain)
                    yield where, told.encode()

    def objects(self) -> Iterator[tuple[str, bytes]]:
        s3 = self._client("s3")
        for bucket in s3.list_buckets()["Buckets"]:
            name = bucket["Name"]
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
                for found in page.get("Contents", []):
                    where = f"object {name}/{found['Key']}"
                    yield where, found["Key"].encode()
                    body = s3.get_object(Bucket=name, Key=found["Key"])["Body"].read()
                    yield from ((where, data) for data in unpacked(body))

    def messages(self) -> Iterator[tuple[str, bytes]]:
        sqs = self._client("sqs")
        for url in sqs.list_queues().get("QueueUrls", []):
            for _ in range(20):
                answer = sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=5
                )
                if "Messages" not in answer:
                    break
                for message in answer["Messages"]:
                    yield f"message of {url}", json.dumps(message, ensure_ascii=False).encode()

    def logs(self) -> Iterator[tuple[str, bytes]]:
        return log_lines(self._client("logs"))

    def runs(self) -> Iterator[tuple[str, bytes]]:
        states = self._client("stepfunctions")
        for machine in states.list_state_machines()["stateMachines"]:
            arn = machine["stateMachineArn"]
            for run in states.list_executions(stateMachineArn=arn)["executions"]:
                where = f"execution {run['executionArn']}"
                told = states.describe_execution(executionArn=run["executionArn"])
                yield where, json.dumps(told, default=str, ensure_ascii=False).encode()
                history = states.get_execution_history(executionArn=run["executionArn"])
                yield where, json.dumps(history, default=str, ensure_ascii=False).encode()

    def secrets(self) -> Iterator[tuple[str, bytes]]:
        secrets = self._client("secretsmanager")
        for secret in secrets.list_secrets()["SecretList"]:
            value = secrets.get_secret_value(SecretId=secret["ARN"])["SecretString"]
            yield f"secret {secret['Name']}", value.encode()


def unpacked(body: bytes) -> Iterator[bytes]:
    """The bytes themselves, and whatever is packed in them."""
    yield body
    if body.startswith(MAGIC_GZIP):
        yield from unpacked(gzip.decompress(body))
    elif body.startswith(MAGIC_ZIP):
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                yield from unpacked(archive.read(name))
    elif body.startswith(MAGIC_PARQUET):
        with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
            file.write(body)
            file.flush()
            yield str(duckdb.sql(f"SELECT * FROM '{file.name}'").fetchall()).encode()
