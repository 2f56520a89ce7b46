"""A bench for merge_identity: runs batches over a wire that can break, and shows what is stored."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.merge_identity.usecase import MergeIdentity
from shared.aws import session
from shared.aws.items import from_item
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import Queue


def ignore(number: int, name: str) -> None:
    """Do nothing around a call."""


class Wire:
    """Numbers every AWS call made over it, from 1, and calls hooks before and after each."""

    def __init__(self, before: Callable = ignore, after: Callable = ignore) -> None:
        self.calls: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.before = before
        self.after = after

    def to(self, client: Any) -> Any:
        return _Proxy(self, client)


class _Proxy:
    def __init__(self, wire: Wire, client: Any) -> None:
        self._wire = wire
        self._client = client

    def __getattr__(self, name: str) -> Callable:
        def call(**request: Any) -> Any:
            wire = self._wire
            wire.calls.append(name)
            wire.requests.append(request)
            number = len(wire.calls)
            wire.before(number, name)
            answer = getattr(self._client, name)(**request)
            wire.after(number, name)
            return answer

        return call


class Bench:
    """The function's use case over mocked tables and a mocked dead-letter queue."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        dead_letter_queue_url: str,
        empty_profiles: Callable[[], None],
    ) -> None:
        self.dynamodb = dynamodb
        self._empty_profiles = empty_profiles
        self.table = table
        self.sqs = session.client("sqs")
        self.dead_letter_queue_url = dead_letter_queue_url
        self.people = ProfileStore(dynamodb, table)
        self._ids = count(1)
        self._log = Logger(service="test", level="CRITICAL")

    def worker(self, wire: Wire | None = None) -> MergeIdentity:
        """One invocation, whose calls go over the wire."""
        wire = wire or Wire()
        queue = Queue(wire.to(self.sqs), self.dead_letter_queue_url, pause=lambda _: None)
        people = ProfileStore(wire.to(self.dynamodb), self.table)
        return MergeIdentity(people, queue, lambda: f"p{next(self._ids)}", self._log)

    def apply(self, *messages: list, wire: Wire | None = None) -> Any:
        """Apply messages, each a list of events or of plain data, in one invocation."""
        return self.worker(wire).apply(records_of(*messages))

    def rows(self) -> list[dict]:
        """Every row, with profiles named after their identifiers instead of their random ids."""
        found: list[dict] = []
        request: dict[str, Any] = {"TableName": self.table}
        while True:
            page = self.dynamodb.scan(**request)
            found += [from_item(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        text = json.dumps(found)
        for profile_id, name in _names(found).items():
            text = text.replace(f'"{profile_id}"', f'"{name}"').replace(
                f'#P#{profile_id}"', f'#P#{name}"'
            )
        return sorted(json.loads(text), key=lambda row: (row["pk"], row["sk"]))

    def people_found(self) -> set[frozenset[str]]:
        """The partition of identifiers into people."""
        sets: dict[str, set[str]] = {}
        for row in self.rows():
            if "#I#" in row["pk"]:
                sets.setdefault(row["profile_id"], set()).add(row["pk"].partition("#I#")[2])
        return {frozenset(each) for each in sets.values()}

    def dead_letters(self) -> list[dict]:
        """The bodies in the dead-letter queue, in no order; they are taken out."""
        found = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.dead_letter_queue_url, MaxNumberOfMessages=10
            )
            messages = answer.get("Messages", [])
            if not messages:
                return found
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(
                    QueueUrl=self.dead_letter_queue_url, ReceiptHandle=message["ReceiptHandle"]
                )

    def clear(self) -> None:
        """Empty the table of people and the queue."""
        self._empty_profiles()
        self.dead_letters()
        self._ids = count(1)


def _names(rows: list[dict]) -> dict[str, str]:
    identifiers: dict[str, list[str]] = {}
    for row in rows:
        if "#I#" in row["pk"]:
            name = row["pk"].partition("#I#")[2].replace("#", "=")
            identifiers.setdefault(row["profile_id"], []).append(name)
    return {profile_id: "+".join(sorted(each)) for profile_id, each in identifiers.items()}


def records_of(*messages: list) -> list[dict]:
    """SQS records, named r1, r2, ..., of messages of events."""
    return [
        {
            "messageId": f"r{number}",
            "body": json.dumps(
                {
                    "v": 1,
                    "events": [
                        each.to_json() if hasattr(each, "to_json") else each for each in message
                    ],
                }
            ),
        }
        for number, message in enumerate(messages, start=1)
    ]


@pytest.fixture
def bench(dynamodb, profiles_table, make_queue, empty_profiles) -> Bench:
    return Bench(dynamodb, profiles_table, make_queue("events-dead"), empty_profiles)


@pytest.fixture
def make_wire() -> type[Wire]:
    return Wire


@pytest.fixture
def make_records() -> Callable[..., list[dict]]:
    return records_of
