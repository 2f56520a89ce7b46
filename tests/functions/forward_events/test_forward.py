"""Forwarding: at least once with the same ids, to whom it concerns, whatever fails beside it."""

import json
from datetime import timedelta

import pytest

from functions.forward_events.usecase import LEFT_ALONE, ForwardEvents
from shared.aws import session
from shared.aws.outbox_targets import OutboxTargets
from shared.domain.erasure.letters import Wanted, judge
from shared.domain.identity.person import Person
from shared.domain.outbound.model import DESTINATION
from shared.domain.outbound.parcels import Parcel
from shared.errors import TransientError
from tests.conftest import NOON

BUCKET = "rapport-out-warehouse"


def entered(number, profile_id="p1"):
    return {
        "schema_version": 1,
        "event_id": f"e{number}",
        "workspace_id": "shop",
        "occurred_at": "2026-11-22T12:00:00Z",
        "name": "SegmentEntered",
        "profile_id": profile_id,
        "segment_id": "buyers",
        "segment_version": 1,
    }


class World:
    """Three destinations, people, and a clock that is turned by hand."""

    def __init__(self, bus_arn):
        self.now = NOON
        self.there = {"p1", "p2"}
        self.calls = []
        self.answers = []
        targets = {
            "bus": {"type": "event_bus", "arn": bus_arn},
            "hook": {"type": "webhook", "url": "https://crm.example/hook"},
            "lake": {"type": "s3", "bucket": BUCKET, "prefix": "rapport/"},
        }
        self.known = tuple(
            DESTINATION.validate_python(
                {"destination_id": name, "facts": ["SegmentEntered"], "to": target}
            )
            for name, target in targets.items()
        )
        self.usecase = ForwardEvents(
            self, self, OutboxTargets(session.client), self, lambda: self.now
        )

    def destinations(self, workspace_id):
        return self.known if workspace_id == "shop" else ()

    def persons(self, workspace_id, profile_ids):
        return {
            each: Person.of_one(workspace_id, each) for each in profile_ids if each in self.there
        }

    def call(self, url, body, key, workspace_id):
        self.calls.append((url, json.loads(body), key, workspace_id))
        answer = self.answers.pop(0) if self.answers else "taken"
        if isinstance(answer, Exception):
            raise answer
        return answer

    def forward(self, destination_id, *events):
        return self.usecase.forward(Parcel("shop", destination_id, events))

    def objects(self):
        s3 = session.client("s3")
        listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
        return {
            each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read().decode()
            for each in listed
        }


@pytest.fixture
def world(dynamodb):
    session.client("s3").create_bucket(Bucket=BUCKET)
    bus = session.client("events").create_event_bus(Name="crm")["EventBusArn"]
    return World(bus)


@pytest.fixture
def heard(world):
    """What comes out of the customer's bus."""
    events, sqs = session.client("events"), session.client("sqs")
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"source": ["rapport"]})
    events.put_rule(Name="all", EventBusName="crm", EventPattern=pattern)
    target = {"Id": "1", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="all", EventBusName="crm", Targets=[target])

    def all_of_it():
        found = []
        while page := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in page]
        return found

    return all_of_it


def test_a_bus_gets_each_event_as_it_is_on_ours(world, heard):
    events = [entered(number) for number in range(23)]  # more than a call takes
    assert world.forward("bus", *events) == 23

    found = heard()
    assert {(each["source"], each["detail-type"]) for each in found} == {
        ("rapport", "SegmentEntered")
    }
    key = {each["event_id"]: each for each in events}
    assert {each["detail"]["event_id"]: each["detail"] for each in found} == key


def test_a_server_is_called_once_for_a_parcel_with_a_key_that_stays(world):
    world.answers = [TransientError("busy"), "taken"]
    with pytest.raises(TransientError):
        world.forward("hook", entered(1), entered(2))
    world.now += LEFT_ALONE
    assert world.forward("hook", entered(1), entered(2)) == 2

    first, second = world.calls
    assert first == second
    assert [each["event_id"] for each in first[1]["events"]] == ["e1", "e2"]


def test_a_bucket_holds_a_parcel_once_however_often_it_comes(world):
    for _ in range(2):
        world.forward("lake", entered(1), entered(2, "p2"))
    world.forward("lake", entered(3))

    found = world.objects()
    assert len(found) == 2
    assert all(key.startswith("rapport/lake/day=2026-11-22/") for key in found)
    ids = [json.loads(line)["event_id"] for text in found.values() for line in text.splitlines()]
    assert sorted(ids) == ["e1", "e2", "e3"]


def test_one_that_fails_holds_up_nobody_and_is_left_alone_for_a_while(world):
    world.answers = ["refused: the server answered 410"]
    for _ in range(3):
        with pytest.raises(TransientError):
            world.forward("hook", entered(1))
        assert world.forward("lake", entered(1)) == 1
    assert len(world.calls) == 1
    world.now += LEFT_ALONE + timedelta(seconds=1)
    assert world.forward("hook", entered(1)) == 1


def test_nothing_is_told_of_who_is_gone(world):
    world.there = {"p2"}
    assert world.forward("hook", entered(1, "p1"), entered(2, "p2")) == 1
    assert [each["profile_id"] for each in world.calls[0][1]["events"]] == ["p2"]
    assert world.forward("hook", entered(3, "p1")) == 0
    assert len(world.calls) == 1


def test_nothing_goes_where_nothing_should_go_any_more(world):
    assert world.forward("gone", entered(1)) == 0


def test_what_a_bucket_or_a_bus_refuses_can_be_mended(world):
    s3 = session.client("s3")
    s3.delete_bucket(Bucket=BUCKET)
    with pytest.raises(TransientError, match="NoSuchBucket"):
        world.forward("lake", entered(1))


def test_an_erasure_takes_a_person_out_of_a_dead_parcel(world):
    body = Parcel("shop", "hook", (entered(1, "p" * 32), entered(2, "p2"))).to_body()
    verdict = judge(body, Wanted(frozenset(), frozenset({"p" * 32}), NOON))

    assert verdict.removed == 1
    assert Parcel.from_body(verdict.rest).events == (entered(2, "p2"),)
