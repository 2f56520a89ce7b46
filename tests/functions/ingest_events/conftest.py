"""The function behind its gateway: a mocked AWS with four write keys, and a way to send to it."""

import io
import json
from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from functions.ingest_events import handler
from functions.ingest_events.usecase import Ingest
from shared.aws import keys, session
from shared.aws.items import to_item
from shared.aws.write_keys import digest
from shared.domain.events.model import Event, Source
from shared.domain.events.packing import decode

SAMPLES = Path(__file__).parent / "samples"
WRITE_KEYS = {
    "wk_test": ("default", "web", False),
    "wk_app": ("default", "app", False),
    "wk_tenant": ("tenant", "web", False),
    "wk_disabled": ("default", "old", True),
    "wk_server": ("default", "shop", False),
}


def sample(name: str) -> dict[str, Any]:
    """A committed event of the gateway."""
    return json.loads((SAMPLES / f"{name}.json").read_text(encoding="utf-8"))


class Gateway:
    """Gives requests to the function as the gateway in front of it does."""

    def handle(self, event: dict[str, Any]) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Give an event of the gateway to the function: status, body and headers of its answer."""
        response = handler.handle(event, None)
        body = response.get("body")
        return response["statusCode"], json.loads(body) if body else {}, response["headers"]

    def send(
        self,
        body: Any = None,
        *,
        method: str = "POST",
        path: str = "/v1/batch",
        headers: dict[str, str | None] | None = None,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Send text, bytes or plain data as a client with the key `wk_test` would.

        A header that is None is left out.
        """
        event = sample("segment_python")
        event["rawPath"] = event["requestContext"]["http"]["path"] = path
        event["requestContext"]["http"]["method"] = method
        event["requestContext"]["timeEpoch"] = 1795336200200  # 2026-11-22T08:30:00.200Z
        wanted = {**event["headers"], **(headers or {})}
        event["headers"] = {name: text for name, text in wanted.items() if text is not None}
        match body:
            case bytes():
                event |= {"body": b64encode(body).decode(), "isBase64Encoded": True}
            case str():
                event["body"] = body
            case _:
                event["body"] = json.dumps(body)
        return self.handle(event)


@dataclass
class World(Gateway):
    """The function with mocked tables and a mocked queue, and what it wrote to its log."""

    dynamodb: Any
    sqs: Any
    queue_url: str
    log: io.StringIO = field(default_factory=io.StringIO)

    def messages(self) -> list[str]:
        """Bodies of all messages in the queue."""
        bodies: list[str] = []
        while True:
            page = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
            if not page.get("Messages"):
                return bodies
            bodies += [message["Body"] for message in page["Messages"]]

    def queued(self) -> list[Event]:
        """All events in the queue."""
        return [event for body in self.messages() for event in decode(body)]


@pytest.fixture
def world(
    dynamodb: Any, catalog_table: str, make_queue: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    for key, (workspace_id, source_id, disabled) in WRITE_KEYS.items():
        row = {"digest": digest(key), "workspace_id": workspace_id, "source_id": source_id}
        if key == "wk_server":
            row["kind"] = "server"
        place = keys.write_key(digest(key))._asdict()
        item = to_item({**place, **row, "disabled": disabled, "created_at": "2026-11-22"})
        dynamodb.put_item(TableName=catalog_table, Item=item)
    made = World(dynamodb, session.client("sqs"), make_queue("events"))
    monkeypatch.setenv("CATALOG_TABLE", catalog_table)
    monkeypatch.setenv("EVENTS_QUEUE_URL", made.queue_url)
    monkeypatch.setattr(handler.log.registered_handler, "stream", made.log)
    caches = (session.prompt_client, handler._ingest)
    for cached in caches:
        cached.cache_clear()
    yield made
    for cached in caches:
        cached.cache_clear()


class LeanWorld(Gateway):
    """The function with write keys and a queue that are plain memory, for very many requests."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def find(self, write_key: str) -> Source | None:
        workspace_id, source_id, disabled = WRITE_KEYS.get(write_key, ("", "", True))
        return None if disabled else Source(workspace_id, source_id)

    def send_events(self, events: Iterable[str]) -> None:
        self.events += events


@pytest.fixture
def lean_world(monkeypatch: pytest.MonkeyPatch) -> LeanWorld:
    made = LeanWorld()
    ingest = Ingest(made, made, lambda *told: None)
    monkeypatch.setattr(handler, "_ingest", lambda: ingest)
    monkeypatch.setattr(handler.log.registered_handler, "stream", io.StringIO())
    return made


@pytest.fixture
def good() -> dict[str, Any]:
    """A good event."""
    return {
        "type": "track",
        "event": "cart",
        "userId": "u-1",
        "messageId": "m-1",
        "timestamp": "2026-11-22T08:30:00.123Z",
    }
