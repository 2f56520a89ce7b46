"""What is written of messages and enrolments, in write units."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from shared.aws import keys
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.items import Item
from shared.aws.profile_rows import event_item, event_of
from shared.domain.events.model import Event
from shared.domain.identity.person import Person
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.ports import Change, Ref
from shared.domain.journeys.stimulus import Happened
from shared.domain.messages.decision import Send
from shared.domain.messages.model import SmsTemplate
from shared.domain.messages.outcome import Outcome
from shared.domain.messages.sent import message_sent
from tests.aws.consent_bench import Bench, said
from tests.conftest import NOON
from tests.functions.advance_journeys.world import WATCHED
from tests.functions.dispatch_message.world import PROFILES, World

KILOBYTE = 1_024
REF = Ref("default", "a" * 32, "c" * 32)
SECOND = REF._replace(enrolment_id="c" * 12 + "d" * 20)


def size(item: Item) -> int:
    """What DynamoDB bills of an item: names and values in UTF-8, numbers at half their digits."""
    return sum(
        len(name.encode()) + sum(_length(kind, v) for kind, v in value.items()) + ("BOOL" in value)
        for name, value in item.items()
    )


def _length(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "B":
            return len(value)
        case "N":
            return 21
        case _:
            return 0


class Billed:
    """A client that adds up what is written: a unit a kilobyte begun, two in transactions."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.units: list[Counter[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def transact_write_items(self, TransactItems: Any) -> None:  # noqa: N803
        self._client.transact_write_items(TransactItems=TransactItems)
        self.units.append(sum(map(self._bill, TransactItems), Counter()))

    def put_item(self, **request: Any) -> None:
        self._client.put_item(**request)
        (item,) = self._bill({"Put": request}).items()
        self.units.append(Counter({item[0]: item[1] // 2}))

    def _bill(self, action: Any) -> Counter[str]:
        ((kind, request),) = action.items()
        if kind == "ConditionCheck":
            return Counter({"checks": 2})
        item = request.get("Item")
        if item is None:
            found = self._client.get_item(TableName=PROFILES, Key=request["Key"])
            item = found["Item"]
        name = item["sk"]["S"].partition("#")[0] if "#N#" not in item["pk"]["S"] else "tally"
        return Counter({name: 2 * -(-size(item) // KILOBYTE)})


def test_a_sent_message_costs_fourteen_units_two_of_them_for_its_event(dynamodb: Any):
    world, billed = World(dynamodb), Billed(dynamodb)
    world.add_person("ada", first_name="Ada", phone="+14255550123")
    request, store = world.request("ada", "reminder"), world.store(billed)
    state = store.load(request)
    assert state
    template = SmsTemplate(template_id="reminder", text="Hello")
    store.claim(request, state, Send(template, "+14255550123", consent_matters=True), NOON)
    sent = Outcome(status="sent", channel="sms", provider="sns", provider_message_id="x" * 36)
    store.settle(request, sent, NOON)
    claim, settled = billed.units
    assert settled == {"MSG": 2, "tally": 2, "EVT": 2}
    assert claim == {"MSG": 2, "checks": 6}


def test_an_enrolment_is_one_unit_a_store_and_a_listener_makes_it_a_transaction(dynamodb: Any):
    billed = Billed(dynamodb)
    store = EnrolmentStore(billed, PROFILES)
    cart = Happened(fact_id="m" * 36, trigger="cart", occurred_at=NOON)
    begun = enrol(WATCHED, 1, cart, **REF._asdict())
    listens = tuple(each for each in begun.effects if isinstance(each, Listen))
    stored = store.enrol(REF, None, Change(begun.enrolment, NOON, listens), "m" * 90)
    left = Happened(fact_id="n" * 36, trigger="left", occurred_at=NOON)
    over = advance(WATCHED, stored.enrolment, left, NOON).enrolment
    store.commit(stored, Change(over, NOON))
    again = enrol(WATCHED, 1, cart, **SECOND._asdict()).enrolment
    runs = store.guard(Person.of_one("default", REF.profile_id), "watched", SECOND.enrolment_id)
    store.enrol(SECOND, runs.runs[REF.profile_id], Change(again, NOON), "m" * 90)
    assert billed.units == [
        {"ENR": 2, "WAIT": 4},
        {"ENR": 1},
        {"ENR": 4},  # the first one makes way
    ]


def test_a_decision_that_changes_what_is_in_force_costs_two_units_more(dynamodb: Any):
    people, billed = Bench(dynamodb), Billed(dynamodb)
    people.strand("s1")
    store = people.through(billed)
    for granted, hours in ((True, 0), (False, 1), (False, 2)):
        store.record("default", "s1", [said(granted, hours)])
    first, changed, same = billed.units
    assert changed == {"AGREED": 2, "CONSENT": 2, "EVT": 2}
    assert first == changed + Counter({"checks": 2})
    assert same == {"AGREED": 2, "CONSENT": 2}


def run_of(journey_id: str, reason: str) -> Enrolment:
    return Enrolment(
        **REF._asdict(),
        journey_id=journey_id,
        journey_version=1_000,
        entered_at=NOON,
        clock_at=NOON,
        at="step",
        status="exited",
        reason=reason,
        trace=(TraceEntry("step", 1, NOON, "exit_step", 1_000),),
    )


def longest(world: World) -> Iterable[Event]:
    slug = "j" * 64
    for step in ("s" * 60, "提" * 60):
        request = world.request(
            "a" * 32, message_id="b" * 32, journey_id=slug, template_id=slug, step=step
        )
        yield message_sent(request, "email", NOON)
    for reason in ("e" * 200, "由" * 100):  # the name of an event, a reason of the operator's own
        run = run_of(slug, reason)
        yield from told_by(run, 0, NOON)


def test_the_longest_names_still_fit_into_one_unit_and_are_read_back(dynamodb: Any):
    for event in longest(World(dynamodb)):
        item = event_item("a" * 32, event)
        assert size(item) <= KILOBYTE, event.properties
        assert event_of(item) == event
        assert item["sk"]["S"] == keys.event(event.occurred_at, event.message_id)


@pytest.mark.parametrize("reason", ["由" * 200])
def test_only_a_chinese_event_name_of_two_hundred_characters_needs_a_second_one(reason: str):
    _, event = told_by(run_of("j" * 64, reason), 0, NOON)
    assert KILOBYTE < size(event_item("a" * 32, event)) <= 2 * KILOBYTE
