"""The whole way of a message, as one story that is lived through life by life.

Ada signs up and is in two journeys: one by the due index, whose messages wait for the night to end,
and one by a state machine. She opens one email, leaves by a link, and hears nothing after that.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.aws import keys, session
from shared.aws.items import from_item, to_item
from shared.aws.write_keys import digest
from shared.domain.due.timing import DEFERRED, WOKEN
from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.text import to_text
from shared.providers.wechat.crypto import Seal
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.lives import Kind, Life, Lived, Switch, bodies_of, live, switched

AES_KEY = b64encode(bytes(range(32))).decode().rstrip("=")
SEAL = Seal.of("tok", AES_KEY, "wx1")
NIGHT = datetime(2026, 11, 22, 3, tzinfo=UTC)
QUEUES = (
    "events",
    "events-dead",
    "facts",
    "messages",
    "broadcast",
    "actions",
    "wakes",
    "due",
    "feedback",
    "outbound",
)
CONSUMERS = {
    "events": "merge_identity",
    "facts": "advance_journeys",
    "messages": "dispatch_message",
    "broadcast": "dispatch_message",
    "actions": "perform_action",
    "wakes": "wake_enrolments",
    "due": "update_tags",
    "feedback": "record_feedback",
}
LEFT_OUT = ("provider_message_id", "attempts", "detail", "building", "judged")
Row = dict[str, Any]
Rows = dict[tuple[str, str, str], Row]

SETTINGS = {"email_from": "shop@example.com", "tracking": True}
TEMPLATES = [
    {
        "template_id": name,
        "channel": "email",
        "subject": "Hello, {{ profile.first_name }}",
        "html": f'<p>{name}: <a href="https://shop.example/{name}">see</a></p>'
        '<p><a href="rapport:unsubscribe">leave</a></p>',
    }
    for name in ("greet", "thank", "hello")
]
WAITING = {
    "journey_id": "waiting",
    "title": "By the due index",
    "clock": "due_index",
    "quiet_hours": ["22:00-08:00"],
    "entry": {"type": "event", "event": "signed_up"},
    "steps": [
        {"type": "send", "name": "greet", "template_id": "greet"},
        {"type": "update", "name": "mark", "traits": {"greeted": "yes"}},
        {"type": "wait", "name": "a day", "duration": "P1D"},
        {"type": "send", "name": "thank", "template_id": "thank"},
    ],
}
MACHINE = {
    "journey_id": "machine",
    "title": "By a state machine",
    "entry": {"type": "event", "event": "signed_up"},
    "steps": [
        {"type": "send", "name": "hello", "template_id": "hello"},
        {
            "type": "wait_for",
            "name": "watch",
            "events": [{"event": "paid"}],
            "timeout": "P1D",
            "on_event": "end",
            "on_timeout": "end",
        },
    ],
}
SEGMENT = {
    "segment_id": "new",
    "title": "New",
    "condition": {"type": "event", "event": "signed_up", "within_days": 30},
}


@dataclass(frozen=True)
class Point:
    """A life of the story: what there was before it, and what came of it undisturbed."""

    life: Life
    at: datetime
    before: Rows
    after: Rows
    lived: Lived


@dataclass
class Way:
    """The tables, the queues, and the lives so far."""

    switch: Switch
    client: Any  # for looking at the tables and putting rows there; no fault meets it
    now: datetime = NIGHT
    points: list[Point] = field(default_factory=list)
    waiting: dict[str, list[tuple[datetime, str]]] = field(default_factory=dict)
    stream: list[Row] = field(default_factory=list)
    _serial: int = 0

    # --- tables ---------------------------------------------------------------------------------

    def rows(self) -> Rows:
        found: Rows = {}
        for table in (PROFILES_TABLE, CATALOG_TABLE):
            pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in (item for page in pages for item in page["Items"]):
                found[table, item["pk"]["S"], item["sk"]["S"]] = item
        return found

    def restore(self, wanted: Rows, found: Rows | None = None) -> None:
        """Make the tables what they were."""
        found = self.rows() if found is None else found
        asked: dict[str, list[Row]] = {}
        for name in found.keys() - wanted.keys():
            key = {"pk": {"S": name[1]}, "sk": {"S": name[2]}}
            asked.setdefault(name[0], []).append({"DeleteRequest": {"Key": key}})
        for name, item in wanted.items():
            if found.get(name) != item:
                asked.setdefault(name[0], []).append({"PutRequest": {"Item": item}})
        for table, requests in asked.items():
            for start in range(0, len(requests), 25):
                self.client.batch_write_item(RequestItems={table: requests[start : start + 25]})

    def put(self, table: str, *rows: Mapping[str, Any]) -> None:
        for row in rows:
            self.client.put_item(TableName=table, Item=to_item(row))

    # --- lives ----------------------------------------------------------------------------------

    def lives(self, function: str, kind: Kind, event: dict[str, Any]) -> Lived:
        """Live one life undisturbed, and let what it did go on."""
        life, before = Life(function, kind, deepcopy(event)), self.rows()
        lived = live(self.switch, life, self.now, {})
        assert lived.deliveries == 1, f"{function} needs a second delivery in the calm"
        after = self.rows()
        self.points.append(Point(life, self.now, before, after, lived))
        for queue, body, delay in bodies_of(lived.effects):
            ready = self.now + timedelta(seconds=delay)
            self.waiting.setdefault(queue, []).append((ready, body))
        self._stream(before, after)
        return lived

    def _stream(self, before: Rows, after: Rows) -> None:
        """What the stream of the table of people says that update_tags is shown."""
        for name in sorted(after):
            table, pk, sk = name
            if table != PROFILES_TABLE or before.get(name) == after[name]:
                continue
            is_new = name not in before
            shown = sk == keys.PROFILE or sk.startswith(keys.ENROLMENT_PREFIX)
            if not (shown or (is_new and sk.startswith(keys.EVENT_PREFIX))):
                continue
            self._serial += 1
            self.stream.append(
                {
                    "eventID": f"e{self._serial}",
                    "eventName": "INSERT" if is_new else "MODIFY",
                    "eventSource": "aws:dynamodb",
                    "dynamodb": {
                        "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
                        "NewImage": after[name],
                        "SequenceNumber": str(10**23 + self._serial),
                    },
                }
            )

    def settle(self) -> None:
        """Let everything that is ready go on until nothing is left."""
        for _ in range(60):
            if self.stream:
                records, self.stream = self.stream, []
                self.lives("update_tags", "stream", {"Records": records})
                continue
            queue = next((q for q in CONSUMERS if self._ready(q)), None)
            if queue is None:
                return
            bodies = self._ready(queue)
            left = [each for each in self.waiting[queue] if each[0] > self.now]
            self.waiting[queue] = left
            self.lives(CONSUMERS[queue], "queue", records_of(bodies))
        raise AssertionError("it never comes to rest")

    def _ready(self, queue: str) -> list[str]:
        return [body for at, body in self.waiting.get(queue, ()) if at <= self.now]

    def sweep(self) -> None:
        for index in (WOKEN, DEFERRED):
            self.lives("sweep_due", "tick", {"index": index})
        self.settle()


def records_of(bodies: list[str]) -> dict[str, Any]:
    records = [
        {"messageId": f"r{number}", "body": body, "eventSource": "aws:sqs"}
        for number, body in enumerate(bodies)
    ]
    return {"Records": records}


def http(method: str, path: str, at: datetime, body: str = "", **more: Any) -> dict[str, Any]:
    """A request as API Gateway hands it on."""
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"content-type": "application/json", **more.pop("headers", {})},
        "requestContext": {
            "http": {"method": method, "path": path},
            "stage": "$default",
            "domainName": "api.example",
            "timeEpoch": int(at.timestamp() * 1000),
        },
        "body": body,
        "isBase64Encoded": False,
        **more,
    }


def basic(write_key: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{write_key}:".encode()).decode()}


@contextmanager
def way_over(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    """An empty deployment whose DynamoDB is at `address`."""
    from botocore.session import get_session

    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", address)
    with switched() as switch:
        looking = get_session().create_client("dynamodb", endpoint_url=address)
        for name, value in _environment().items():
            monkeypatch.setenv(name, value)
        session.client("sesv2").create_email_identity(EmailIdentity="shop@example.com")
        way = Way(switch, looking)
        _make_tables(looking)
        _define(way)
        yield way


def _environment() -> dict[str, str]:
    sqs = session.client("sqs")
    urls = {name: str(sqs.create_queue(QueueName=name)["QueueUrl"]) for name in QUEUES}
    secret = session.client("secretsmanager").create_secret(
        Name="identity", SecretString="an identity secret of more than 32 bytes"
    )
    session.client("events").create_event_bus(Name="rapport")
    return {
        **{f"{name.upper()}_QUEUE_URL": url for name, url in urls.items() if "-" not in name},
        "DEAD_LETTER_QUEUE_URL": urls["events-dead"],
        "PROFILES_TABLE": PROFILES_TABLE,
        "CATALOG_TABLE": CATALOG_TABLE,
        "IDENTITY_SECRET_ARN": secret["ARN"],
        "BUS_NAME": "rapport",
        "API_URL": "https://links.example",
        "CONFIGURATION_SET": "",
        "SES_TENANT": "",
        "PROVIDER_BASES": "{}",
        "WORKSPACE_IDS": "default",
        "TOPIC_ARN": "arn:aws:sns:us-east-1:123456789012:feedback",
    }


def _make_tables(client: Any) -> None:
    """Both tables, empty; nothing expires, because the clock of the engine is not the story's."""
    existing = client.list_tables()["TableNames"]
    key = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
    pin = [key[0], {"AttributeName": "pin", "KeyType": "RANGE"}]
    index = {"IndexName": "pin", "KeySchema": pin, "Projection": {"ProjectionType": "KEYS_ONLY"}}
    for table, more in ((PROFILES_TABLE, {"LocalSecondaryIndexes": [index]}), (CATALOG_TABLE, {})):
        if table in existing:
            client.delete_table(TableName=table)
        client.create_table(
            TableName=table,
            KeySchema=key,
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"}
                for name in (("pk", "sk", "pin") if more else ("pk", "sk"))
            ],
            BillingMode="PAY_PER_REQUEST",
            **more,
        )


def _define(way: Way) -> None:
    graph = json.dumps({"StartAt": "a", "States": {"a": {"Type": "Succeed"}}})
    machine = session.client("stepfunctions").create_state_machine(
        name="machine", definition=graph, roleArn="arn:aws:iam::123456789012:role/journeys"
    )["stateMachineArn"]
    catalog = keys.catalog("default")

    def row(sk: str, body: Any, **more: Any) -> Row:
        return {"pk": catalog, "sk": sk, "body": to_text(body), "version": 1, **more}

    published = {"status": "published", "published_version": 1, "updated_at": "2026-11-01"}
    way.put(
        CATALOG_TABLE,
        {"pk": catalog, "sk": keys.CATALOG_VERSION, "n": 1},
        row("SETTINGS", SETTINGS),
        row("SEGMENT#new", SEGMENT),
        *(row(f"TEMPLATE#{each['template_id']}", each) for each in TEMPLATES),
        row("PROVIDER#wechat", _account()),
        row("JOURNEY#waiting", WAITING, **published),
        row("JOURNEY#machine", MACHINE, **published, state_machine_arn=machine),
        *(
            {
                **keys.definition_version("default", "JOURNEY", each["journey_id"], 1)._asdict(),
                "body": to_text(Journey.model_validate(each).model_dump(mode="json")),
                "version": 1,
            }
            for each in (WAITING, MACHINE)
        ),
        {
            **keys.write_key(digest("wk_web"))._asdict(),
            "digest": digest("wk_web"),
            "workspace_id": "default",
            "source_id": "web",
            "kind": "server",
        },
    )


def _account() -> Row:
    secret = session.client("secretsmanager").create_secret(
        Name="rapport/providers/wechat",
        SecretString=json.dumps({"token": "tok", "encoding_aes_key": AES_KEY}),
    )
    known = {"provider_id": "wechat", "type": "wechat", "app_id": "wx1"}
    return {**known, "secret_arn": secret["ARN"]}


def plain(rows: Rows) -> dict[tuple[str, str], Row]:
    """Rows of people as plain data."""
    return {(pk, sk): from_item(item) for (table, pk, sk), item in rows.items() if table}


def told(rows: Rows) -> dict[str, dict[str, str]]:
    """What the tables say, with strands named after their identifiers.

    Left out is what others make up anew each time (the ids that a provider gives), what is said of
    the tries before, how often somebody was judged, and that no build is at work.
    """
    found = plain(rows)
    names = {row["strand_id"]: pk for (pk, _), row in found.items() if "#I#" in pk}
    any_name = re.compile("|".join(names) or "$.")

    def named(value: Any) -> str:
        return any_name.sub(lambda match: names[match[0]], str(value))

    return {
        named(" ".join(key)): {
            name: named(value) for name, value in row.items() if name not in LEFT_OUT
        }
        for key, row in found.items()
    }


def difference(found: dict[str, dict[str, str]], expected: dict[str, dict[str, str]]) -> list[str]:
    """What is not the same in two tables, a line for each value."""
    return [
        f"{key} {name}: {found.get(key, {}).get(name)} for {expected.get(key, {}).get(name)}"
        for key in sorted(found.keys() | expected.keys())
        for name in sorted(found.get(key, {}).keys() | expected.get(key, {}).keys())
        if found.get(key, {}).get(name) != expected.get(key, {}).get(name)
    ]


# --- the story ------------------------------------------------------------------------------------


def play(way: Way) -> None:
    """Live through the whole story, undisturbed; every life is a point of it afterwards."""
    ada = Ada(way)
    ada.signs_up()
    ada.is_led_by_the_machine("hello", "perform")
    ada.is_led_by_the_machine("watch", "listen")
    ada.follows()
    way.now = NIGHT.replace(hour=8)
    way.sweep()
    ada.opens("greet")
    ada.is_heard_of("greet", "Delivery", "delivery", {})
    ada.leaves_by("greet")
    bounce = {
        "bounceType": "Permanent",
        "feedbackId": "b1",
        "bouncedRecipients": [{"emailAddress": "ada@example.com"}],
    }
    ada.is_heard_of("hello", "Bounce", "bounce", bounce)
    way.now = NIGHT + timedelta(days=1)
    way.sweep()
    ada.is_led_by_the_machine("watch", "time_out")


@dataclass
class Ada:
    """What she does, and what is done with her."""

    way: Way

    def signs_up(self) -> None:
        agreed = {"consent": {"categoryPreferences": {"marketing": True}}}
        known = {"userId": "ada", "timestamp": "2026-11-22T03:00:00Z"}
        traits = {"email": "ada@example.com", "first_name": "Ada"}
        batch = [
            {"type": "identify", "messageId": "m1", "traits": traits, "context": agreed, **known},
            {"type": "track", "messageId": "m2", "event": "signed_up", **known},
        ]
        body = json.dumps({"batch": batch})
        request = http("POST", "/v1/batch", self.way.now, body, headers=basic("wk_web"))
        self._asks("ingest_events", request)

    def _asks(self, function: str, request: dict[str, Any]) -> None:
        lived = self.way.lives(function, "http", request)
        assert lived.answer["statusCode"] < 400, lived.answer
        self.way.settle()

    def follows(self) -> None:
        """She follows the account of WeChat, which calls back."""
        timestamp = str(int(self.way.now.timestamp()))
        fields = {
            "ToUserName": "gh",
            "FromUserName": "o-1",
            "CreateTime": timestamp,
            "MsgType": "event",
            "Event": "subscribe",
        }
        told = "".join(f"<{name}>{text}</{name}>" for name, text in fields.items())
        sealed, signed = SEAL.close(f"<xml>{told}</xml>".encode(), bytes(16), timestamp, "n")
        query = {"timestamp": timestamp, "nonce": "n", "msg_signature": signed}
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
        path = "/v1/callbacks/wechat"
        request = http("POST", path, self.way.now, body, queryStringParameters=query)
        self._asks("receive_callbacks", request)

    def is_led_by_the_machine(self, step: str, action: str) -> None:
        ref = next(
            row
            for (_, sk), row in plain(self.way.rows()).items()
            if sk.startswith(keys.ENROLMENT_PREFIX) and row["journey_id"] == "machine"
        )
        enrolment = {
            "workspace_id": "default",
            "profile_id": ref["pk"].rpartition("#")[2],
            "enrolment_id": ref["enrolment_id"],
        }
        event = {"enrolment": enrolment, "step": step, "action": action}
        self.way.lives(
            "run_step", "call", {**event, "task_token": "t"} if action == "listen" else event
        )
        self.way.settle()

    def letter(self, template_id: str) -> dict[str, Any]:
        """The email of a template as it was handed to SES."""
        asked = (
            asked
            for point in self.way.points
            for name, asked in point.lived.effects
            if name == "sesv2.SendEmail"
        )
        return next(each for each in asked if f"{template_id}:" in _html(each))

    def _link(self, template_id: str, kind: str) -> str:
        found = re.search(
            rf"https://links\.example(/{kind}/[\w-]+)", _html(self.letter(template_id))
        )
        assert found
        return found[1]

    def opens(self, template_id: str) -> None:
        agent = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}
        request = http("GET", self._link(template_id, "r"), self.way.now, headers=agent)
        self._asks("answer_links", request)
        self.way.now += timedelta(minutes=5)
        self.way.settle()

    def leaves_by(self, template_id: str) -> None:
        path = self._link(template_id, "u")
        self._asks("answer_links", http("POST", path, self.way.now, "List-Unsubscribe=One-Click"))

    def is_heard_of(self, template_id: str, kind: str, part: str, content: dict[str, Any]) -> None:
        """SES says what became of a message."""
        tags = {tag["Name"]: [tag["Value"]] for tag in self.letter(template_id)["EmailTags"]}
        at = format_instant(self.way.now)
        mail = {"timestamp": at, "messageId": f"ses-{template_id}", "tags": tags}
        detail = {"eventType": kind, "mail": mail, part: {"timestamp": at, **content}}
        body = json.dumps({"source": "aws.ses", "detail-type": f"Email {kind}", "detail": detail})
        self.way.lives("record_feedback", "queue", records_of([body]))
        self.way.settle()


def _html(letter: dict[str, Any]) -> str:
    return str(letter["Content"]["Simple"]["Body"]["Html"]["Data"])
