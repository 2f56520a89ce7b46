"""A bench for merge_identity: runs batches over a wire that can break, and shows what is stored."""

import json
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from functions.merge_identity.usecase import MergeIdentity
from shared.aws import session
from shared.aws.person_reader import PersonReader
from shared.aws.queues import Queue
from shared.domain.identity.graph import Identifier
from shared.domain.identity.person import Person
from tests.applying import applier_over, named_rows, ports_over, state_of


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
        self.ports = ports_over(dynamodb)
        self.reader = PersonReader(dynamodb, table)
        self._ids = count(1)
        self._log = Logger(service="test", level="CRITICAL")

    def worker(self, wire: Wire | None = None) -> MergeIdentity:
        """One invocation, whose calls go over the wire."""
        wire = wire or Wire()
        queue = Queue(wire.to(self.sqs), self.dead_letter_queue_url, pause=lambda _: None)
        people = applier_over(wire.to(self.dynamodb), lambda: f"p{next(self._ids)}")
        return MergeIdentity(people, queue, self._log)

    def apply(self, *messages: list, wire: Wire | None = None) -> Any:
        """Apply messages, each a list of events or of plain data, in one invocation."""
        return self.worker(wire).apply(records_of(*messages))

    def rows(self) -> list[dict]:
        """Every row, with strands named after their identifiers instead of their random ids."""
        return named_rows(self.dynamodb, self.table)

    def state(self) -> dict[str, Any]:
        """Who is who and what is known of them, and nothing that depends on who came first."""
        return state_of(self.rows())

    def people_found(self) -> set[frozenset[str]]:
        """The partition of identifiers into people."""
        return set(self.state()["people"])

    def person(self, kind: str, value: str) -> Person:
        """The person with an identifier."""
        identifier = Identifier(kind, value)
        found = self.ports.identity.sightings("default", [identifier])
        person = self.reader.person("default", found[identifier].strand_id)
        assert person
        return person

    def traits(self, kind: str, value: str) -> dict[str, Any]:
        """What is known of the person with an identifier."""
        known = self.reader.traits(self.person(kind, value))
        return {name: trait.value for name, trait in known.items()}

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
