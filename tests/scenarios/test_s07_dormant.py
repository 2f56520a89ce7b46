"""S07: after 14, 30 and 60 days of silence come three different messages, each at its second."""

import json
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from shared.aws import keys
from shared.aws.due_store import DueRows
from shared.aws.items import to_item
from shared.domain.due.timing import JUDGED, LEAD, shard_of
from shared.domain.instants import parse_instant
from shared.domain.workspace.model import DEFAULT_WORKSPACE
from tests.scenarios.people import TooLateError
from tests.scenarios.two_clocks import BY_INDEX, WORLDS, same_way

pytestmark = pytest.mark.stack

FAST = {"rehearsal": True, "time_scale": 43_200, "email_from": "shop@example.com"}  # a day: 2 s
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SOON = 75 * SECOND  # time enough to be known before
BUSY = 40 * SECOND  # what a queue and a function that starts may take on this machine
TICK = 70 * SECOND  # between two sweeps, as the emulator counts
# Who was silent beyond an earlier threshold when we heard of them got its message at once.
BEFORE = {14: set(), 30: {"14"}, 60: {"30"}}


def silent(days, until=None):
    about = {"type": "activity", "about": "silence_days"}
    least = {**about, "comparison": "at_least", "value": days}
    if until is None:
        return least
    most = {**about, "comparison": "less_than", "value": until}
    return {"type": "all", "conditions": [least, most]}


def journey(days, *more, **parts):
    return {
        "kind": "journey",
        "journey_id": f"dormant-{days}",
        "title": f"Silent for {days} days",
        "entry": {"type": "segment", "segment_id": f"dormant-{days}"},
        "steps": [
            {"type": "send", "name": "first", "template_id": f"dormant-{days}"},
            *more,
        ],
        **parts,
    }


def by_both_clocks(one):
    """A journey, and the same by the due index."""
    by_index = {"journey_id": f"{one['journey_id']}{BY_INDEX}", "clock": "due_index"}
    return (one, {**one, **by_index})


DEFINITIONS = (
    *(
        {
            "kind": "segment",
            "segment_id": f"dormant-{days}",
            "title": f"Silent for {days} days",
            "condition": silent(days, until),
        }
        for days, until in ((14, 30), (30, 60), (60, None))
    ),
    *(
        {
            "kind": "template",
            "template_id": f"dormant-{name}",
            "channel": "email",
            "subject": f"{name}: come back, {{{{ profile.first_name }}}}",
            "html": f"<p>{name}</p>",
        }
        for name in ("14", "14-again", "30", "60")
    ),
    *by_both_clocks(
        journey(
            14,
            {"type": "wait", "name": "long", "duration": "P90D"},
            {"type": "send", "name": "again", "template_id": "dormant-14-again"},
            exit_on=[{"segment_id": "dormant-14", "edge": "exited"}],
        )
    ),
    *by_both_clocks(journey(30)),
    *by_both_clocks(journey(60)),
)


class Sleeper:
    """Somebody who was last seen so many days ago, but for some seconds that are still to come."""

    def __init__(self, stack, admin, write_key, days, due_at):
        self.stack, self.admin, self.write_key = stack, admin, write_key
        self.user_id = f"sleeper-{uuid4().hex[:12]}"
        self.due_at = due_at
        self.seen_at = due_at - days * DAY
        traits = {"first_name": f"Sleeper-{days}", "email": f"{self.user_id}@example.com"}
        consent = {"consent": {"categoryPreferences": {"marketing": True}}}
        self.did(
            {"type": "identify", "traits": traits, "context": consent},
            {"type": "track", "event": "dormant login"},
            at=self.seen_at,
        )

    def did(self, *events, at):
        batch = [
            {**each, "userId": self.user_id, "timestamp": at.isoformat(), "messageId": uuid4().hex}
            for each in events
        ]
        answer = httpx.post(
            f"{self.stack.api_url}/v1/batch",
            json={"batch": batch},
            auth=(self.write_key, ""),
            timeout=60,
        )
        assert answer.json().get("accepted") == len(batch), answer.text

    def comes_back(self):
        self.did({"type": "track", "event": "dormant login"}, at=datetime.now(UTC))

    def profile(self):
        return self.admin.profile("user_id", self.user_id)

    def is_known(self):
        """Whether both events have come through and were judged."""
        if not self.admin.known("user_id", self.user_id):
            return False
        return self.profile()["tags"]["events"] >= 2 and self.row("STATE").get("due_at") is not None

    def is_due_or_ready(self, days):
        return datetime.now(UTC) >= self.due_at or (self.is_known() and self.got() == BEFORE[days])

    def row(self, sort_key):
        key = {"pk": keys.person(DEFAULT_WORKSPACE, self.profile()["profile_id"]), "sk": sort_key}
        table = self.stack.outputs["ProfilesTable"]
        found = self.stack.client("dynamodb").get_item(TableName=table, Key=to_item(key))
        return found.get("Item", {})

    def membership(self, days):
        rows = self.profile()["memberships"]
        return next((row for row in rows if row["segment_id"] == f"dormant-{days}"), None)

    def is_in(self, days):
        row = self.membership(days)
        return row is not None and row["member"]

    def entered_at(self, days):
        return parse_instant(self.membership(days)["since"])

    def got(self):
        """The messages of ours that were sent, when both clocks sent the same; else None."""
        told = [
            (each["template_id"].removeprefix("dormant-"), each["journey_id"].endswith(BY_INDEX))
            for each in self.admin.messages(self.user_id)
            if each["template_id"].startswith("dormant-") and each["status"] == "sent"
        ]
        by_machine, by_index = (
            {name for name, by in told if by is which} for which in (False, True)
        )
        return by_machine if by_machine == by_index else None

    def enrolments(self, days):
        """The runs in the journey for so many days, one by each clock."""
        ids = {f"dormant-{days}{world}" for world in WORLDS}
        return [run for run in self.profile()["enrolments"] if run["journey_id"] in ids]


@pytest.fixture(scope="module")
def workspace(stack, admin, write_key):
    """The definitions, and all functions awake: seconds count from here on."""
    admin.apply({"kind": "settings", **FAST}, *DEFINITIONS)
    long_asleep = Sleeper(stack, admin, write_key, 14, datetime.now(UTC) - DAY)
    admin.until(lambda: long_asleep.is_known() and long_asleep.got() == {"14"})
    yield admin
    for one in DEFINITIONS:
        if one["kind"] == "journey":  # people of other scenarios meet none of them
            admin.call("POST", f"/journeys/{one['journey_id']}/pause")


@pytest.fixture
def sleeper(stack, workspace, write_key):
    """Make somebody who will have been silent for so many days in little more than a minute."""

    def make(days, soon=SOON):
        due_at = datetime.now(UTC).replace(microsecond=0) + soon
        return Sleeper(stack, workspace, write_key, days, due_at)

    return make


@pytest.fixture
def moves(stack):
    """Moves to another stage that the bus carries from now on: profile → (stage, instant)."""
    sqs, events, bus = stack.client("sqs"), stack.client("events"), stack.outputs["BusName"]
    name = f"moves-{uuid4().hex[:8]}"
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    pattern = json.dumps({"detail-type": ["LifecycleChanged"]})
    events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)
    target = {"Id": "moves", "Arn": asked["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
    found = []

    def told(profile_id):
        while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"])["detail"])
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [
            (each["stage_after"], parse_instant(each["occurred_at"]))
            for each in sorted(found, key=lambda each: each["occurred_at"])
            if each["profile_id"] == profile_id
        ]

    yield told
    events.remove_targets(Rule=name, EventBusName=bus, Ids=["moves"])
    events.delete_rule(Name=name, EventBusName=bus)


def wait_until(instant):
    time.sleep(max(0.0, (instant - datetime.now(UTC)).total_seconds()))


def asleep(sleeper, workspace):
    """Three who are soon silent for long enough, and one who comes back just before."""
    for soon in (SOON, 2 * SOON, 3 * SOON):  # others, with more time, where the machine is slow
        people = {days: sleeper(days, soon) for days in (14, 30, 60)}
        returning = sleeper(14, soon)
        everybody, first = [(14, returning), *people.items()], people[14].due_at
        for days, each in everybody:
            workspace.until(lambda d=days, each=each: each.is_due_or_ready(d))
        if datetime.now(UTC) > first - soon / 4:
            continue
        wait_until(first - soon / 4)
        returning.comes_back()
        wait_until(first - soon / 15)
        has_come = returning.profile()["tags"]["events"] == 3
        found = [(days, each.got(), each.is_in(days)) for days, each in everybody]
        if has_come and datetime.now(UTC) < first:
            assert found == [(days, BEFORE[days], False) for days, _ in everybody]
            return people, returning
    raise TooLateError("nobody was known and looked at in time")


def test_each_silence_brings_its_message_at_its_second_and_coming_back_stops_the_rest(
    sleeper, moves, workspace
):
    people, returning = asleep(sleeper, workspace)
    stages = {14: "at_risk", 30: "dormant", 60: "lost"}
    for days, each in people.items():
        workspace.until(lambda days=days, each=each: each.is_in(days))
        assert each.due_at <= each.entered_at(days) < each.due_at + BUSY
        workspace.until(lambda days=days, each=each: each.got() == BEFORE[days] | {str(days)})
        (*_, (stage, moved_at)) = moves(each.profile()["profile_id"])
        assert stage == stages[days]
        assert each.due_at <= moved_at < each.due_at + BUSY

    people[14].comes_back()
    workspace.until(lambda: not people[14].is_in(14))
    workspace.until(lambda: [run["status"] for run in people[14].enrolments(14)] == ["exited"] * 2)
    way = same_way(*(run["trace"] for run in people[14].enrolments(14)))
    assert way[-1] == ("long", "exit_rule")
    assert people[14].got() == {"14"}

    wait_until(returning.due_at + BUSY)
    assert returning.profile()["tags"]["events"] == 3
    assert not returning.is_in(14)
    assert returning.got() == set()
    assert returning.enrolments(14) == []


def test_who_was_decided_on_long_ago_is_found_by_the_sweep(sleeper, stack, workspace):
    """Whoever is due within minutes is sent for by update_tags. So that this one is not, the
    message is taken away, and the row put where it would lie had it been decided on a day ago.
    """
    dynamodb, table = stack.client("dynamodb"), stack.outputs["ProfilesTable"]
    rows, sqs = DueRows(dynamodb, table, JUDGED), stack.client("sqs")
    (url,) = [
        url for url in sqs.list_queues()["QueueUrls"] if "-Due" in url and "DeadLetters" not in url
    ]
    # The sweeper looks ahead: it has passed the row of whoever shares a shard with somebody whom it
    # has sent for already, and who is due later. Then somebody else is taken.
    for _ in range(5):
        person = sleeper(14)
        workspace.until(person.is_known)
        profile_id = person.profile()["profile_id"]
        key = keys.due(DEFAULT_WORKSPACE, JUDGED, person.due_at, profile_id)
        sqs.purge_queue(QueueUrl=url)
        dynamodb.put_item(TableName=table, Item=to_item(key._asdict()))
        if rows.positions(DEFAULT_WORKSPACE)[shard_of(profile_id)] < key.sk:
            break

    workspace.until(lambda: rows.positions(DEFAULT_WORKSPACE)[shard_of(profile_id)] >= key.sk)
    assert datetime.now(UTC) >= person.due_at - LEAD
    workspace.until(lambda: person.is_in(14))
    assert person.due_at <= person.entered_at(14) < person.due_at + TICK + BUSY
    workspace.until(lambda: person.got() == {"14"})
