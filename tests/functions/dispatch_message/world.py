"""A small workspace with people, a journey and templates, in any DynamoDB that has both tables."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from functions.dispatch_message.dressing import Dressing
from functions.dispatch_message.handing import Handing
from functions.dispatch_message.paying import Paying
from functions.dispatch_message.settings import CLAIM_LEASE
from functions.dispatch_message.usecase import Dispatch
from shared.aws import keys
from shared.aws.access_tokens import AccessTokens
from shared.aws.catalog import CatalogReader
from shared.aws.consent_moves import ConsentMoves
from shared.aws.consent_rows import Kept, kept_item
from shared.aws.consent_store import ConsentStore
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.figures import FiguresReader
from shared.aws.inbox_store import InboxStore
from shared.aws.items import from_item, query_prefix, to_item, to_text
from shared.aws.mailer import Mailer
from shared.aws.message_store import MessageStore
from shared.aws.profile_rows import event_of
from shared.aws.purse import Purse
from shared.aws.suppressions import Suppressions
from shared.aws.throughput import Throughput
from shared.domain.consents.model import Decision, Scope
from shared.domain.due.batches import Due
from shared.domain.due.timing import DEFERRED, SHARDS
from shared.domain.events.model import Event
from shared.domain.identity.graph import Edge, Graph, Identifier, Node, Root, to_json
from shared.domain.instants import format_instant
from shared.domain.messages.channels import Channel
from shared.domain.messages.model import MessageRequest
from shared.providers.senders import Outside, Senders
from tests.functions.dispatch_message.mailbox import Mailbox

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROFILES = "profiles"
CATALOG = "catalog"
LINKS = "https://links.example"
MARKETING = Scope("marketing")

TEMPLATES: list[dict[str, Any]] = [
    {
        "template_id": "welcome",
        "channel": "email",
        "subject": "Welcome, {{ profile.first_name }}",
        "html": "<p>Dear {{ profile.first_name }}, welcome.</p>",
    },
    {
        "template_id": "reminder",
        "channel": "sms",
        "text": "{{ profile.first_name }}, your cart waits.",
    },
]
JOURNEY = {
    "journey_id": "hello",
    "title": "Hello",
    "entry": {"type": "event", "event": "signed_up"},
    "steps": [{"type": "send", "name": "greet", "template_id": "welcome"}],
}
SETTINGS = {"email_from": "shop@example.com", "rehearsal": True}


class Clock:
    """The time, which passes only when told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_lease(self) -> None:
        self.now += CLAIM_LEASE + timedelta(seconds=1)


class Secret:
    """Stands for the secret of the deployment."""

    def key(self, purpose: str, workspace_id: str) -> bytes:
        return f"{purpose} of {workspace_id}".encode()


class SentBack:
    """The queue of messages, as far as dispatch brings some back by it itself."""

    def __init__(self) -> None:
        self.bodies: list[tuple[str, int]] = []

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        self.bodies += messages


class Heard:
    """The queue of record_feedback, as far as dispatch tells it something."""

    def __init__(self) -> None:
        self.told: list[Any] = []

    def send_json(self, payload: Any) -> None:
        self.told.append(payload)


class World:
    """One workspace; several fit into one pair of tables.

    `dynamodb` is what the world is looked at with; dispatch works over clients of its own, which
    `dispatch` takes, so that faults can stand between.
    """

    def __init__(self, dynamodb: Any, workspace_id: str = "default") -> None:
        self.dynamodb = dynamodb
        self.workspace_id = workspace_id
        self.clock = Clock()
        self.mailbox = Mailbox()
        self.sent_back = SentBack()
        self.heard = Heard()
        self.http: Any = None  # where providers beside AWS are
        self.secrets: Any = None
        self.following: Any = None  # looks after tasks in WeCom
        self.gone: list[tuple[str, str]] = []  # whose address on which channel was taken back
        self.suppressions = Suppressions(dynamodb, PROFILES, Secret())
        self._versions = count(1)
        definition = keys.definition_version(workspace_id, "JOURNEY", "hello", 1)
        self._put(
            CATALOG,
            self._catalog_row("SETTINGS", SETTINGS),
            *(self._catalog_row(f"TEMPLATE#{it['template_id']}", it) for it in TEMPLATES),
            self._catalog_row("JOURNEY#hello", JOURNEY, status="published", published_version=1),
            {**definition._asdict(), "body": to_text(JOURNEY), "version": 1},
            {"pk": keys.catalog(workspace_id), "sk": keys.CATALOG_VERSION, "n": 1},
        )

    def dispatch(
        self, dynamodb: Any = None, mailbox: Any = None, sent_back: Any = None
    ) -> Dispatch:
        dynamodb, mailbox = dynamodb or self.dynamodb, mailbox or self.mailbox
        catalog = CatalogReader(dynamodb, CATALOG, clock=lambda: 0.0)
        return Dispatch(
            catalog,
            self.store(dynamodb),
            self._handing(dynamodb, mailbox, catalog),
            Dressing(Secret().key, LINKS),
            Paying(catalog, Purse(dynamodb, PROFILES), self.heard),  # type: ignore[arg-type]
            DueIndex(dynamodb, PROFILES, DEFERRED, sent_back or self.sent_back),
            self.clock,
        )

    def senders(self, dynamodb: Any = None, mailbox: Any = None) -> Senders:
        """Who calls providers."""
        dynamodb, mailbox = dynamodb or self.dynamodb, mailbox or self.mailbox

        def tokens(workspace_id: str, account: str, fetch: Any) -> AccessTokens:
            return AccessTokens(dynamodb, PROFILES, workspace_id, account, fetch, now=self.clock)

        outside = Outside(
            bases={},
            client=lambda service: mailbox,
            secrets=self.secrets,
            tokens=tokens,
            now=self.clock,
            nonce=lambda: "nonce",
            http=self.http,
        )
        return Senders(outside)

    def _handing(self, dynamodb: Any, mailbox: Any, catalog: CatalogReader) -> Handing:
        return Handing(
            catalog,
            Mailer(mailbox),
            InboxStore(dynamodb, PROFILES),
            self.senders(dynamodb, mailbox),
            Throughput(dynamodb, PROFILES, now=self.clock),
            lambda handover, channel: self.gone.append((handover.profile_id, channel)),
            self.following,
            self.clock,
        )

    def store(self, dynamodb: Any = None) -> MessageStore:
        dynamodb = dynamodb or self.dynamodb
        return MessageStore(dynamodb, PROFILES, self.suppressions, pause=lambda seconds: None)

    # --- what there is ------------------------------------------------------------------------

    def set_catalog(self, sk: str, body: dict[str, Any], **row: Any) -> None:
        """Change a definition; a dispatch that is made afterwards sees it."""
        self._put(CATALOG, self._catalog_row(sk, body, **row))

    def set_journey(self, status: str, **more: Any) -> None:
        """Give the journey another status, and its one version more fields."""
        body = {**JOURNEY, **more}
        self.set_catalog("JOURNEY#hello", body, status=status, published_version=1)
        version = keys.definition_version(self.workspace_id, "JOURNEY", "hello", 1)
        self._put(CATALOG, {**version._asdict(), "body": to_text(body), "version": 1})

    def _catalog_row(self, sk: str, body: dict[str, Any], **row: Any) -> dict[str, Any]:
        pk = keys.catalog(self.workspace_id)
        return {"pk": pk, "sk": sk, "body": to_text(body), "version": 1, **row}

    def add_person(self, profile_id: str, **traits: Any) -> None:
        """Make a person who agreed to marketing, with one running enrolment."""
        at = format_instant(NOON)
        told = {
            name: {"value": value, "at": at, "source_id": "web"} for name, value in traits.items()
        }
        profile = {
            "profile_id": profile_id,
            "created_at": NOON,
            "version": 1,
            "traits": to_text(told),
        }
        self._put(
            PROFILES,
            self._person_row(profile_id, keys.PROFILE, **profile),
            self._consent_row(profile_id, granted=True),
            self._enrolment_row(profile_id, "active"),
        )

    def consent(self, profile_id: str, *, granted: bool, scope: Scope = MARKETING) -> None:
        """Make this the one thing that a person ever decided."""
        self._put(PROFILES, self._consent_row(profile_id, granted=granted, scope=scope))

    def forget_consent(self, profile_id: str) -> None:
        key = self._person_row(profile_id, keys.CONSENT)
        self.dynamodb.delete_item(TableName=PROFILES, Key=to_item(key))

    def enrol(self, profile_id: str, status: str, ended_by: str | None = None) -> None:
        row = self._enrolment_row(profile_id, status)
        self._put(PROFILES, {**row, "ended_by": ended_by} if ended_by else row)

    def refuse(self, profile_id: str, scope: Scope = MARKETING) -> None:
        """Refuse as events do: into the strand's ledger, and in force wherever the person is."""
        store = ConsentStore(self.dynamodb, PROFILES, self.suppressions, lambda seconds: None)
        refusal = Decision(scope, False, self.clock() + timedelta(hours=1), f"no {profile_id}")
        assert store.record(self.workspace_id, profile_id, [refusal]) == 1

    def merge(self, root: str, other: str) -> None:
        """Make two people one, as merge_identity does; its evidence is an hour old."""
        one, two = (Identifier("user_id", name) for name in sorted((root, other)))
        at = self.clock() - timedelta(hours=1)
        self._become(
            [root, other],
            Graph(
                roots=(Root(root, NOON, True), Root(other, NOON, True)),
                nodes=(Node(one, one.value, NOON), Node(two, two.value, NOON)),
                edges=(Edge(one, two, at, "m", "web", "server", "identify"),),
                version=next(self._versions),
            ),
        )

    def part(self, root: str, other: str) -> None:
        """Make two people of one again."""
        alone = (
            Graph(
                roots=(Root(name, NOON, True),),
                nodes=(Node(Identifier("user_id", name), name, NOON),),
                version=next(self._versions),
            )
            for name in (root, other)
        )
        self._become([root], *alone)

    def _become(self, before: list[str], *graphs: Graph) -> None:
        moves = ConsentMoves(self.dynamodb, PROFILES)
        actions = moves.actions_for(self.workspace_id, before, graphs)
        for graph in graphs:
            root = graph.profile_id
            text = to_text(to_json(graph))
            answers = {":graph": text, ":version": graph.version}
            said = "SET graph = :graph, graph_version = :version REMOVE redirect"
            actions.append(self._profile_update(root, said, answers))
            for node in graph.nodes:
                if node.strand_id != root:
                    said = "SET redirect = :root REMOVE graph"
                    actions.append(self._profile_update(node.strand_id, said, {":root": root}))
        self.dynamodb.transact_write_items(TransactItems=actions)

    def _profile_update(self, person: str, said: str, values: dict[str, Any]) -> dict[str, Any]:
        key = self._person_row(person, keys.PROFILE)
        return {
            "Update": {
                "TableName": PROFILES,
                "Key": to_item(key),
                "UpdateExpression": said,
                "ExpressionAttributeValues": to_item(values),
            }
        }

    def _consent_row(
        self, profile_id: str, *, granted: bool, scope: Scope = MARKETING
    ) -> dict[str, Any]:
        decision = Decision(scope, granted, self.clock(), "test")
        kept = Kept(next(self._versions), {profile_id: [decision]}, {scope: decision})
        return from_item(kept_item(self.workspace_id, profile_id, kept))

    def _enrolment_row(self, profile_id: str, status: str) -> dict[str, Any]:
        name = f"e-{profile_id}"
        row = {"enrolment_id": name, "status": status, "journey_id": "hello", "version": 1}
        return self._person_row(profile_id, keys.enrolment(name), **row)

    def _person_row(self, person: str, sk: str, /, **row: Any) -> dict[str, Any]:
        return {"pk": keys.person(self.workspace_id, person), "sk": sk, **row}

    def put_person_row(self, person: str, sk: str, /, **row: Any) -> None:
        self._put(PROFILES, self._person_row(person, sk, **row))

    def suppress(self, channel: Channel, address: str) -> None:
        self.suppressions.put(
            self.workspace_id,
            channel,
            address,
            reason="complaint",
            source="test",
            at=self.clock(),
        )

    def request(
        self, profile_id: str, template_id: str = "welcome", **fields: Any
    ) -> MessageRequest:
        """Ask for a message, as journeys do; it has no row yet."""
        return MessageRequest(
            **{
                "workspace_id": self.workspace_id,
                "profile_id": profile_id,
                "message_id": f"m-{profile_id}-{template_id}",
                "enrolment_id": f"e-{profile_id}",
                "journey_id": "hello",
                "journey_version": 1,
                "step": "greet",
                "visit": 1,
                "template_id": template_id,
                "purpose": "marketing",
                "requested_at": NOON,
                **fields,
            }
        )

    # --- what became of it --------------------------------------------------------------------

    def message(self, request: MessageRequest) -> dict[str, Any]:
        key = {
            "pk": keys.person(request.workspace_id, request.profile_id),
            "sk": keys.message(request.message_id),
        }
        answer = self.dynamodb.get_item(TableName=PROFILES, Key=to_item(key), ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def put_off(self) -> list[Due]:
        """Everything in the due index of messages, swept or not, in its order."""
        rows = DueRows(self.dynamodb, PROFILES, DEFERRED)
        far = self.clock() + timedelta(days=400)
        pages = (rows.page(self.workspace_id, shard, "", far) for shard in range(SHARDS))
        return sorted((due for page in pages for due in page.due), key=lambda one: one.due_at)

    def timeline(self, profile_id: str) -> list[Event]:
        start = keys.Key(keys.person(self.workspace_id, profile_id), keys.EVENT_PREFIX)
        return [event_of(item) for item in query_prefix(self.dynamodb, PROFILES, start)]

    def tally(self, channel: str) -> dict[str, int]:
        return FiguresReader(self.dynamodb, PROFILES).of(self.workspace_id, "MESSAGE", channel)

    def _put(self, table: str, *rows: dict[str, Any]) -> None:
        puts = [{"PutRequest": {"Item": to_item(row)}} for row in rows]
        self.dynamodb.batch_write_item(RequestItems={table: puts})
