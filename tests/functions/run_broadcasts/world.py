"""People, a lake and a clock, and the machine of broadcasts played step by step."""

import json
from collections import Counter
from datetime import timedelta
from itertools import count
from types import SimpleNamespace

from functions.run_broadcasts.asking import AskPeople
from functions.run_broadcasts.deciding import DecideSample
from functions.run_broadcasts.gathering import Gather
from functions.run_broadcasts.onward import GoOn
from shared.aws.broadcast_desk import BroadcastDesk
from shared.aws.broadcast_files import BroadcastFiles
from shared.aws.broadcast_parts import BroadcastParts
from shared.aws.broadcast_store import BroadcastStore
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.happenings import HappeningsReader
from shared.aws.keys import profile_of
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_store import ProfileStore
from shared.aws.query_results import QueryResults
from shared.domain.broadcasts.model import Broadcast
from shared.domain.broadcasts.pacing import Slice
from shared.domain.instants import parse_instant
from shared.domain.workspace.model import WorkspaceSettings
from tests.applying import all_rows
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE

WS, BUCKET = "default", "lake"


class Clock:
    """Moves on a little at every look, and by leaps when somebody waits."""

    def __init__(self, at=NOON, step=timedelta(milliseconds=7)):
        self.at, self.step = at, step

    def __call__(self):
        self.at += self.step
        return self.at


class Catalog:
    """One journey that is published, in a workspace with a zone."""

    def __init__(self, journey=None, zone="UTC", status="published"):
        self.journey, self.zone, self.status = journey, zone, status
        self.restoring = False

    def journey_status(self, workspace_id, journey_id):
        return self.status

    def settings(self, workspace_id):
        return WorkspaceSettings(timezone=self.zone, restoring=self.restoring)

    def journeys(self, workspace_id):
        return [SimpleNamespace(journey=self.journey, version=1, status=self.status)]


class Lists:
    """Answers every condition with the people that it is told of."""

    def __init__(self, s3, people):
        self.s3, self.people, self.asked = s3, people, []

    def result_of(self, workspace_id, condition, at):
        self.asked.append(at)
        rows = "\n".join(["profile_id", *self.people])
        self.s3.put_object(Bucket=BUCKET, Key="results/1.csv", Body=f"{rows}\n".encode())
        return f"s3://{BUCKET}/results/1.csv"


class Started:
    """Executions that were started."""

    def __init__(self):
        self.runs = []

    def start(self, workspace_id, broadcast_id, run):
        if (broadcast_id, run) not in self.runs:
            self.runs.append((broadcast_id, run))


class World:
    """Everything around broadcasts; clients may be led through a line of faults."""

    def __init__(self, dynamodb, s3, people, *, catalog=None, clock=None, around=lambda one: one):
        self.raw, self.s3 = dynamodb, s3
        self.clock = clock or Clock()
        self.machine = Started()
        self.catalog = catalog or Catalog()
        self.numbers = count()
        table, files = around(dynamodb), around(s3)
        self.store = BroadcastStore(table, CATALOG_TABLE)
        self.parts = BroadcastParts(table, CATALOG_TABLE)
        self.files = BroadcastFiles(files, BUCKET)
        self.persons = PersonReader(table, PROFILES_TABLE)
        memberships = MembershipStore(table, PROFILES_TABLE)
        self.happenings = HappeningsReader(table, PROFILES_TABLE, memberships)
        self.timelines = ProfileStore(table, PROFILES_TABLE)
        self.enrolments = EnrolmentStore(table, PROFILES_TABLE)
        self.desk = BroadcastDesk(self.store, self.parts, self.machine, self.clock)
        self.lists = Lists(s3, people)
        self.results = QueryResults(s3)

    def begin(self, **more):
        wanted = Broadcast(
            **{
                "broadcast_id": "b1",
                "journey_id": "news",
                "condition": '{"type":"event","event":"buy"}',
                "asked_at": NOON,
                "starts_at": NOON,
                **more,
            }
        )
        return self.desk.begin(WS, wanted)[0]

    def next(self, run=1):
        go_on = GoOn(self.store, self.parts, self.files, self.machine, self.catalog, self.clock)
        return go_on.next(WS, "b1", run)

    def gather(self):
        return Gather(
            store=self.store,
            files=self.files,
            queries=self.lists,
            results=self.results,
            persons=self.persons,
            catalog=self.catalog,
            now=self.clock,
            new_id=lambda: f"g{next(self.numbers)}",
        ).gather(WS, "b1")

    def ask(self, which, run=1):
        asking = AskPeople(
            self.store,
            self.parts,
            self.files,
            self.persons,
            self.happenings,
            self.timelines,
            self.catalog,
            self.clock,
        )
        return asking.ask(WS, "b1", run, which)

    def decide(self):
        return DecideSample(
            self.store,
            self.files,
            self.persons,
            self.enrolments,
            self.happenings,
            self.catalog,
            self.clock,
        ).decide(WS, "b1")

    def slices(self, answer):
        found = self.s3.get_object(Bucket=answer["bucket"], Key=answer["key"])
        return [Slice(**one) for one in json.loads(found["Body"].read())]

    def machine_step(self, run=1, retry=lambda task: task()):
        """One go round the machine; what it came to. `retry` is how it carries out a task."""
        answer = retry(lambda: self.next(run))
        match answer["do"]:
            case "gather":
                retry(self.gather)
            case "wait":
                # It may have come late to the decision, but never waits for what is past for long.
                self.clock.at = max(self.clock.at, parse_instant(answer["at"]))
            case "ask":
                for which in self.slices(answer):
                    retry(lambda which=which: self.ask(which, run))
            case "decide":
                retry(self.decide)
        return answer["do"]

    def play(self, run=1, retry=lambda task: task(), most=10_000):
        """Play an execution to its end."""
        for _ in range(most):
            if self.machine_step(run, retry) == "stop":
                return retry(lambda: self.store.load(WS, "b1"))
        raise AssertionError("it does not come to an end")

    def calls(self):
        """Everybody who was asked: (profile, event), by the rows of the timelines."""
        return [
            (profile_of(row["pk"])[1], json.loads(row["body"]))
            for row in all_rows(self.raw, PROFILES_TABLE)
            if row["sk"].startswith("EVT#") and row["name"] == "$journey_asked"
        ]

    def asked(self):
        return Counter(profile for profile, _ in self.calls())

    def minutes(self):
        """How many were asked in each minute."""
        return Counter(call["occurred_at"][:16] for _, call in self.calls())


def put_people(dynamodb, ids, **traits):
    """Rows of people who are one strand each; the least that makes somebody a person."""
    known = {
        name: {"value": value, "at": "2026-11-01T00:00:00.000Z", "source_id": "web"}
        for name, value in traits.items()
    }
    for each in ids:
        dynamodb.put_item(
            TableName=PROFILES_TABLE,
            Item={
                "pk": {"S": f"{WS}#P#{each}"},
                "sk": {"S": "PROFILE"},
                "traits": {"S": json.dumps(known)},
            },
        )
