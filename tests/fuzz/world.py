"""Every function that answers HTTP, over an AWS in memory, as a gateway would ask it."""

import json
import logging
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import import_module
from random import Random
from typing import Any, Final, NamedTuple

import pytest
from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.write_keys import digest
from shared.domain.text import to_text
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.crash.lives import begin_process
from tests.crash.way import AES_KEY, basic, http
from tests.lambda_context import Context
from tests.load.store import StreamedStore
from tests.load.wire import Weather, Wire, plugged

KEY: Final = "an-admin-key-for-tests-only-of-fuzzing"
WRITE_KEY: Final = "wk_fuzz"
SECRET: Final = "an identity secret of more than 32 bytes"
FUNCTIONS: Final = (
    "ingest_events",
    "manage_workspace",
    "serve_inbox",
    "answer_links",
    "receive_callbacks",
)
_ARN: Final = "arn:aws:states:us-east-1:123456789012:stateMachine:"
_PROVIDER: Final = {
    "provider_id": "wechat",
    "type": "wechat",
    "app_id": "wx1",
    "secret_arn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rapport/providers/wechat",
}


_STORED: Final = {
    "version": 1,
    "status": "published",
    "published_version": 1,
    "updated_at": "2026-11-01T00:00:00.000Z",
}


class Answer(NamedTuple):
    """What came back: status, body as JSON where it is, and as text."""

    status: int
    body: Any
    text: str


@dataclass
class World:
    """One deployment with an empty workspace, and the calls that its AWS heard."""

    store: StreamedStore = field(default_factory=StreamedStore)
    sent: Counter[str] = field(default_factory=Counter)  # messages by queue
    handlers: dict[str, Callable[[dict[str, Any], Any], Any]] = field(default_factory=dict)

    def ask(
        self,
        function: str,
        method: str,
        path: str,
        body: str | bytes = "",
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask a function; whatever it raises is a 500 of the gateway."""
        event = http(method, path, NOON, headers=dict(headers or {}))
        if isinstance(body, bytes):
            event |= {"body": b64encode(body).decode(), "isBase64Encoded": True}
        else:
            event["body"] = body
        if query:
            event["queryStringParameters"] = dict(query)
        said = self.handlers[function](event, Context())
        for shard in self.store.shards:
            shard.clear()
        text = said.get("body") or ""
        text.encode()  # the runtime could not send anything else
        kind = said.get("headers", {}).get("content-type", "")
        body_read = json.loads(text) if text and "json" in kind else None
        return Answer(said["statusCode"], body_read, text)

    def admin(self, method: str, path: str, body: str | bytes = "", **more: Any) -> Answer:
        """Ask the admin API with its key."""
        known = {"authorization": f"Bearer {KEY}"}
        return self.ask("manage_workspace", method, f"/v1/admin{path}", body, headers=known, **more)

    def ingest(self, path: str, body: str | bytes, method: str = "POST") -> Answer:
        """Send events with a write key."""
        return self.ask("ingest_events", method, path, body, headers=basic(WRITE_KEY))

    # --- AWS ------------------------------------------------------------------------------------

    def sqs(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.sent[asked["QueueUrl"].rpartition("/")[2]] += len(asked["Entries"])
        return {"Successful": [{"Id": each["Id"]} for each in asked["Entries"]], "Failed": []}

    def secrets(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        name = asked.get("SecretId", asked.get("Name", ""))
        if "admin" in name:
            return {"SecretString": KEY, "ARN": name}
        if "providers" in name:
            told = {"token": "tok", "encoding_aes_key": AES_KEY}
            return {"SecretString": json.dumps(told), "ARN": name}
        return {"SecretString": SECRET, "ARN": name}

    def states(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        match operation:
            case "StartExecution":
                return {"executionArn": f"{asked['stateMachineArn']}:{asked['name']}"}
            case "CreateStateMachine":
                return {
                    "stateMachineArn": f"{_ARN}{asked['name']}",
                    "stateMachineVersionArn": f"{_ARN}{asked['name']}:1",
                }
            case "ListStateMachineVersions":
                return {"stateMachineVersions": []}
            case "DescribeExecution":
                raise refusal(operation, code="ExecutionDoesNotExist")
            case "DescribeStateMachine":
                raise refusal(operation, code="StateMachineDoesNotExist")
            case _:
                raise refusal(operation)

    def athena(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Every question has an answer without rows."""
        match operation:
            case "StartQueryExecution":
                return {"QueryExecutionId": "00000000-0000-4000-8000-000000000000"}
            case "GetQueryExecution":
                times = {"TotalExecutionTimeInMillis": 1, "DataScannedInBytes": 0}
                status = {"State": "SUCCEEDED"}
                return {"QueryExecution": {"Status": status, "Statistics": times}}
            case "GetQueryResults":
                return {"ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}}
            case _:
                raise refusal(operation)

    def s3(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Every bucket is empty."""
        raise refusal(operation, code="404" if operation == "HeadObject" else "NoSuchKey")

    def refuse(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        """A service that says no to everything, as it would to what does not exist."""
        raise refusal(operation)


def refusal(operation: str, code: str = "ResourceNotFoundException") -> ClientError:
    """What a service says to a request that it does not like."""
    about = {"Code": code, "Message": "there is no such thing"}
    said = {"Error": about, "ResponseMetadata": {"HTTPStatusCode": 404}}
    return ClientError(said, operation)


@contextmanager
def deployed() -> Iterator[World]:
    """A world whose functions have begun."""
    world = World()
    weather = Weather(Random(0), 0.0)
    services = {
        "dynamodb": world.store.answer,
        "sqs": world.sqs,
        "secrets-manager": world.secrets,
        "sfn": world.states,
        "athena": world.athena,
        "s3": world.s3,
        "lambda": world.refuse,
        "eventbridge": world.refuse,
        "cloudwatch": world.refuse,
        "sesv2": world.refuse,
    }
    logging.disable(logging.CRITICAL)
    with pytest.MonkeyPatch.context() as patch, plugged(Wire(weather, services), whole=False):
        for function in FUNCTIONS:
            settings = import_module(f"functions.{function}.settings").Settings
            for each in fields(settings):
                patch.setenv(each.name.upper(), _value(each.name))
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        world.handlers = {function: begin_process(function) for function in FUNCTIONS}
        _define(world)
        yield world
    for function in FUNCTIONS:
        begin_process(function)
    logging.disable(logging.NOTSET)


def _value(name: str) -> str:
    if name.endswith("_table"):
        return PROFILES_TABLE if "profiles" in name else CATALOG_TABLE
    if name.endswith("_queue_url"):
        return f"https://sqs.us-east-1.amazonaws.com/1/{name.removesuffix('_queue_url')}"
    if name.endswith("secret_arn"):
        return f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}"
    return f"{_ARN}{name}" if name.endswith("_arn") else re.sub("_", "-", name)


def _define(world: World) -> None:
    catalog, name = keys.catalog("default"), digest(WRITE_KEY)
    known = {**keys.write_key(name)._asdict(), "digest": name, "workspace_id": "default"}
    rows: list[dict[str, Any]] = [
        {"pk": catalog, "sk": keys.CATALOG_VERSION, "n": 1},
        {"pk": catalog, "sk": "PROVIDER#wechat", "body": to_text(_PROVIDER), **_STORED},
        {**known, "source_id": "web", "kind": "client"},
    ]
    for row in rows:
        world.store.put_item(TableName=CATALOG_TABLE, Item=to_item(row))
