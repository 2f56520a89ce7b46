"""A small workspace with people, a journey and templates, in any DynamoDB that has both tables."""

from datetime import UTC, datetime, timedelta
from typing import Any

from functions.dispatch_message.settings import CLAIM_LEASE
from functions.dispatch_message.usecase import Dispatch
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.figures import FiguresReader
from shared.aws.items import from_item, to_item, to_text
from shared.aws.mailer import Mailer
from shared.aws.message_store import MessageStore
from shared.aws.texter import Texter
from shared.domain.instants import format_instant
from shared.domain.messages.model import MessageRequest
from tests.functions.dispatch_message.mailbox import Mailbox

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PROFILES = "profiles"
CATALOG = "catalog"

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
SETTINGS = {"email_from": "shop@example.com", "rehearsal": True}


class Clock:
    """The time, which passes only when told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_lease(self) -> None:
        self.now += CLAIM_LEASE + timedelta(seconds=1)


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
        self.set_catalog("SETTINGS", SETTINGS)
        for template in TEMPLATES:
            self.set_catalog(f"TEMPLATE#{template['template_id']}", template)
        self.set_journey("published")

    def dispatch(self, dynamodb: Any = None, mailbox: Any = None) -> Dispatch:
        dynamodb, mailbox = dynamodb or self.dynamodb, mailbox or self.mailbox
        return Dispatch(
            CatalogReader(dynamodb, CATALOG, ttl_seconds=0),
            MessageStore(dynamodb, PROFILES, pause=lambda seconds: None),
            Mailer(mailbox),
            Texter(mailbox),
            self.clock,
        )

    # --- what there is ------------------------------------------------------------------------

    def set_catalog(self, sk: str, body: dict[str, Any], **row: Any) -> None:
        pk = keys.catalog(self.workspace_id)
        self._put(CATALOG, pk=pk, sk=sk, body=to_text(body), version=1, **row)
        self.dynamodb.update_item(
            TableName=CATALOG,
            Key=to_item({"pk": pk, "sk": keys.CATALOG_VERSION}),
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def set_journey(self, status: str) -> None:
        journey = {
            "journey_id": "hello",
            "title": "Hello",
            "entry": {"type": "event", "event": "signed_up"},
            "steps": [{"type": "send", "name": "greet", "template_id": "welcome"}],
        }
        pk, sk = keys.definition_version(self.workspace_id, "JOURNEY", "hello", 1)
        self._put(CATALOG, pk=pk, sk=sk, body=to_text(journey), version=1)
        self.set_catalog("JOURNEY#hello", journey, status=status, published_version=1)

    def add_person(self, profile_id: str, **traits: Any) -> None:
        """Make a person who agreed to marketing, with one running enrolment."""
        at = format_instant(NOON)
        told = {
            name: {"value": value, "at": at, "source_id": "web"} for name, value in traits.items()
        }
        self.put_person_row(
            profile_id,
            keys.PROFILE,
            profile_id=profile_id,
            created_at=NOON,
            version=1,
            traits=to_text(told),
        )
        self.consent(profile_id, granted=True)
        self.enrol(profile_id, "active")

    def put_person_row(self, person: str, sk: str, /, **row: Any) -> None:
        self._put(PROFILES, pk=keys.person(self.workspace_id, person), sk=sk, **row)

    def consent(self, profile_id: str, *, granted: bool) -> None:
        sk = keys.consent("marketing")
        self.put_person_row(profile_id, sk, granted=granted, at=self.clock(), source="test")

    def enrol(self, profile_id: str, status: str) -> None:
        sk = keys.enrolment(f"e-{profile_id}")
        self.put_person_row(profile_id, sk, status=status, journey_id="hello", version=1)

    def suppress(self, channel: str, address: str) -> None:
        pk, sk = keys.suppression(self.workspace_id, channel, address)
        self._put(PROFILES, pk=pk, sk=sk, reason="complaint", at=self.clock())

    def request(
        self, profile_id: str, template_id: str = "welcome", **fields: Any
    ) -> MessageRequest:
        """Ask for a message, as run_step does: the row first, then the request."""
        request = MessageRequest(
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
        self.put_person_row(
            profile_id,
            keys.message(request.message_id),
            enrolment_id=request.enrolment_id,
            journey_id=request.journey_id,
            journey_version=request.journey_version,
            step=request.step,
            visit=request.visit,
            template_id=request.template_id,
            purpose=request.purpose,
            status="requested",
            requested_at=request.requested_at,
        )
        return request

    # --- what became of it --------------------------------------------------------------------

    def message(self, request: MessageRequest) -> dict[str, Any]:
        key = {
            "pk": keys.person(request.workspace_id, request.profile_id),
            "sk": keys.message(request.message_id),
        }
        answer = self.dynamodb.get_item(TableName=PROFILES, Key=to_item(key), ConsistentRead=True)
        return from_item(answer["Item"])

    def tally(self, channel: str) -> dict[str, int]:
        return FiguresReader(self.dynamodb, PROFILES).of(self.workspace_id, "MESSAGE", channel)

    def _put(self, table: str, **row: Any) -> None:
        self.dynamodb.put_item(TableName=table, Item=to_item(row))
