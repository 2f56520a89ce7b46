"""What a ten-step journey takes: steps a second of the interpreter, and dollars by both clocks.

Three times a message, a branch and a wait, and an exit. Delivering the messages is left out, and so
is what events cost: the entry, and `$journey_entered` and `$journey_exited` once they lie in the
timeline. To put them there is counted, and so are the tallies. Every person is known by a user id,
and nothing else happens to them.

What it costs depends on how many come together: calls, rows of the due index and counts are shared
by those who meet in a batch. So the due index is billed for three kinds of arrivals. Of its sweeps
it is counted what they take beyond idle ones, which cost the same whoever waits (decision 0015).
"""

import json
import os
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, Final, NamedTuple
from uuid import uuid4
from zoneinfo import ZoneInfo

from benchmarks.emulated_aws import Context, EmulatedAws, administrate
from benchmarks.meter import Meter, price
from functions.sweep_due.usecase import SweepDue
from shared.aws import journey_ports, keys
from shared.aws.due_store import DueRows
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.items import from_item, to_item
from shared.aws.queues import Queue
from shared.domain.due.timing import WOKEN
from shared.domain.identity.graph import Graph, Identifier, Node, Root, to_json
from shared.domain.instants import format_instant
from shared.domain.journeys.clock import to_milliseconds
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View
from shared.domain.text import to_text

PEOPLE: Final = 100
RUNS: Final = 4_000  # of the interpreter
MEMORY_GB: Final = 0.5
TRANSITIONS: Final = 11  # of the machine; tests/domain/journeys/test_asl.py counts them
BUDGET_USD: Final[dict[ClockName, float]] = {"due_index": 6.0, "step_functions": 285.0}
BUDGET_STEPS: Final = 50_000
ENTRY: Final = "bench cart"
WAITS: Final = 3
TEMPLATE: Final = {
    "channel": "email",
    "template_id": "cart",
    "subject": "Cart",
    "html": "<p>Cart</p>",
}
MINUTE: Final = timedelta(minutes=1)
_MOVING: Final = ("advance_journeys", "run_step", "wake_enrolments")
_READS: Final = "dynamodb_read_unit"
_DELETE_AND_RECEIVE: Final = 2  # requests by which Lambda takes up to ten messages
_DAY: Final = timedelta(days=1)


def ten_steps(clock: ClockName) -> dict[str, Any]:
    """The journey as an operator would put it."""
    steps: list[dict[str, Any]] = []
    for times in range(WAITS):
        when = {"type": "trait", "trait": "city", "operator": "exists"}
        steps += [
            {"type": "send", "name": f"send {times}", "template_id": "cart"},
            {"type": "branch", "name": f"fork {times}", "arms": [{"when": when, "next": "out"}]},
            {"type": "wait", "name": f"wait {times}", "duration": "P1D"},
        ]
    return {
        "journey_id": f"ten-{clock.replace('_', '-')}",
        "title": "Ten steps",
        "clock": clock,
        "entry": {"type": "event", "event": f"{ENTRY} {clock}", "max_age": "P30D"},
        "steps": [*steps, {"type": "exit", "name": "out", "reason": "done"}],
    }


def steps_a_second() -> int:
    """Advances of the interpreter in a second of processor time, the walker around it included."""
    journey = Journey.model_validate(ten_steps("step_functions"))
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    entry = Happened(fact_id="1", trigger=f"{ENTRY} step_functions", occurred_at=at)
    facts = Facts(View({}, {}), ZoneInfo("UTC"))
    begun = enrol(journey, 1, entry, workspace_id="b", profile_id="p", enrolment_id="e").enrolment
    start, steps = time.process_time(), 0
    for _ in range(RUNS):
        steps += sum(1 for _ in walk(journey, begun, (), lambda _step, _at: facts))
    return round(steps / (time.process_time() - start))


class Arrivals(NamedTuple):
    """How people come: so many facts to a batch of advance_journeys, so long between two batches.

    `wakes` is how many messages of the wakes queue an invocation gets, `changes` how many changes
    of enrolments the stream brings update_tags at once.
    """

    name: str
    people: int
    batch: int
    apart: timedelta
    wakes: int
    changes: int


TOGETHER: Final = Arrivals("many at once, ten to a batch", PEOPLE, 10, timedelta(0), 4, 100)
ARRIVALS: Final = (
    TOGETHER,
    Arrivals("a million in a day, one by one", PEOPLE, 1, timedelta(days=1) / 1_000_000, 1, 12),
    Arrivals("minutes apart, each alone", 10, 1, 2 * MINUTE, 1, 1),
)


@dataclass
class JourneyBill:
    """What a million people in the journey take by one clock."""

    clock: ClockName
    arrivals: str = TOGETHER.name
    usd_per_million: float = 0.0
    budget_usd: float = 0.0  # of those who come many at once
    usd_by_price: dict[str, float] = field(default_factory=dict)
    units: dict[str, float] = field(default_factory=dict)  # of one person
    cpu_us: float = 0.0


class JourneyBench:
    """Lets people through the journey as Lambda and Step Functions would call the functions."""

    def __init__(self, aws: EmulatedAws, meter: Meter) -> None:
        """The environment names tables and queues; the meter is attached already."""
        self._aws, self._meter = aws, meter
        self._table = os.environ["PROFILES_TABLE"]
        self._cpu: Counter[str] = Counter()
        self._now = datetime.now(UTC)
        # The clock of journeys stands and jumps, so that everybody is woken when it is time.
        journey_ports.__dict__["_now"] = lambda: to_milliseconds(self._now)
        self._handles: dict[str, Callable[..., Any]] = {
            name: import_module(f"functions.{name}.handler").handle
            for name in (*_MOVING, "update_tags", "manage_workspace")
        }
        admin = self._handles["manage_workspace"]
        administrate(admin, "PUT", "/settings", {"email_from": "a@example.com"})
        administrate(admin, "PUT", "/templates/cart", TEMPLATE)

    def bill(self, clock: ClockName, arrivals: Arrivals = TOGETHER) -> JourneyBill:
        """Publish the journey with a clock and let everybody through it."""
        journey = ten_steps(clock)
        admin = self._handles["manage_workspace"]
        administrate(admin, "PUT", f"/journeys/{journey['journey_id']}", journey)
        administrate(admin, "POST", f"/journeys/{journey['journey_id']}/publish", {})
        people = [self._known() for _ in range(arrivals.people)]
        self._enter(clock, [self._known()])  # opens what is opened once
        if clock == "due_index":
            self._wake()
        told = self._tell(set())
        self._meter.reset()
        self._cpu.clear()
        self._enter(clock, people, arrivals)
        if clock == "due_index":
            self._wake(arrivals)
        else:
            self._run_machines(people)
        self._tell(told, arrivals)
        self._everybody_is_through(people)
        budget = BUDGET_USD[clock] if arrivals is TOGETHER else 0.0
        return self._summed(JourneyBill(clock, arrivals.name, budget_usd=budget), len(people))

    def _known(self) -> str:
        """Somebody with a profile, as merge_identity leaves it."""
        profile_id, now = uuid4().hex, datetime.now(UTC)
        graph = Graph(
            roots=(Root(profile_id, now),),
            nodes=(Node(Identifier("user_id", profile_id), profile_id, now),),
        )
        row = {
            **keys.Key(keys.person("default", profile_id), keys.PROFILE)._asdict(),
            "profile_id": profile_id,
            "version": 1,
            "created_at": format_instant(now),
            "traits": "{}",
            "graph": to_text(to_json(graph)),
            "graph_version": 1,
            "joins": 0,
            "enrols": True,
        }
        self._aws.client("dynamodb").put_item(TableName=self._table, Item=to_item(row))
        return profile_id

    def _enter(self, clock: ClockName, people: list[str], arrivals: Arrivals = TOGETHER) -> None:
        """The facts as the queue brings them; SQS is paid for the batch."""
        for first in range(0, len(people), arrivals.batch):
            now = format_instant(self._now)
            records = [
                {"messageId": one, "body": json.dumps({"detail": _matched(one, clock, now)})}
                for one in people[first : first + arrivals.batch]
            ]
            self._meter.units["sqs_request_64kb"] += _DELETE_AND_RECEIVE
            self._call("advance_journeys", {"Records": records})
            self._now += arrivals.apart

    def _wake(self, arrivals: Arrivals = TOGETHER) -> None:
        """Sweep every minute, from the first who is due to the last, until nobody waits."""
        took = arrivals.apart * arrivals.people
        for _ in range(WAITS):
            self._now += _DAY - took
            for _ in range(took // MINUTE + 1):
                self._now += MINUTE
                self._sweep()
                for messages in self._aws.drain("wakes"):
                    for first in range(0, len(messages), arrivals.wakes):
                        self._meter.units["sqs_request_64kb"] += _DELETE_AND_RECEIVE
                        some = messages[first : first + arrivals.wakes]
                        self._call("wake_enrolments", {"Records": some})
            self._now -= (took // MINUTE + 1) * MINUTE - took

    def _sweep(self) -> None:
        """Send everybody who is due, at what that takes beyond a sweep that finds nobody."""
        client, url = self._aws.client("dynamodb"), os.environ["WAKES_QUEUE_URL"]
        rows = DueRows(client, self._table, WOKEN)
        sweep = SweepDue(rows, Queue(_AtOnce(self._aws.client("sqs")), url), lambda: self._now)
        before = self._meter.units[_READS]
        sweep.sweep("default", lambda: False)
        found = self._meter.units[_READS] - before
        sweep.sweep("default", lambda: False)
        self._meter.units[_READS] = 2 * before + 2 * found - self._meter.units[_READS]

    def _run_machines(self, people: list[str]) -> None:
        """The Tasks of each execution in their order; the states between them call nobody."""
        for profile_id in people:
            self._meter.units["step_functions_transition"] += TRANSITIONS
            ref = {"workspace_id": "default", "profile_id": profile_id}
            ref["enrolment_id"] = self._enrolment(profile_id)["enrolment_id"]
            seen = 1
            for name in (*(f"send {times}" for times in range(WAITS)), "out"):
                call = {"enrolment": ref, "step": name, "action": "perform", "seen": seen}
                seen = self._call("run_step", call)["seen"]

    def _tell(self, told: set[str], arrivals: Arrivals = TOGETHER) -> set[str]:
        """Bring the changes of enrolments to update_tags; gives which it has been told of."""
        records = [each for each in self._aws.stream() if _is_news(each, told)]
        for first in range(0, len(records), arrivals.changes):
            self._call("update_tags", {"Records": records[first : first + arrivals.changes]})
        return told | {each["dynamodb"]["SequenceNumber"] for each in records}

    def _enrolment(self, profile_id: str) -> dict[str, Any]:
        values = {":pk": {"S": keys.person("default", profile_id)}, ":sk": {"S": "ENR#"}}
        rows = self._aws.client("dynamodb").query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues=values,
        )["Items"]
        return from_item(rows[0])

    def _everybody_is_through(self, people: list[str]) -> None:
        for profile_id in people:
            row = self._enrolment(profile_id)
            decisions = [entry.decision for entry in enrolment_of(row).trace]
            asked = decisions.count("requested")
            if (row["status"], row["reason"], asked) != ("exited", "done", WAITS):
                raise AssertionError(row)

    def _call(self, function: str, event: dict[str, Any]) -> Any:  # noqa: ANN401
        start = time.process_time()
        answer = self._handles[function](event, Context())
        self._cpu[function] += time.process_time() - start
        self._meter.units["lambda_request"] += 1
        if isinstance(answer, dict) and answer.get("batchItemFailures"):
            raise AssertionError(answer)
        return answer

    def _summed(self, bill: JourneyBill, people: int) -> JourneyBill:
        seconds = sum(self._cpu.values())
        self._meter.units["lambda_gb_second_arm64"] += seconds * MEMORY_GB
        scale = 1_000_000 / people
        units = self._meter.units
        bill.units = {name: round(n / people, 4) for name, n in units.items()}
        bill.usd_by_price = {name: round(n * price(name) * scale, 3) for name, n in units.items()}
        bill.usd_per_million = round(self._meter.usd() * scale, 2)
        bill.cpu_us = round(seconds / people * 1e6, 1)
        return bill


class _AtOnce:
    """A queue in which nothing is hidden for a while: the clock jumps to whatever is due."""

    def __init__(self, sqs: Any) -> None:  # noqa: ANN401 (a client of botocore)
        self._sqs = sqs

    def send_message_batch(self, QueueUrl: str, Entries: list[Any]) -> Any:  # noqa: ANN401, N803
        """Send without delays."""
        for entry in Entries:
            entry.pop("DelaySeconds", None)
        return self._sqs.send_message_batch(QueueUrl=QueueUrl, Entries=Entries)


def _is_news(record: dict[str, Any], told: set[str]) -> bool:
    change = record["dynamodb"]
    is_enrolment = change["Keys"]["sk"]["S"].startswith(keys.ENROLMENT_PREFIX)
    return is_enrolment and change["SequenceNumber"] not in told


def _matched(profile_id: str, clock: ClockName, now: str) -> dict[str, Any]:
    """The domain event by which people enter."""
    return {
        "schema_version": 1,
        "name": "EventMatched",
        "event_id": f"{profile_id}-{clock}",
        "workspace_id": "default",
        "profile_id": profile_id,
        "occurred_at": now,
        "event": {
            "message_id": f"{profile_id}-{clock}",
            "name": f"{ENTRY} {clock}",
            "received_at": now,
            "properties": {},
        },
    }
