"""A bench for update_tags: people in mocked tables, a stream to feed, a bus that remembers."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from events.model import DOMAIN_EVENT, DomainEvent
from functions.update_tags.batch import Outcome, judge_people, update_people
from functions.update_tags.planning import Plans
from functions.update_tags.ports import Ports
from shared.aws import keys
from shared.aws.bus import EventBus
from shared.aws.due_store import DueIndex
from shared.aws.figures import FiguresReader
from shared.aws.group_store import GroupStore
from shared.aws.items import from_item, to_item
from shared.aws.measure_store import MeasureStore
from shared.aws.membership_moves import MembershipMoves
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item
from shared.aws.queues import Queue
from shared.aws.state_store import StateStore
from shared.aws.tag_store import TagStore
from shared.aws.trait_history import TraitHistory
from shared.aws.view_reader import ViewReader
from shared.domain.due.timing import JUDGED
from shared.domain.events.model import Event
from shared.domain.instants import format_instant
from shared.domain.text import to_text
from tests.functions.update_tags.catalogs import Catalog, Reader

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Bus:
    """Remembers every fact that was put on it, repetitions included."""

    def __init__(self) -> None:
        self.published: list[DomainEvent] = []

    def put_events(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self.published += [DOMAIN_EVENT.validate_json(entry["Detail"]) for entry in entries]
        return {"Entries": [{"EventId": "e"} for _ in entries]}


class DueQueue:
    """Remembers who was sent for, and for how many seconds each message waits."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, int]] = []

    def send_message_batch(self, **request: Any) -> dict[str, Any]:
        entries = request["Entries"]
        self.sent += [(each["MessageBody"], each.get("DelaySeconds", 0)) for each in entries]
        return {"Successful": [{"Id": each["Id"]} for each in entries]}


class Wire:
    """Passes calls to AWS and counts them, from 1.

    `hook` runs before and after each; the call numbered `repeat` is made twice.
    """

    def __init__(
        self, hook: Callable[[int, str], None] = lambda number, when: None, repeat: int = 0
    ) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._hook, self._repeat = hook, repeat

    def to(self, client: Any) -> Any:
        wire = self

        class Proxy:
            def __getattr__(self, name: str) -> Callable[..., Any]:
                def call(**request: Any) -> Any:
                    wire.calls.append((name, request))
                    number = len(wire.calls)
                    wire._hook(number, "before")
                    if number == wire._repeat:
                        getattr(client, name)(**request)
                    answer = getattr(client, name)(**request)
                    wire._hook(number, "after")
                    return answer

                return call

        return Proxy()


class Stream:
    """Makes the records that the profiles table's stream would hold."""

    def __init__(self) -> None:
        self._sequence = count(10**23)

    def record(self, kind: str, pk: str, sk: str, row: dict[str, Any]) -> dict[str, Any]:
        image = {"pk": pk, "sk": sk, **row}
        change = {
            "ApproximateCreationDateTime": 1_795_000_000,
            "Keys": to_item({"pk": pk, "sk": sk}),
            "SequenceNumber": str(next(self._sequence)),
            "SizeBytes": 500,
            "StreamViewType": "NEW_IMAGE",
        }
        if kind != "REMOVE":
            change["NewImage"] = to_item(image)
        return {
            "eventID": "e",
            "eventName": kind,
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": change,
        }

    def event(self, profile_id: str, event: Event) -> dict[str, Any]:
        """A new timeline row."""
        sk = keys.event(event.timestamp, event.message_id)
        row = {
            "name": event.name,
            "type": event.type,
            "occurred_at": event.occurred_at,
            "body": to_text(event.to_json()),
        }
        return self.record("INSERT", keys.person("default", profile_id), sk, row)

    def profile(self, profile_id: str, traits: dict[str, Any], kind: str) -> dict[str, Any]:
        """A new or changed profile."""
        return self.record(kind, keys.person("default", profile_id), "PROFILE", profile_row(traits))


def profile_row(traits: dict[str, Any]) -> dict[str, Any]:
    claims = {
        name: {"value": value, "at": format_instant(NOON), "source_id": "web"}
        for name, value in traits.items()
    }
    return {"profile_id": "p", "created_at": NOON, "version": 1, "traits": json.dumps(claims)}


def segments_in(rows: dict[str, dict[str, Any]]) -> set[str]:
    """The segments that a person with these rows is in."""
    found = {sk.removeprefix("SEG#"): row for sk, row in rows.items() if sk.startswith("SEG#")}
    return {name for name, row in found.items() if row["member"]}


class Bench:
    """The function's batch over a mocked table."""

    def __init__(
        self,
        dynamodb: Any,
        table: str,
        make_event: Callable[..., Event],
        empty_profiles: Callable[[], None],
    ) -> None:
        self.dynamodb, self.table, self._make_event = dynamodb, table, make_event
        self._empty_profiles = empty_profiles
        self.catalog, self.bus, self.stream = Catalog(), Bus(), Stream()
        self.queue = DueQueue()
        self.now = NOON
        self._ids = count(1)
        self._log = Logger(service="test", level="CRITICAL")

    def begin_again(self) -> None:
        """Forget all people and all that was published: moto is slow with many rows."""
        self._empty_profiles()
        self.bus.published.clear()

    def person(self) -> str:
        """A new profile id."""
        return f"p{next(self._ids)}"

    def event(self, profile_id: str, name: str, **fields: Any) -> dict[str, Any]:
        """A record of a new event, which is in the timeline of a profile from now on."""
        item = {"pk": keys.person("default", profile_id), "sk": "PROFILE", **profile_row({})}
        with suppress(self.dynamodb.exceptions.ConditionalCheckFailedException):
            self.dynamodb.put_item(
                TableName=self.table,
                Item=to_item(item),
                ConditionExpression="attribute_not_exists(pk)",
            )
        event = self._make_event(name, **fields)
        self.dynamodb.put_item(TableName=self.table, Item=event_item(profile_id, event))
        return self.stream.event(profile_id, event)

    def learn(self, profile_id: str, kind: str = "MODIFY", **traits: Any) -> dict[str, Any]:
        """Store traits, and give the record of that."""
        item = {"pk": keys.person("default", profile_id), "sk": "PROFILE", **profile_row(traits)}
        self.dynamodb.put_item(TableName=self.table, Item=to_item(item))
        return self.stream.profile(profile_id, traits, kind)

    def deliver(self, records: Iterable[dict[str, Any]], wire: Wire | None = None) -> Outcome:
        """One invocation."""
        ports = self.ports(wire or Wire())
        return update_people(records, self.plans(), ports, lambda: self.now, self._log)

    def plans(self) -> Plans:
        """What a function that has just started makes of the catalog."""
        return Plans(Reader(self.catalog), self._log)

    def judge(self, *profile_ids: str, wire: Wire | None = None) -> Outcome:
        """One invocation in which nothing happened but that time passed."""
        ports = self.ports(wire or Wire())
        return judge_people(
            "default", profile_ids, self.plans(), ports, lambda: self.now, self._log
        )

    def ports(self, wire: Wire) -> Ports:
        """What the function works on, newly started; `wire` stands before all of it."""
        table = wire.to(self.dynamodb)
        states, measures = StateStore(table, self.table), MeasureStore(table, self.table)
        return Ports(
            people=PersonReader(table, self.table),
            states=states,
            measures=measures,
            views=ViewReader(states, measures),
            memberships=MembershipStore(table, self.table, lambda _: None),
            moves=MembershipMoves(table, self.table, lambda _: None),
            tags=TagStore(table, self.table, lambda _: None),
            due=DueIndex(
                table, self.table, JUDGED, Queue(wire.to(self.queue), "due", lambda _: None)
            ),
            groups=GroupStore(table, self.table),
            histories=TraitHistory(table, self.table),
            bus=EventBus(wire.to(self.bus), "rapport", lambda _: None),
        )

    def rows(self, profile_id: str) -> dict[str, dict[str, Any]]:
        """What is stored of a person, by sort key."""
        return self.everything().get(keys.person("default", profile_id), {})

    def everything(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The whole table of people but the timelines, by partition and sort key."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for page in self.dynamodb.get_paginator("scan").paginate(TableName=self.table):
            for row in map(from_item, page["Items"]):
                if not row["sk"].startswith(keys.EVENT_PREFIX):
                    found.setdefault(row.pop("pk"), {})[row.pop("sk")] = row
        return found

    def segments(self, profile_id: str) -> set[str]:
        """The segments that a person is in."""
        return segments_in(self.rows(profile_id))

    def members(self, segment_id: str) -> int:
        """The tally of a segment."""
        figures = FiguresReader(self.dynamodb, self.table)
        return figures.of("default", "SEGMENT", segment_id).get("members", 0)

    def facts(self, profile_id: str) -> list[DomainEvent]:
        """What was published of a person, repetitions left out."""
        unique = {fact.event_id: fact for fact in self.bus.published}
        return [fact for fact in unique.values() if fact.profile_id == profile_id]


@pytest.fixture
def bench(
    dynamodb: Any,
    profiles_table: str,
    make_event: Callable[..., Event],
    empty_profiles: Callable[[], None],
) -> Bench:
    return Bench(dynamodb, profiles_table, make_event, empty_profiles)
