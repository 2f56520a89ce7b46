"""A workspace with Ada, who is two strands, and Eve, who must never notice that Ada was erased."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from functions.erase_person.usecase import ErasePerson
from shared.aws import keys, session
from shared.aws.archives import Archives, archive_key
from shared.aws.catalog import CatalogReader
from shared.aws.dead_letters import DeadLetters
from shared.aws.due_store import DueIndex
from shared.aws.enrolment_rows import enrolment_row
from shared.aws.eraser import Eraser
from shared.aws.erasure_news import ErasureNews
from shared.aws.erasure_store import ErasureStore
from shared.aws.identity_rows import dispute_item
from shared.aws.identity_secret import IdentitySecret
from shared.aws.items import to_item
from shared.aws.marks import Marks
from shared.aws.queues import Queue
from shared.aws.suppressions import Suppressions
from shared.aws.tombstones import Tombstones
from shared.domain.due.batches import Due
from shared.domain.due.timing import JUDGED, WOKEN
from shared.domain.erasure.letters import Wanted
from shared.domain.erasure.model import Erasure, erasure_id_of
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root, to_json
from shared.domain.identity.resolution import Dispute
from shared.domain.instants import format_instant
from shared.domain.journeys.enrolment import Enrolment, Status, TraceEntry, Waiting
from shared.domain.journeys.ports import Ref, Stored
from shared.domain.journeys.wakes import Wake
from shared.domain.outbound.parcels import Parcel
from shared.domain.text import to_text
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE
from tests.crash.faults import Line

WS = "default"
ROOT, PHONE, EVE = "a1" * 16, "a2" * 16, "e1" * 16
MARKER = "ada-marker"
USER = Identifier("user_id", f"{MARKER}-user")
MAIL = Identifier("email", f"{MARKER}@example.com")
DEVICE = Identifier("anonymous_id", f"{MARKER}-device")
EVES = Identifier("user_id", "eve-user")
EVENTS = 120  # more than one transaction
SETTLE = timedelta(minutes=22)
WAKE_AT = NOON + timedelta(days=3)
BUCKET = "archives"
ERASURE = erasure_id_of(WS, ROOT)


@dataclass
class Machines:
    """Executions that can be stopped."""

    stopped: list[str] = field(default_factory=list)

    def stop(self, machine: str, ref: Any, cause: str) -> None:
        self.stopped.append(ref.enrolment_id)


@dataclass
class Elsewhere:
    """A place beside the tables."""

    asked: list[frozenset[str]] = field(default_factory=list)

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        self.asked.append(person.strands)
        return {"lake_objects": 1}


class World:
    """Everything around erase_person, in a mocked AWS."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.sqs, self.s3 = session.client("sqs"), session.client("s3")
        self.line = Line()
        self.machines, self.lake = Machines(), Elsewhere()
        self.now = NOON
        secrets = session.client("secretsmanager")
        if not secrets.list_secrets()["SecretList"]:
            secrets.create_secret(Name="identity", SecretString="s" * 64)
        self.secret = IdentitySecret(lambda: secrets, "identity")
        self.suppressions = Suppressions(dynamodb, PROFILES_TABLE, self.secret)
        self.tombstones = Tombstones(dynamodb, CATALOG_TABLE, self.secret)
        for url in self.sqs.list_queues().get("QueueUrls", []):  # of the world before
            self.sqs.delete_queue(QueueUrl=url)
        self.letters = self.sqs.create_queue(QueueName="letters")["QueueUrl"]
        self.outbound = self.sqs.create_queue(QueueName="outbound")["QueueUrl"]
        self.s3.create_bucket(Bucket=BUCKET)
        self._fill()

    # --- what erase_person does -------------------------------------------------------------------

    def ledger(self, client: Any = None) -> ErasureStore:
        return ErasureStore(client or self.dynamodb, CATALOG_TABLE)

    def erase(self) -> ErasePerson:
        """A run of the function, whose calls go through `line`."""
        dynamodb = self.line.around(self.dynamodb)
        sqs, s3 = self.line.around(self.sqs), self.line.around(self.s3)
        ledger = self.ledger(dynamodb)
        suppressions = Suppressions(dynamodb, PROFILES_TABLE, self.secret)
        return ErasePerson(
            ledger,
            Marks(dynamodb, PROFILES_TABLE),
            Eraser(dynamodb, PROFILES_TABLE, ledger, self.machines, suppressions.forget),
            Tombstones(dynamodb, CATALOG_TABLE, self.secret),
            {
                "lake": self.lake,
                "queues": DeadLetters(sqs, [self.letters]),
                "lake_again": self.lake,
                "archives": Archives(s3, BUCKET),
            },
            ErasureNews(
                CatalogReader(dynamodb, CATALOG_TABLE, clock=lambda: 0.0),
                Queue(sqs, self.outbound, pause=lambda seconds: None),
            ),
            SETTLE,
            lambda: self.now,
        )

    def ask(self) -> None:
        wanted = Erasure(erasure_id=ERASURE, profile_id=ROOT, requested_at=self.now)
        self.ledger().begin(WS, wanted)

    def carry_on(self) -> Erasure:
        return self.erase().carry_on(WS, ERASURE)

    def erased(self) -> Erasure:
        """The receipt, after as much waiting as it takes."""
        self.ask()
        self.carry_on()
        self.now += SETTLE
        return self.carry_on()

    def wants(self, destination_id: str, *facts: str, erased_by: tuple[str, ...] = ()) -> None:
        """Let a destination hear of these facts."""
        body = {
            "destination_id": destination_id,
            "facts": facts,
            "erased_by": erased_by,
            "to": {"type": "webhook", "url": f"https://{destination_id}.example/told"},
        }
        key = keys.Key(keys.catalog(WS), keys.definition("DESTINATION", destination_id))
        version = {"pk": keys.catalog(WS), "sk": keys.CATALOG_VERSION, "n": 1}
        for row in ({**key._asdict(), "body": to_text(body), "version": 1}, version):
            self.dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(row))

    def announced(self) -> list[Parcel]:
        """What is on its way to destinations, which is left there."""
        return [
            Parcel.from_body(one["Body"])
            for one in self.sqs.receive_message(
                QueueUrl=self.outbound, MaxNumberOfMessages=10, VisibilityTimeout=0
            ).get("Messages", [])
        ]

    # --- what can be seen -------------------------------------------------------------------------

    def rows(self, table: str = PROFILES_TABLE) -> dict[tuple[str, str], dict[str, Any]]:
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        found = [item for page in pages for item in page["Items"]]
        return {(item["pk"]["S"], item["sk"]["S"]): item for item in found}

    def tally(self, noun: str, subject: str) -> dict[str, int]:
        total: dict[str, int] = {}
        for (pk, _), item in self.rows().items():
            if pk == f"{WS}#N#{noun}#{subject}":
                for name, value in item.items():
                    if "N" in value:
                        total[name] = total.get(name, 0) + int(value["N"])
        return total

    def traces(self) -> list[str]:
        """Wherever the marker, or one of Ada's strands, still is."""
        looked = [str(item) for table in (PROFILES_TABLE, CATALOG_TABLE)
                  for item in self.rows(table).values()]  # fmt: skip
        looked += [obj["Key"] for obj in self.s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
        looked += self.queued()
        return [text for text in looked if any(m in text for m in (MARKER, ROOT, PHONE))]

    def queued(self) -> list[str]:
        """The dead letters, put back at once."""
        bodies: list[str] = []
        while True:
            answer = self.sqs.receive_message(
                QueueUrl=self.letters, MaxNumberOfMessages=10, VisibilityTimeout=1
            )
            if "Messages" not in answer:
                break
            for message in answer["Messages"]:
                bodies.append(message["Body"])
                self.sqs.delete_message(
                    QueueUrl=self.letters, ReceiptHandle=message["ReceiptHandle"]
                )
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.letters, MessageBody=body)
        return bodies

    # --- what there is ----------------------------------------------------------------------------

    def put(self, strand: str, sk: str, **row: Any) -> None:
        item = to_item({"pk": keys.person(WS, strand), "sk": sk, **row})
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=item)

    def put_key(self, key: keys.Key, **row: Any) -> None:
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item({**key._asdict(), **row}))

    def _fill(self) -> None:
        self._people()
        for strand, of in ((PHONE, EVENTS), (EVE, 3)):
            name = MARKER if strand == PHONE else "eve"
            for number in range(of):
                at = NOON - timedelta(minutes=number)
                event = {"message_id": f"m-{number}", "properties": {"said": name}}
                self.put(strand, keys.event(at, f"m-{number}"), body=to_text(event))
        for strand in (ROOT, EVE):
            name = MARKER if strand == ROOT else "eve"
            due_at = NOON + timedelta(days=14)
            self.put(strand, keys.STATE, events=3, note=name, due_at=due_at)
            self.put_key(keys.due(WS, JUDGED, due_at, strand))
            self.put(strand, keys.counter("seen", "2026-11"), d22=3, r22=Decimal("11.77"))
            self.put(strand, keys.membership("seers"), member=True, flips=1, because=f'["{name}"]')
            self.put(strand, keys.membership("left"), member=False, flips=2)
            self.put(strand, keys.tag("tier"), value='"gold"', changes=1, counted=True, note=name)
            self.put(strand, keys.tag_log("tier", NOON), value='"silver"', note=name)
            self.put(strand, keys.stage(NOON), stage="new", note=name)
            self.put(strand, keys.moments("0123456789abcdef", NOON.date()), moments=name)
            self.put(strand, keys.cells("0123456789abcdef", "2026-11"), d22=name)
            self.put(strand, "CONSENT", version=1, decisions=f'["{name}"]')
            self._journey(strand, name)
        self.put_key(keys.tally(WS, "SEGMENT", "seers", ROOT), members=2)
        self.put_key(keys.tally(WS, "TAG", "tier", ROOT), members=2)
        self.put_key(keys.tally(WS, "TAG", 'tier="gold"', ROOT), members=2)
        self.put_key(keys.tally(WS, "JOURNEY", "tour", ROOT), started=3, completed=1)
        self.put_key(keys.tally(WS, "MESSAGE", "email", ROOT), sent=2)
        self.suppressions.put(
            WS, "email", MAIL.value, reason="complaint", source=f"{MARKER} said so", at=NOON
        )
        self._elsewhere()

    def _people(self) -> None:
        nodes = (Node(USER, ROOT, NOON), Node(MAIL, ROOT, NOON), Node(DEVICE, PHONE, NOON))
        edge = Edge(DEVICE, USER, NOON, "m-1", "web", "none", "identify")
        roots = (Root(ROOT, NOON), Root(PHONE, NOON, True))
        self._root(Graph(roots=roots, nodes=nodes, edges=(edge,), version=7, joins=1), MARKER)
        self.put(PHONE, keys.PROFILE, profile_id=PHONE, redirect=ROOT, version=1, traits="{}")
        self._root(Graph(roots=(Root(EVE, NOON),), nodes=(Node(EVES, EVE, NOON),), version=1), "e")
        between = Dispute(
            Edge(DEVICE, EVES, NOON, "m-2", "web", "none", "identify"), "kept_apart", PHONE, EVE
        )
        for strand in (PHONE, EVE):
            item = dispute_item(WS, strand, between)
            self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=item)

    def _root(self, graph: Graph, name: str) -> None:
        email = {"value": f"{name}@example.com", "at": format_instant(NOON), "source_id": "web"}
        self.put(
            graph.profile_id,
            keys.PROFILE,
            profile_id=graph.profile_id,
            version=1,
            traits=to_text({"email": email}),
            graph=to_text(to_json(graph)),
            graph_version=graph.version,
            joins=graph.joins,
        )
        for node in graph.nodes:
            self.put_key(
                keys.identifier(WS, *node.identifier),
                strand_id=node.strand_id,
                profile_id=graph.profile_id,
                linked_at=NOON,
            )

    def _journey(self, strand: str, name: str) -> None:
        of = strand[:2]
        self.enrols(strand, f"{of}-now", "active", name)
        self.put(strand, keys.listener("paid", f"{of}-now"), step="wait")
        if strand == ROOT:
            self.enrols(PHONE, "a2-was", "completed", name)
        self._sleeper(Ref(WS, strand, f"{of}-due"))
        for status in ("sent", "claimed", "requested"):
            address = {} if status == "requested" else {"channel": "email", "address": f"{name}@x"}
            self.put(strand, keys.message(f"{of}-{status}"), status=status, **address)
        self._text(strand, of)

    def _text(self, strand: str, of: str) -> None:
        """A text message whose provider names it by a number of its own, and by nothing else."""
        named = {"provider": "tencent_sms", "provider_message_id": f"2019:{of}"}
        self.put(strand, keys.message(f"{of}-text"), status="sent", **named)
        number = keys.numbered(WS, *named.values())
        self.put_key(number, profile_id=strand, message_id=f"{of}-text")

    def enrols(self, strand: str, name: str, status: Status, said: str = MARKER) -> None:
        """Put somebody into a journey, where its step `hello` waits for an event."""
        enrolment = Enrolment(
            **Ref(WS, strand, name)._asdict(),
            journey_id="tour",
            journey_version=1,
            entered_at=NOON,
            clock_at=NOON,
            at="hello",
            status=status,
            entry={"said": said},
            trace=(TraceEntry("hello", 1, NOON, "waiting", 1, due=NOON + timedelta(days=3)),),
        )
        row = enrolment_row(Ref(WS, strand, name), Stored(enrolment, 4, "arn"), NOON)
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))

    def sleep_together(self, *refs: Ref) -> keys.Key:
        """Enrolments of several people whose wakes lie in one row; gives its key."""
        wakes = [Due(Wake(ref, 0).name, WAKE_AT) for ref in refs]
        index = DueIndex(self.dynamodb, PROFILES_TABLE, WOKEN, Queue(None, "none"))
        places = index.put_all(WS, wakes, NOON)
        for ref in refs:
            self._sleeper(ref, places[Wake(ref, 0).name])
        return keys.due_row(WS, WOKEN, places[wakes[0].name])

    def _sleeper(self, ref: Ref, fold: str = "") -> None:
        """An enrolment that waits by the due index, with its wake unless that lies in a fold."""
        wake_at = WAKE_AT
        waiting = Enrolment(
            **ref._asdict(),
            journey_id="walk",
            journey_version=1,
            entered_at=NOON,
            clock_at=NOON,
            at="wait",
            waiting=Waiting(NOON, wake_at),
            visits={"wait": 1},
            trace=(TraceEntry("wait", 1, NOON, "waiting", 1, due=wake_at),),
        )
        stored = Stored(waiting, 1, "", wake_at=wake_at, wake_fold=fold)
        row = enrolment_row(ref, stored, NOON)
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))
        if not fold:
            self.put_key(keys.due(WS, WOKEN, wake_at, Wake(ref, 0).name))

    def _elsewhere(self) -> None:
        mine = {"user_id": USER.value, "occurred_at": format_instant(NOON)}
        eves = {"user_id": EVES.value, "occurred_at": format_instant(NOON)}
        for body in (
            to_text({"v": 1, "events": [mine, eves]}),
            to_text({"v": 1, "events": [eves]}),
            to_text({"detail": {"profile_id": PHONE}}),
        ):
            self.sqs.send_message(QueueUrl=self.letters, MessageBody=body)
        for strand in (ROOT, PHONE, EVE):
            self.s3.put_object(Bucket=BUCKET, Key=archive_key(WS, strand, "x"), Body=b"zip")
