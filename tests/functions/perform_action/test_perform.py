"""What journeys do beside sending: each action comes to the same however often it is delivered."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.perform_action import handler
from functions.perform_action.usecase import PerformAction
from shared.aws import session
from shared.aws.catalog import CatalogReader
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.queues import EventQueue
from shared.aws.task_store import TaskStore
from shared.domain.events.packing import decode
from shared.domain.identity.applying import ApplyEvents
from shared.domain.identity.graph import Identifier
from shared.domain.journeys.actions import (
    ActionRequest,
    Reward,
    StartJourney,
    Task,
    Update,
    Webhook,
)
from shared.domain.profiles.learn import learn
from shared.errors import TransientError
from tests.applying import ports_over
from tests.conftest import NOON
from tests.crash.faults import FAULTS, KilledError, Line
from tests.lambda_context import Context

UPDATE = Update(traits={"level": 2, "cart": None}, tags={"vip": "yes"}, lists={"guests": True})
TASK = Task(title="Call", to="sales", due=NOON + timedelta(days=1))
ACTIONS = {
    "update": UPDATE,
    "reward": Reward(points=10, coupon=None),
    "webhook": Webhook(url="https://crm.example/hook", body={"cart": "c1"}),
    "start_journey": StartJourney(journey_id="next", properties={"cart": "c1", "empty": None}),
    "task": TASK,
    "escalated": replace(TASK, to="boss", escalated=True),
}


class Servers:
    """A server of somebody else's, which takes everything unless told otherwise."""

    def __init__(self):
        self.taken = {}
        self.busy = False

    def call(self, url, body, key, workspace_id):
        if self.busy:
            raise TransientError("busy")
        self.taken.setdefault(key, json.loads(body))
        return "taken"


class World:
    def __init__(self, dynamodb, queue_url):
        self.dynamodb, self.url = dynamodb, queue_url
        self.servers = Servers()
        self.now = NOON

    def performing(self, line=None):
        line = line or Line()
        dynamodb = line.around(self.dynamodb)
        return PerformAction(
            PersonReader(dynamodb, "profiles"),
            CatalogReader(dynamodb, "catalog"),
            TaskStore(dynamodb, "profiles"),
            ProfileStore(dynamodb, "profiles"),
            EventQueue(line.around(session.client("sqs")), self.url, pause=lambda seconds: None),
            self.servers,
            lambda: self.now,
        )

    def request(self, action, **more):
        known = {
            "workspace_id": "default",
            "profile_id": self.ada,
            "action_id": "a1",
            "enrolment_id": "e1",
            "journey_id": "welcome",
            "journey_version": 3,
            "step": "act",
            "visit": 1,
            "asked_at": NOON - timedelta(hours=1),
        }
        return ActionRequest(action=action, **{**known, **more})

    def meet(self, event):
        ports = ports_over(self.dynamodb)
        assert not ApplyEvents(ports).apply([event]).failed
        ada = Identifier("user_id", "ada")
        self.ada = ports.identity.sightings("default", [ada])[ada].strand_id

    def queued(self):
        sqs, found = session.client("sqs"), []
        while got := sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            found += [event for one in got for event in decode(one["Body"])]
        return found

    def tasks(self):
        return list(TaskStore(self.dynamodb, "profiles").open_ones("default"))


@pytest.fixture
def world(dynamodb, make_queue, make_event):
    made = World(dynamodb, make_queue("events"))
    made.meet(make_event("cart"))
    return made


def test_an_update_is_told_as_events_of_the_person(world):
    world.performing().perform(world.request(UPDATE))
    told = world.queued()
    assert [(one.type, one.name, one.user_id) for one in told] == [
        ("identify", "$updated", "ada"),
        ("track", "$tagged", "ada"),
        ("track", "$listed", "ada"),
    ]
    assert told[0].traits == {"level": 2}, "what the entry did not have is not written"
    assert told[1].properties == {"tag_id": "vip", "value": "yes"}
    assert told[2].properties == {"list_id": "guests", "on": True}
    assert len({one.message_id for one in told}) == 3
    just_after = NOON - timedelta(hours=1) + timedelta(milliseconds=1)
    assert {one.occurred_at for one in told} == {just_after}


@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(days=-1), timedelta(days=3)])
def test_what_starts_a_journey_came_before_it_and_does_not_end_it(world, ahead):
    """An order that ended a wait is no order in the journey which that wait led to."""
    world.performing().perform(world.request(ACTIONS["start_journey"], asked_at=NOON + ahead))
    (asked,) = world.queued()
    assert min(NOON + ahead, NOON) < asked.occurred_at <= asked.received_at
    assert asked.timestamp == NOON + ahead


def test_what_is_told_is_applied_like_any_event(world):
    world.performing().perform(world.request(UPDATE))
    ports = ports_over(world.dynamodb)
    for _ in range(2):
        world.performing().perform(world.request(UPDATE))
        assert not ApplyEvents(ports).apply(world.queued()).failed
    person = PersonReader(world.dynamodb, "profiles").person("default", world.ada)
    traits = PersonReader(world.dynamodb, "profiles").traits(person)
    assert traits["level"].value == 2
    rows = world.dynamodb.scan(TableName="profiles")["Items"]
    names = [one["name"]["S"] for one in rows if one["sk"]["S"].startswith("EVT#")]
    assert sorted(names) == ["$listed", "$tagged", "$updated", "cart"]


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_that_comes_again_is_the_same_event(world, name):
    """Also in a rehearsal, where logical time is ahead and the clock moves between two tries."""
    request = world.request(ACTIONS[name], asked_at=NOON + timedelta(days=3))
    seen = []
    for _ in range(2):
        world.performing().perform(request)
        seen.append([(one.message_id, one.timestamp) for one in world.queued()])
        world.now += timedelta(minutes=5)
    assert seen[0] == seen[1] != []


@pytest.mark.parametrize("name", ACTIONS)
def test_whatever_breaks_an_action_is_done_once_when_it_comes_again(world, name):
    """Every call meets every fault; then the queue brings the action again."""
    request = world.request(ACTIONS[name])
    clean = Line()
    world.performing(clean).perform(request)
    wanted, tasks = _told(world), world.tasks()
    points = 0
    for number in range(1, len(clean.calls) + 1):
        for fault in FAULTS:
            _forget_tasks(world)
            world.servers.taken.clear()
            broken = False
            try:
                world.performing(Line(faults={number: fault})).perform(request)
            except (KilledError, Exception):
                broken = True
                world.performing().perform(request)
            points += 1
            assert broken or fault in ("before", "after", "throttled", "lost")
            assert _told(world) == wanted
            assert world.tasks() == tasks
            assert set(world.servers.taken) == ({"a1"} if name == "webhook" else set())
    assert points == 4 * len(clean.calls) > 0


def _told(world):
    return {(one.message_id, one.name) for one in world.queued()}


def _forget_tasks(world):
    for row in world.dynamodb.scan(TableName="profiles")["Items"]:
        if row["sk"]["S"].startswith("TASK#") or row["pk"]["S"].endswith("#O"):
            key = {"pk": row["pk"], "sk": row["sk"]}
            world.dynamodb.delete_item(TableName="profiles", Key=key)


def test_nothing_is_done_for_somebody_who_is_gone(world):
    request = world.request(TASK, profile_id="nobody")
    world.performing().perform(request)
    assert (world.queued(), world.tasks()) == ([], [])


def test_a_busy_server_brings_the_webhook_back(world):
    request = world.request(ACTIONS["webhook"])
    world.servers.busy = True
    with pytest.raises(TransientError):
        world.performing().perform(request)
    assert world.queued() == []
    world.servers.busy = False
    world.performing().perform(request)
    [told] = world.queued()
    assert told.properties["answer"] == "taken"
    assert world.servers.taken["a1"]["person"] == {"kind": "user_id", "value": "ada"}
    assert world.servers.taken["a1"]["body"] == {"cart": "c1"}


def test_the_query_of_an_address_is_nothing_for_the_timeline(world):
    """It may hold a token, and timelines are seen by many."""
    webhook = Webhook(url="https://crm.example:8443/a/hook?token=secret#part", body={})
    world.performing().perform(world.request(webhook))
    [told] = world.queued()
    assert told.properties["url"] == "https://crm.example:8443/a/hook"


def test_whoever_asks_weeks_later_calls_no_server_again(world):
    """A merge makes the due index hand over all again that was asked for since the entry."""
    request = world.request(ACTIONS["webhook"])
    world.performing().perform(request)
    assert not ApplyEvents(ports_over(world.dynamodb)).apply(world.queued()).failed
    world.servers.taken.clear()
    world.performing().perform(request)
    assert (world.servers.taken, world.queued()) == ({}, [])


def test_a_repetition_after_a_merge_meets_its_own_row(world, make_event):
    """The person is known by a stronger identifier of another strand by then."""
    guest = make_event("seen", user_id=None, anonymous_id="device-1")
    ports = ports_over(world.dynamodb)
    assert not ApplyEvents(ports).apply([guest]).failed
    device = Identifier("anonymous_id", "device-1")
    strand = ports.identity.sightings("default", [device])[device].strand_id
    request = world.request(ACTIONS["reward"], profile_id=strand)
    told = []
    for join in (None, make_event("signed_in", user_id="ada", anonymous_id="device-1")):
        if join:
            assert not ApplyEvents(ports_over(world.dynamodb)).apply([join]).failed
        world.performing().perform(request)
        told += [(one.user_id, one.anonymous_id, one.message_id) for one in world.queued()]
    assert told[0] == told[1] == (None, "device-1", "a1-0")
    merged = PersonReader(world.dynamodb, "profiles").person("default", strand)
    assert len(merged.strands) == 2, "or nothing was shown"


def test_of_several_updates_at_one_instant_the_last_one_holds(world):
    """And what led to the journey comes before them, whoever said it."""
    for turn, stage in enumerate(["z-first", "a-second"]):
        update = replace(UPDATE, traits={"stage": stage})
        request = world.request(update, action_id=f"a{turn}", turn=turn, asked_at=NOON)
        world.performing().perform(request)
    events = world.queued()
    assert learn(events).traits["stage"].value == "a-second"
    assert min(one.occurred_at for one in events) > NOON


def test_a_task_is_handed_on_once_it_is_overdue_whatever_comes_first(world):
    assign, escalate = world.request(TASK), world.request(ACTIONS["escalated"])
    for order in ([assign, escalate], [escalate, assign]):
        _forget_tasks(world)
        for request in order:
            world.performing().perform(request)
        [task] = world.tasks()
        assert (task.to, task.escalated, task.title) == ("boss", True, "Call")


def test_a_task_that_is_done_is_not_handed_on(world):
    store = TaskStore(world.dynamodb, "profiles")
    world.performing().perform(world.request(TASK))
    store.finish("default", store.find("default", "a1"), NOON)
    given = world.queued()
    world.performing().perform(world.request(ACTIONS["escalated"]))
    assert (world.tasks(), world.queued()) == ([], []), "neither done nor told"
    # The first try may have died before it told of the task.
    world.performing().perform(world.request(TASK))
    assert (world.tasks(), _ids(world.queued())) == ([], _ids(given))


def _ids(events):
    return [(one.message_id, one.name, one.timestamp, one.properties) for one in events]


def test_only_the_record_that_cannot_be_read_comes_back(world, monkeypatch):
    monkeypatch.setenv("PROFILES_TABLE", "profiles")
    monkeypatch.setenv("CATALOG_TABLE", "catalog")
    monkeypatch.setenv("EVENTS_QUEUE_URL", world.url)
    handler._perform.cache_clear()
    good, bad = world.request(ACTIONS["reward"]).to_body(), '{"v": 1, "action": {"kind": "?"}}'
    records = [{"messageId": name, "body": body} for name, body in (("1", good), ("2", bad))]
    answer = handler.handle({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert [one.name for one in world.queued()] == ["$rewarded"]
    handler._perform.cache_clear()


@pytest.mark.parametrize("enough", [True, False])
def test_no_action_is_begun_that_may_not_be_concluded(world, monkeypatch, enough):
    monkeypatch.setattr(handler, "_perform", lambda: world.performing())
    record = {"messageId": "1", "body": world.request(ACTIONS["reward"]).to_body()}
    left = handler.ENOUGH_MILLISECONDS - (not enough)
    answer = handler.handle({"Records": [record]}, Context(left))
    assert answer == {"batchItemFailures": [] if enough else [{"itemIdentifier": "1"}]}
    assert [one.name for one in world.queued()] == (["$rewarded"] if enough else [])
