"""A person who was sent one message, and what takes in what comes back of it."""

import json
from datetime import timedelta
from typing import Any

from functions.record_feedback.pausing import Pausing
from functions.record_feedback.usecase import RecordFeedback
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.catalog_writer import CatalogWriter
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import FeedbackStore
from shared.aws.items import from_item, to_item
from shared.aws.message_settling import MessageSettling
from shared.aws.purse import Purse
from shared.aws.suppressions import Suppressions
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Scope
from shared.domain.feedback.hits import Hit
from shared.domain.messages.links import Ref
from shared.errors import UnauthorizedError
from tests.functions.dispatch_message.world import (
    CATALOG,
    JOURNEY,
    NOON,
    PROFILES,
    SETTINGS,
    Secret,
    World,
)

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
ADA = "ada@example.com"
LATER = NOON + timedelta(minutes=5)


class Bus:
    def __init__(self) -> None:
        self.events: list[Any] = []

    def publish(self, events: list[Any]) -> None:
        self.events += events


class Queue:
    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def send_events(self, events: list[str]) -> None:
        self.events += map(json.loads, events)


class Topics:
    """Believes the notifications that say so."""

    def read(self, envelope: dict[str, Any]) -> dict[str, Any]:
        if envelope.get("Signature") != "right":
            raise UnauthorizedError("wrong")
        said: dict[str, Any] = json.loads(envelope["Message"])
        return said


class Back:
    """One person, Ada, who was sent one message; and what takes in what comes back of it."""

    def __init__(self, dynamodb: Any) -> None:
        self.world = World(dynamodb)
        self.world.set_catalog("SETTINGS", {**SETTINGS, "tracking": True})
        published = {"status": "published", "published_version": 1, "updated_at": "2026-11-22"}
        self.world.set_catalog("JOURNEY#hello", JOURNEY, **published)
        self.world.add_person("ada", first_name="Ada", email=ADA)
        self.request = self.world.request("ada")
        assert self.world.dispatch().dispatch(self.request) == "sent"
        self.world.clock.now = LATER
        self.bus, self.queue = Bus(), Queue()
        self.seen: list[str] = []
        self.paused: list[int] = []
        self.feedback = FeedbackStore(dynamodb, PROFILES, lambda seconds: None)
        self.record = self.over(dynamodb)

    def over(self, people: Any) -> RecordFeedback:
        """One over this client of DynamoDB, between which and it faults can stand."""
        feedback = FeedbackStore(people, PROFILES, lambda seconds: None)
        suppressions = Suppressions(people, PROFILES, Secret())
        writer = CatalogWriter(people, CATALOG, self.world.clock)
        purse = Purse(people, PROFILES)
        return RecordFeedback(
            feedback,
            MessageSettling(people, PROFILES, lambda seconds: None),
            suppressions,
            ConsentReader(people, PROFILES),
            ConsentStore(people, PROFILES, suppressions, lambda seconds: None),
            CatalogReader(people, CATALOG, clock=lambda: 0.0),
            Pausing(feedback, writer, self.bus, lambda: self.paused.append(1), purse),
            self.queue,
            Topics(),
            self.world.clock,
            self.seen.append,
        )

    def hit(self, number: int = 0, **values: Any) -> Hit:
        known = {
            "hit_id": f"h{number}",
            "workspace_id": "default",
            "profile_id": "ada",
            "message_id": self.request.message_id,
            "kind": "click",
            "at": LATER,
            "of": 5,
            "url": "https://shop.example/serum",
            "link": "serum",
            "agent": BROWSER,
        }
        hit = Hit(**{**known, **values})
        self.feedback.note(Ref("default", hit.profile_id, hit.message_id), hit.trace)
        return hit

    def ses(self, kind: str, part: str, content: dict[str, Any], **tags: str) -> str:
        ids = {
            "workspace_id": "default",
            "profile_id": "ada",
            "message_id": self.request.message_id,
            **tags,
        }
        event = {
            "eventType": kind,
            "mail": {
                "timestamp": "2026-11-22T12:00:01.000Z",
                "messageId": "ses-1",
                "tags": {name: [value] for name, value in ids.items()},
            },
            part: {"timestamp": "2026-11-22T12:00:02.000Z", **content},
        }
        return json.dumps({"source": "aws.ses", "detail-type": f"Email {kind}", "detail": event})

    def bounce(self, kind: str, number: int = 1, of: str = ADA, **tags: str) -> str:
        content = {
            "bounceType": kind,
            "feedbackId": f"b{number}",
            "bouncedRecipients": [{"emailAddress": of}],
        }
        return self.ses("Bounce", "bounce", content, **tags)

    def complaint(self, number: int = 1) -> str:
        content = {"feedbackId": f"c{number}", "complainedRecipients": [{"emailAddress": ADA}]}
        return self.ses("Complaint", "complaint", content)

    def events(self, profile_id: str = "ada") -> list[tuple[str, dict[str, Any]]]:
        own = ("journey_id", "template_id", "step", "channel", "message_id")
        return [
            (one.name, {key: one.properties[key] for key in one.properties if key not in own})
            for one in self.world.timeline(profile_id)
            if one.name not in ("$message_sent", "$consent_changed")
        ]

    def allowed(self, profile_id: str = "ada") -> bool:
        standing = ConsentReader(self.world.dynamodb, PROFILES).standing("default", profile_id)
        said = verdict(standing.kept.decisions, *Scope("marketing", channel="email"))
        return said.granted

    def journey_status(self) -> str:
        key = {"pk": keys.catalog("default"), "sk": "JOURNEY#hello"}
        found = self.world.dynamodb.get_item(TableName=CATALOG, Key=to_item(key))
        return str(from_item(found["Item"])["status"])
