"""Both journey functions over mocked tables and a Step Functions that only remembers."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from functions.advance_journeys.entering import Entry
from functions.advance_journeys.usecase import AdvanceJourneys
from functions.run_step.usecase import RunStep
from shared.aws import keys
from shared.aws.active_hours import ActivityReader
from shared.aws.catalog import CatalogReader
from shared.aws.due_store import DueIndex
from shared.aws.enrolment_rows import enrolment_of
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.executions import StepFunctions
from shared.aws.happenings import HappeningsReader, happened_by
from shared.aws.items import from_item, to_item
from shared.aws.journey_ports import CatalogDefinitions, StatePeople
from shared.aws.measure_store import MeasureStore
from shared.aws.membership_store import MembershipStore
from shared.aws.person_reader import PersonReader
from shared.aws.profile_rows import event_item
from shared.aws.queues import Queue
from shared.aws.state_store import StateStore
from shared.aws.wakes import EnrolmentWakes
from shared.domain.due.batches import Due
from shared.domain.due.folds import is_fold, unpack_fold
from shared.domain.due.timing import WOKEN
from shared.domain.events.model import Event
from shared.domain.identity.graph import Graph, Identifier, Node, Root, to_json
from shared.domain.instants import format_instant, parse_instant
from shared.domain.journeys.counting import deltas
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.due_clock import DueClock
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.wakes import wake_named
from shared.domain.journeys.waking import Waking
from shared.domain.messages.model import MessageRequest
from shared.domain.text import to_text
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.faults import Line

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:rapport-default-watched:1"
WATCHED = Journey.model_validate(
    {
        "journey_id": "watched",
        "title": "Watched",
        "entry": {"type": "event", "event": "cart"},
        "exit_on": [{"event": "left"}, {"segment_id": "lost"}],
        "steps": [
            {"type": "send", "name": "hello", "template_id": "hello"},
            {
                "type": "wait_for",
                "name": "watch",
                "events": [{"event": "paid", "where": {"ok": True}}],
                "timeout": "P1D",
                "on_event": "a day",
                "on_timeout": "known",
            },
            {"type": "wait", "name": "a day", "duration": "P1D", "next": "thank"},
            {
                "type": "branch",
                "name": "known",
                "arms": [
                    {
                        "when": {"type": "trait", "trait": "city", "operator": "exists"},
                        "next": "thank",
                    },
                    {"when": {"type": "event", "event": "browsed"}, "next": "end"},
                ],
                "otherwise": "out",
            },
            {"type": "send", "name": "thank", "template_id": "thanks", "next": "end"},
            {"type": "exit", "name": "out", "reason": "unknown"},
        ],
    }
)


@dataclass
class StepFunctionsMemory:
    """A Step Functions that remembers what it was told, and refuses as the real one does."""

    started: dict[str, Any] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)
    failed: set[str] = field(default_factory=set)
    redeemed: dict[str, Any] = field(default_factory=dict)

    def start_execution(self, **request: str) -> None:
        if request["name"] in self.started:
            raise refusal("ExecutionAlreadyExists")
        self.started[request["name"]] = (request["stateMachineArn"], json.loads(request["input"]))

    def stop_execution(self, **request: str) -> None:
        name = request["executionArn"].rpartition(":")[2]
        if name not in self.started:
            raise refusal("ExecutionDoesNotExist")
        self.stopped.add(name)

    def describe_execution(self, **request: str) -> dict[str, str]:
        name = request["executionArn"].rpartition(":")[2]
        if name not in self.started:
            raise refusal("ExecutionDoesNotExist")
        ends = {"ABORTED": self.stopped, "FAILED": self.failed}
        return {"status": next((end for end, those in ends.items() if name in those), "RUNNING")}

    def running(self) -> set[str]:
        return self.started.keys() - self.stopped - self.failed

    def send_task_success(self, **request: str) -> None:
        if request["taskToken"] in self.redeemed:
            raise refusal("TaskTimedOut")
        self.redeemed[request["taskToken"]] = json.loads(request["output"])


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": ""}}, "call")


class _Outbox:
    def __init__(self, queue: Any) -> None:
        self._queue = queue

    def send(self, request: MessageRequest) -> None:
        self._queue.enqueue(request=request)


@dataclass
class Near:
    """The wakes queue, which only remembers who is due within minutes."""

    sent: list[str] = field(default_factory=list)

    def send_message_batch(self, **call: Any) -> dict[str, Any]:
        self.sent += [entry["MessageBody"] for entry in call["Entries"]]
        return {"Successful": [{"Id": entry["Id"]} for entry in call["Entries"]]}


@dataclass
class World:
    """Two people, `ada` and `bob`, until they are merged, and one published journey."""

    dynamodb: Any
    machines: StepFunctionsMemory = field(default_factory=StepFunctionsMemory)
    queued: Counter[str] = field(default_factory=Counter)
    now: datetime = NOON
    near: Near = field(default_factory=Near)

    def __post_init__(self) -> None:
        self._put_people()

    def publish(self, journey: Journey = WATCHED, machine: str = MACHINE) -> None:
        version = keys.definition_version("default", "JOURNEY", journey.journey_id, 1)
        row = {
            "pk": keys.catalog("default"),
            "sk": keys.definition("JOURNEY", journey.journey_id),
            "body": journey.model_dump_json(),
            "version": 1,
            "status": "published",
            "published_version": 1,
            "state_machine_arn": machine,
        }
        history = {**version._asdict(), "body": journey.model_dump_json(), "version": 1}
        for one in (row, history):
            self.dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(one))

    def functions(self, line: Line | None = None) -> tuple[AdvanceJourneys, RunStep]:
        """Both functions, newly started; `line` stands before the tables and Step Functions."""
        progress, clock, people, outbox = self.parts(line)
        catalog = CatalogReader(self.dynamodb, CATALOG_TABLE)
        return AdvanceJourneys(progress, catalog), RunStep(progress, clock, people, outbox)

    def wake(self, line: Line | None = None) -> None:
        """Bring everybody who is due by now to wake_enrolments, newly started."""
        progress, *_ = self.parts(line)
        due = sorted(name for name, at in self.wakes().items() if at <= self.now)
        failures: list[Exception] = []
        wakes = [wake_named("default", name) for name in due]
        Waking(progress, failures.append).wake(wakes, self.now)
        for failure in failures:
            raise failure

    def deliver_all(self, events: Mapping[str, Event], line: Line | None = None) -> None:
        """Deliver an event of each strand in one batch."""
        advance, _ = self.functions(line)
        entries: list[Entry] = []
        for strand, event in events.items():
            advance.hear("default", strand, happened_by(event), entries)
        for _, failure in advance.begin(entries):
            raise failure

    def wakes(self) -> dict[str, datetime]:
        """The rows of the due index, by name."""
        prefix = keys.due_shard("default", WOKEN, 0)[:-2]
        found: dict[str, datetime] = {}
        for row in (row for row in self.rows() if row["pk"].startswith(prefix)):
            at, _, name = row["sk"].partition("#")
            alone = [Due(name, parse_instant(at))]
            dues = unpack_fold(row["fold"], parse_instant(at)) if is_fold(name) else alone
            found |= {due.name: due.due_at for due in dues}
        return found

    def parts(
        self, line: Line | None = None
    ) -> tuple[Progress, MachineClock, StatePeople, _Outbox]:
        line = line or Line()
        dynamodb, machines = line.around(self.dynamodb), line.around(self.machines)
        catalog = CatalogReader(self.dynamodb, CATALOG_TABLE)
        definitions = CatalogDefinitions(catalog)
        memberships = MembershipStore(dynamodb, PROFILES_TABLE)
        people = StatePeople(
            catalog,
            PersonReader(dynamodb, PROFILES_TABLE),
            StateStore(dynamodb, PROFILES_TABLE),
            MeasureStore(dynamodb, PROFILES_TABLE),
            ActivityReader(dynamodb, PROFILES_TABLE),
        )
        outbox = _Outbox(line.around(self))
        index = DueIndex(dynamodb, PROFILES_TABLE, WOKEN, Queue(line.around(self.near), "wakes"))
        machine_clock = MachineClock(StepFunctions(lambda: machines), definitions, lambda: self.now)
        due_clock = DueClock(definitions, people, EnrolmentWakes(index), outbox)
        progress = Progress(
            EnrolmentStore(dynamodb, PROFILES_TABLE, pause=lambda seconds: None),
            definitions,
            {"step_functions": machine_clock, "due_index": due_clock},
            PersonReader(dynamodb, PROFILES_TABLE),
            HappeningsReader(dynamodb, PROFILES_TABLE, memberships),
            lambda: self.now,
        )
        return progress, machine_clock, people, outbox

    def enqueue(self, request: MessageRequest) -> None:
        asked = self.begun()[request.enrolment_id].trace
        assert ("requested", request.step, request.visit) in (
            (entry.decision, entry.step, entry.visit) for entry in asked
        ), "stored before it is handed over"
        self.queued[request.message_id] += 1

    # --- what happens ------------------------------------------------------------------------

    def write(self, event: Event, strand: str = "ada") -> None:
        """Put an event into the timeline, as merge_identity does."""
        self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=event_item(strand, event))

    def deliver(self, event: Event, line: Line | None = None, strand: str = "ada") -> None:
        self.functions(line)[0].take_in("default", strand, happened_by(event))

    def happens(self, event: Event, strand: str = "ada") -> None:
        self.write(event, strand)
        self.deliver(event, strand=strand)

    def merge(self, absorbed: str = "bob", root: str = "ada") -> None:
        """Let one profile answer for both strands, as merge_identity does."""
        others = self.profile(absorbed)
        roots = (Root(root, NOON), Root(absorbed, NOON, others.get("enrols", False)))
        nodes = tuple(
            Node(Identifier("user_id", one.strand_id), one.strand_id, NOON) for one in roots
        )
        graph = to_text(to_json(Graph(roots=roots, nodes=nodes)))
        version = max(self.profile(one).get("graph_version", 0) for one in (root, absorbed)) + 1
        self._set(root, graph=graph, graph_version=version, joins=1)
        self._set(absorbed, redirect=root)

    def unite(self, line: Line | None = None, root: str = "ada") -> None:
        """Deliver the domain event that says so."""
        self.functions(line)[0].unite("default", root, self.now)

    def run(self, event: Event, step: str, action: Any, token: str = "", **more: Any) -> Any:
        """Let the machine of the enrolment that `event` began call for a step."""
        return self.functions(more.get("line"))[1].run(ref_of(event), step, action, token)

    # --- what there is -----------------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        items = self.dynamodb.scan(TableName=PROFILES_TABLE, ConsistentRead=True)["Items"]
        return sorted(map(from_item, items), key=lambda row: (row["pk"], row["sk"]))

    def row(self, sk: str) -> dict[str, Any]:
        return next((row for row in self.rows() if row["sk"] == sk), {})

    def listeners(self) -> dict[str, Any]:
        found = (row for row in self.rows() if row["sk"].startswith("WAIT#"))
        return {row["sk"].split("#")[1]: json.loads(row["kinds"]) for row in found}

    def messages(self) -> dict[str, str]:
        """What was asked for; nobody dispatches here."""
        asked = (entry for one in self.begun().values() for entry in one.trace)
        return {entry.step: "requested" for entry in asked if entry.decision == "requested"}

    def tally(self) -> Mapping[str, int]:
        """The counts of journeys as they follow from the enrolments that there are."""
        counted: Counter[str] = Counter()
        for one in self.begun().values():
            added = deltas(one, 0).items()
            counted.update({each.name: n for each, n in added if each.version is None})
        return counted

    def tell(self) -> None:
        """Put into the timelines what there is to tell of enrolments, as update_tags does."""
        for one in self.begun().values():
            for event in told_by(one, 0, self.now):
                self.write(event, one.profile_id)

    def begun(self) -> dict[str, Enrolment]:
        """Every enrolment, by its id."""
        found = (row for row in self.rows() if row["sk"].startswith(keys.ENROLMENT_PREFIX))
        return {row["enrolment_id"]: enrolment_of(row) for row in found}

    def enrolment(self, event: Event) -> Enrolment:
        return self.begun()[ref_of(event).enrolment_id]

    def profile(self, strand: str = "ada") -> dict[str, Any]:
        key = to_item({"pk": keys.person("default", strand), "sk": keys.PROFILE})
        return from_item(self.dynamodb.get_item(TableName=PROFILES_TABLE, Key=key)["Item"])

    def know(self, strand: str = "ada", at: datetime = NOON, **traits: str) -> None:
        claims = {
            name: {"value": value, "at": format_instant(at), "source_id": ""}
            for name, value in traits.items()
        }
        self._set(strand, traits=to_text(claims))

    def _set(self, strand: str, **values: Any) -> None:
        self.dynamodb.put_item(
            TableName=PROFILES_TABLE, Item=to_item({**self.profile(strand), **values})
        )

    def _put_people(self) -> None:
        for strand in ("ada", "bob"):
            row = {
                "pk": keys.person("default", strand),
                "sk": keys.PROFILE,
                "profile_id": strand,
                "created_at": NOON,
                "version": 0,
                "traits": "{}",
            }
            self.dynamodb.put_item(TableName=PROFILES_TABLE, Item=to_item(row))

    def forget(self) -> None:
        """Begin again: nothing but two people, nothing running."""
        for row in self.rows():
            key = to_item({"pk": row["pk"], "sk": row["sk"]})
            self.dynamodb.delete_item(TableName=PROFILES_TABLE, Key=key)
        self._put_people()
        self.machines, self.queued, self.now = StepFunctionsMemory(), Counter(), NOON


def ref_of(event: Event, journey_id: str = "watched") -> Ref:
    name = enrolment_id("default", journey_id, "ada", event.message_id)
    return Ref("default", "ada", name)


def later(**much: int) -> datetime:
    return NOON + timedelta(**much)
