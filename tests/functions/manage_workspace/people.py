"""A person whose rows are written by the stores that really write them."""

from datetime import timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from functions.manage_workspace import handler
from functions.update_tags.enrolments import EnrolmentNews
from shared.aws import keys
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.items import to_item
from shared.aws.journey_counts import JourneyCounts
from shared.aws.membership_store import Change as Flip
from shared.aws.membership_store import MembershipStore
from shared.aws.message_store import MessageStore, Outcome
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item
from shared.aws.profile_store import ProfileStore
from shared.aws.state_store import StateStore
from shared.aws.task_store import TaskStore
from shared.domain.counters.fold import Occurrence, fold_counters, fold_state, position_of
from shared.domain.identity.applying import ApplyEvents
from shared.domain.identity.graph import Identifier
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.ports import Change, Ref
from shared.domain.journeys.stimulus import Happened, Perform
from shared.domain.messages.decision import Send
from shared.domain.messages.model import EmailTemplate, MessageRequest
from shared.domain.segments.membership import Membership
from shared.runtime.observability import logger
from tests.applying import ports_over
from tests.conftest import NOON

EMAIL = {"channel": "email", "subject": "Hello", "html": "<p>Hello</p>"}
JOURNEY = {
    "title": "Cart 购物车",
    "entry": {"type": "event", "event": "cart"},
    "exit_on": [{"event": "payment_done"}],
    "steps": [
        {"type": "send", "name": "first", "template_id": "hello"},
        {"type": "wait", "name": "one day", "duration": "P1D"},
        {"type": "send", "name": "second", "template_id": "hello"},
    ],
}


class Ada:
    """A person, and the means to let things happen to her."""

    def __init__(self, dynamodb, table):
        self.profile_id = ""
        self._dynamodb = dynamodb
        self._table = table
        self._sequence = count(1)

    def does(self, *events):
        ports = ports_over(self._dynamodb)
        assert not ApplyEvents(ports).apply(events).failed
        ada = Identifier("user_id", "ada")
        self.profile_id = ports.identity.sightings("default", [ada])[ada].strand_id
        states = StateStore(self._dynamodb, self._table)
        seen = [
            Occurrence(position_of(str(next(self._sequence))), event.name, event.occurred_at)
            for event in events
        ]
        states.fold_state("default", self.profile_id, fold_state(seen))
        for (name, month), fold in fold_counters(seen, ZoneInfo("UTC")).items():
            states.fold_counter("default", self.profile_id, name, month, fold)

    def did(self, *events):
        """Put many events into the timeline, and nowhere else."""
        for event in events:
            item = event_item(self.profile_id, event)
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def enters(self, segment_id):
        before = Membership(segment_id, False, NOON, 1)
        because = ({"about": "event", "name": "cart", "value": 1, "holds": True},)
        after = Membership(segment_id, True, NOON, 1, 1, NOON + timedelta(days=30), because)
        MembershipStore(self._dynamodb, self._table).store(
            "default", self.profile_id, [Flip(before, after)]
        )

    def enrols(self, *happenings):
        """Enter the cart journey, take its steps as far as they go, then meet what happens."""
        journey = Journey.model_validate({"journey_id": "cart", **JOURNEY})
        store = EnrolmentStore(self._dynamodb, self._table)
        ref = Ref("default", self.profile_id, "e1")
        cart = Happened(fact_id="m-cart", trigger="cart", occurred_at=NOON)
        begun = enrol(journey, 1, cart, **ref._asdict())
        stored = store.enrol(ref, None, Change(begun.enrolment, NOON), "arn:machine")
        self._streams(ref)
        for stimulus in (Perform("first"), Perform("one day"), *happenings):
            made = advance(journey, stored.enrolment, stimulus, NOON)
            requests = tuple(
                MessageRequest(
                    **ref._asdict(),
                    message_id=effect.message_id,
                    journey_id="cart",
                    journey_version=1,
                    step=effect.step,
                    visit=effect.visit,
                    template_id=effect.template_id,
                    purpose="marketing",
                    requested_at=effect.requested_at,
                )
                for effect in made.effects
                if hasattr(effect, "template_id")
            )
            stored = store.commit(stored, Change(made.enrolment, NOON))
            self._streams(ref)
            if requests:
                self.request = requests[0]

    def _streams(self, ref):
        """What the stream of the table brings of an enrolment as it is now."""
        key = to_item({"pk": keys.person("default", ref.profile_id),
                       "sk": keys.enrolment(ref.enrolment_id)})  # fmt: skip
        row = self._dynamodb.get_item(TableName=self._table, Key=key)["Item"]
        record = {
            "eventName": "MODIFY",
            "dynamodb": {"Keys": key, "NewImage": row, "SequenceNumber": str(next(self._sequence))},
        }
        news = EnrolmentNews(
            PersonReader(self._dynamodb, self._table),
            ProfileStore(self._dynamodb, self._table),
            JourneyCounts(self._dynamodb, self._table),
            TaskStore(self._dynamodb, self._table),
        )
        assert news.take_in([record], lambda: NOON, logger("test")) == 0

    def message_ends(self, **outcome):
        suppressions = handler.wiring().ports.suppressions
        store = MessageStore(self._dynamodb, self._table, suppressions)
        if outcome["status"] != "suppressed":
            template = EmailTemplate(**EMAIL, template_id="hello")
            send = Send(template, "ada@example.com", consent_matters=False)
            store.claim(self.request, store.load(self.request), send, NOON)
        store.settle(self.request, Outcome(channel="email", **outcome), NOON)


def definitions_in(dynamodb: Any, catalog_table: str) -> list[dict[str, Any]]:
    """All rows of the catalog but those of the audit trail, where every request leaves some."""
    trail = {"S": keys.audits("default")}
    return [row for row in dynamodb.scan(TableName=catalog_table)["Items"] if row["pk"] != trail]
