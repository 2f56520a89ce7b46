"""Drives a story through ingest, identity and tags as Lambda would, until nothing is left to do."""

import gzip
import json
import os
import random
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import time_machine

from shared.aws import keys
from shared.aws.items import to_item
from shared.aws.write_keys import digest
from shared.domain.text import to_text
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.lives import begin_process
from tests.crash.way import basic, http
from tests.lambda_context import Context
from tests.load.store import Record, StreamedStore, own
from tests.load.story import BEGIN, Sent, Story
from tests.load.wire import Answer, Weather, Wire, plugged

FUNCTIONS: Final = ("ingest_events", "merge_identity", "update_tags")
TRIES: Final = 5  # of a message, before it is a dead letter; as the queue says
RETRIES: Final = 8  # of one record of the stream; as its event source says
_CLIENT_TRIES: Final = 20
_FOREIGN: Final = ("no JSON", '{"v":2,"events":[]}', '{"v":1}', '{"v":1,"events":[{"name":7}]}')
SEGMENTS: Final[dict[str, dict[str, Any]]] = {
    "buyers": {"type": "event", "event": "paid", "times": 2},
    "spenders": {
        "type": "amount",
        "event": "paid",
        "aggregate": "sum",
        "property": "revenue",
        "comparison": "at_least",
        "value": 400,
        "within_days": 90,
    },
    "lookers": {
        "type": "all",
        "conditions": [
            {"type": "event", "event": "product_viewed", "times": 3},
            {"type": "not", "condition": {"type": "event", "event": "paid"}},
        ],
    },
}
ENVIRONMENT: Final = {
    "PROFILES_TABLE": PROFILES_TABLE,
    "CATALOG_TABLE": CATALOG_TABLE,
    "BUS_NAME": "bus",
    "IDENTITY_SECRET_ARN": "identity",
    "EVENTS_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/events",
    "DEAD_LETTER_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/letters",
    "DUE_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/due",
    "OUTBOUND_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/1/outbound",
}


@dataclass
class Waiting:
    """A message of the events queue, and how often it was handed out."""

    body: str
    times: int = 0


@dataclass
class Run:
    """One deployment and all that happens in it."""

    story: Story
    rate: float
    whole: bool = True  # all of botocore lies between the functions and AWS
    store: StreamedStore = field(default_factory=StreamedStore)
    queue: list[Waiting] = field(default_factory=list)
    dead: list[Waiting] = field(default_factory=list)  # handed out too often
    letters: dict[str, str] = field(default_factory=dict)  # what merge_identity gave up → why
    set_aside: list[Record] = field(default_factory=list)  # of the stream
    foreign: set[str] = field(default_factory=set)  # messages that no ingest has written
    answers: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    unsaid: int = 0  # rejections without a text
    flips: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # event id → what it told
    counts: Counter[str] = field(default_factory=Counter)
    every: Callable[["Run", int], None] = lambda run, sent: None

    def __post_init__(self) -> None:
        self._dice = random.Random(self.story.seed + 1)
        self.weather = Weather(random.Random(self.story.seed + 2), 0.0)
        services = {
            "dynamodb": self.store.answer,
            "sqs": self._sqs,
            "eventbridge": self._bus,
            "secrets-manager": lambda operation, asked: {"SecretString": "s" * 64},
        }
        self.wire = Wire(self.weather, services)
        self._handlers: dict[str, Callable[[dict[str, Any], Any], Any]] = {}

    # --- other services -------------------------------------------------------------------------

    def _sqs(self, operation: str, asked: dict[str, Any]) -> Answer:
        assert operation == "SendMessageBatch"
        queue, taken, left = asked["QueueUrl"].rpartition("/")[2], [], []
        for entry in asked["Entries"]:
            # SQS may take some of a call only.
            if self.rate and self.weather.is_stormy and self._dice.random() < 0.05:
                left.append({"Id": entry["Id"], "Code": "InternalError", "SenderFault": False})
                continue
            taken.append({"Id": entry["Id"], "MessageId": entry["Id"], "MD5OfMessageBody": ""})
            match queue:
                case "events":
                    self.queue.append(Waiting(own(entry["MessageBody"])))
                case "letters":
                    self._bury(json.loads(entry["MessageBody"]))
                case _:
                    self.counts[queue] += 1
        return {"Successful": taken, "Failed": left}

    def _bury(self, letter: dict[str, Any]) -> None:
        reason = letter.pop("reason")
        self.letters[own(json.dumps(letter, sort_keys=True))] = own(reason)

    def _bus(self, operation: str, asked: dict[str, Any]) -> Answer:
        assert operation == "PutEvents"
        for entry in asked["Entries"]:
            self.counts[entry["DetailType"]] += 1
            detail = json.loads(entry["Detail"])
            if "segment_id" in detail:
                about = (detail["profile_id"], detail["segment_id"], entry["DetailType"])
                told = (own(about[0]), own(about[1]), own(about[2]))
                event_id = own(detail["event_id"])
                assert self.flips.setdefault(event_id, told) == told
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"} for _ in asked["Entries"]]}

    # --- functions ------------------------------------------------------------------------------

    def go(self) -> None:
        """Send the whole story, and let all of it be done."""
        with _deployed(self), time_machine.travel(BEGIN, tick=False) as clock:
            self._handlers = {name: begin_process(name) for name in FUNCTIONS}
            for each in self.definitions():
                self.store.put_item(TableName=CATALOG_TABLE, Item=to_item(each))
            self.weather.rate = self.rate
            for number, batch in enumerate(self.story.batches()):
                clock.move_to(self.story.now)
                self._post(batch)
                if number % 300 == 299:
                    self._foreign()
                while len(self.queue) > 30:
                    self._merge()
                for shard in range(len(self.store.shards)):
                    while len(self.store.shards[shard]) > 150:
                        self._fold(shard)
                self.every(self, number)
            clock.move_to(self.story.now + timedelta(minutes=5))
            self._finish()
        for name in FUNCTIONS:
            begin_process(name)

    def _finish(self) -> None:
        while self.queue or self.dead:
            if not self.queue:  # somebody redrives what was handed out too often
                self.counts["redriven"] += len(self.dead)
                self.queue, self.dead = [Waiting(each.body) for each in self.dead], []
            self._merge()
        for shard in range(len(self.store.shards)):
            while self.store.shards[shard]:
                self._fold(shard)

    def _post(self, batch: list[Sent]) -> None:
        body = json.dumps({"batch": batch, "sentAt": self.story.now.isoformat()})
        request = http("POST", "/v1/batch", self.story.now, body, headers=basic("wk_load"))
        if self._dice.random() < 0.2:
            packed = b64encode(gzip.compress(body.encode())).decode()
            request |= {"body": packed, "isBase64Encoded": True}
        for _ in range(_CLIENT_TRIES):
            answer = self._handlers["ingest_events"](request, Context())
            self.answers[str(answer["statusCode"])] += 1
            if answer["statusCode"] < 500:
                break
        else:
            raise AssertionError("ingest takes nothing any more")
        said = json.loads(answer["body"])
        assert len(batch) == said["accepted"] + len(said["rejected"])
        self.accepted += said["accepted"]
        self.rejected.update(each["code"] for each in said["rejected"])
        self.unsaid += sum(not each["message"] for each in said["rejected"])

    def _foreign(self) -> None:
        """Somebody else puts into the queue what does not belong there."""
        body = self._dice.choice(_FOREIGN)
        self.foreign.add(body)
        self.queue.append(Waiting(body))

    def _merge(self) -> None:
        count = min(len(self.queue), self._dice.randint(1, 10))
        taken = [self.queue.pop(self._dice.randrange(len(self.queue))) for _ in range(count)]
        records = [
            {"messageId": str(number), "body": each.body, "eventSource": "aws:sqs"}
            for number, each in enumerate(taken)
        ]
        self.counts["deliveries"] += 1
        try:
            answer = self._handlers["merge_identity"]({"Records": records}, Context())
            failed = {int(each["itemIdentifier"]) for each in answer["batchItemFailures"]}
        except Exception:  # Lambda does not ask what it was
            failed = set(range(count))
        self.counts["messages again"] += len(failed)
        for number in failed:
            taken[number].times += 1
            (self.dead if taken[number].times >= TRIES else self.queue).append(taken[number])

    def _fold(self, shard: int) -> None:
        waiting = self.store.shards[shard]
        batch = [waiting.popleft() for _ in range(min(100, len(waiting)))]
        self._deliver(batch, RETRIES)

    def _deliver(self, batch: list[Record], retries: int) -> None:
        """As Lambda reads a stream: what fails is halved, and what cannot be is tried again."""
        self.counts["stream batches"] += 1
        try:
            self._handlers["update_tags"]({"Records": batch}, Context())
        except Exception:
            self.counts["stream batches again"] += 1
            if len(batch) > 1:
                middle = len(batch) // 2
                self._deliver(batch[:middle], retries)
                self._deliver(batch[middle:], retries)
            elif retries:
                # Lambda waits before it tries again, each time longer.
                self.weather.pass_by(20 << (RETRIES - retries))
                self._deliver(batch, retries - 1)
            else:
                self.set_aside += batch

    def definitions(self) -> list[dict[str, Any]]:
        """What lies in the catalog before anything happens."""
        catalog, name = keys.catalog("default"), digest("wk_load")
        row = {**keys.write_key(name)._asdict(), "digest": name, "workspace_id": "default"}
        rows: list[dict[str, Any]] = [
            {"pk": catalog, "sk": keys.CATALOG_VERSION, "n": 1},
            {**row, "source_id": "web", "kind": "server"},
        ]
        for segment_id, condition in SEGMENTS.items():
            body = {"segment_id": segment_id, "title": segment_id, "condition": condition}
            key = {"pk": catalog, "sk": keys.definition("SEGMENT", segment_id)}
            rows.append({**key, "body": to_text(body), "version": 1})
        return rows


@contextmanager
def _deployed(run: Run) -> Iterator[None]:
    """The environment of the functions; what they print goes nowhere."""
    with (
        pytest.MonkeyPatch.context() as patch,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        plugged(run.wire, whole=run.whole),
    ):
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
        yield
