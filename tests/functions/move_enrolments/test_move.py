"""In mocked tables: everybody inside is counted and moved, whatever call fails on the way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from functions.move_enrolments.usecase import MoveEnrolments
from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.enrolment_scan import EnrolmentScan
from shared.aws.items import to_item
from shared.aws.journey_ports import CatalogDefinitions
from shared.aws.move_store import MoveStore
from shared.domain.events.model import Event
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.move_job import SEGMENTS, MoveJob, Segment, Whole
from shared.domain.journeys.mover import Mover
from shared.domain.journeys.moving import Choices
from shared.domain.journeys.ports import Ref
from shared.errors import ConflictError, TransientError
from shared.runtime.observability import logger
from tests.conftest import CATALOG_TABLE, PROFILES_TABLE
from tests.crash.faults import FAULTS, Fault, KilledError, Line
from tests.functions.advance_journeys.world import NOON, WATCHED, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

Make = Callable[..., Event]

MOVED = "arn:aws:states:us-east-1:123456789012:stateMachine:rapport-default-watched-MOVED:1"
STRANDS = ("ada", "bob")


def newer(clock: ClockName) -> Journey:
    """The wait is longer, an event more is waited for, and the branch is gone."""
    steps: list[Any] = [step.model_dump(exclude_none=True) for step in WATCHED.steps]
    steps = [step for step in steps if step["name"] not in ("known", "out")]
    watch = steps[1]
    watch |= {"timeout": "P2D", "events": [*watch["events"], {"event": "called"}]}
    watch["on_timeout"] = "thank"
    whole = {**WATCHED.model_dump(exclude_none=True), "steps": steps, "clock": clock}
    return Journey.model_validate(whole)


@dataclass
class Company:
    """Two people who stand in a wait under version 1, and a version 2."""

    world: World
    new: Journey
    carts: dict[str, Event]

    def __post_init__(self) -> None:
        version = keys.definition_version("default", "JOURNEY", "watched", 2)
        row = {**version._asdict(), "body": self.new.model_dump_json(), "version": 2}
        self.world.dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item(row))

    def usecase(self, line: Line | None = None) -> MoveEnrolments:
        line = line or Line()
        progress, machines, _, outbox = self.world.parts(line)
        dynamodb = line.around(self.world.dynamodb)
        return MoveEnrolments(
            store=MoveStore(dynamodb, CATALOG_TABLE),
            scan=EnrolmentScan(dynamodb, PROFILES_TABLE, SEGMENTS),
            mover=Mover(progress, machines, outbox),
            definitions=CatalogDefinitions(CatalogReader(self.world.dynamodb, CATALOG_TABLE)),
            now=lambda: self.world.now,
            log=logger("test"),
        )

    @property
    def store(self) -> MoveStore:
        return MoveStore(self.world.dynamodb, CATALOG_TABLE)

    def begin(self, choices: Choices | None = None) -> MoveJob:
        machine = MOVED if self.new.clock == "step_functions" else ""
        job = MoveJob(
            journey_id="watched",
            number=1,
            version=2,
            requested_at=NOON,
            stage="moving",
            machine=machine,
            choices=choices or Choices(to={"known": "thank"}),
        )
        return self.store.add("default", job)

    def walk(self, line: Line | None = None) -> None:
        """Every part to its end, as the machine does it: whatever fails is called again."""
        for part in range(SEGMENTS):
            done = False
            while not done:
                try:
                    done = self.usecase(line).walk("default", "watched", 1, part, lambda: False)
                except (KilledError, TransientError, ConflictError):
                    line = None
        self.usecase().finish("default", "watched", 1)

    def empty(self) -> None:
        """Be done with the parts in which nobody is."""
        scan = EnrolmentScan(self.world.dynamodb, PROFILES_TABLE, SEGMENTS)
        job = self.store.load("default", "watched", 1)
        for part in range(SEGMENTS):
            if not scan.page("default", "watched", part, None).found:
                self.store.put_segment("default", job, Segment(part, done=True))

    def whole(self, walk: str = "move") -> Whole:
        return self.store.whole("default", self.store.load("default", "watched", 1), walk)


@pytest.fixture
def company(dynamodb: Any, make_event: Make) -> Callable[[ClockName, ClockName], Company]:
    carts = {strand: make_event("cart") for strand in STRANDS}

    def make(before: ClockName, after: ClockName) -> Company:
        world = World(dynamodb)
        world.forget()
        _forget_moves(dynamodb)
        world.publish(WATCHED.model_copy(update={"clock": before}))
        for strand, cart in carts.items():
            world.happens(cart, strand=strand)
        if before == "step_functions":
            for _, given in list(world.machines.started.values()):
                step = world.functions()[1].run
                ref = Ref(**given["enrolment"])
                step(ref, "hello", "perform", "", 1)
                step(ref, "watch", "listen", f"token of {ref.profile_id}", 2)
        return Company(world, newer(after), carts)

    return make


def _forget_moves(dynamodb: Any) -> None:
    for item in dynamodb.scan(TableName=CATALOG_TABLE)["Items"]:
        if "#J#" in item["pk"]["S"]:
            key = {"pk": item["pk"], "sk": item["sk"]}
            dynamodb.delete_item(TableName=CATALOG_TABLE, Key=key)


CLOCKS: tuple[ClockName, ...] = ("step_functions", "due_index")
PAIRS = [(before, after) for before in CLOCKS for after in CLOCKS]


def outcome(company: Company) -> tuple[Any, ...]:
    """All that there is afterwards, but for versions of rows and how often a message was handed
    over, which dispatch minds not.
    """
    rows = [row for row in company.world.rows() if row["sk"].startswith(("ENR#", "WAIT#", "MSG#"))]
    for row in rows:
        for how_often in ("version", "told"):
            row.pop(how_often, None)
    machines = company.world.machines
    return (
        rows,
        {name: told for name, told in machines.started.items() if name.endswith("-1")},
        _wakes(company.world, rows),
        set(company.world.queued),
        company.whole(),
    )


def _wakes(world: World, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows of those who wait by the due index. One too much wakes nobody, and may be left."""
    there = world.wakes()
    waits = [row for row in rows if "wake_place" in row]
    names = [
        f"{row['pk'].rpartition('#')[2]}#{row['enrolment_id']}#{row['wake_place']}" for row in waits
    ]
    return {name: there[name] for name in names}


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_everybody_is_moved_and_nobody_gets_a_message_twice(company, before, after):
    both = company(before, after)
    both.begin()
    sent = dict(both.world.queued)
    both.walk()
    whole = both.whole()
    assert (whole.done, whole.outcomes, whole.failed) == (True, Counter(moved=2), 0)
    found = [row for row in both.world.rows() if row["sk"].startswith("ENR#")]
    assert {(row["journey_version"], row["status"]) for row in found} == {(2, "active")}
    assert set(both.world.queued) == set(sent), "nothing is asked for again"
    assert set(both.world.messages()) == {"hello"}
    assert set(both.world.listeners()) == {"left", "segment:entered:lost", "paid", "called"}
    started = [name for name in both.world.machines.started if name.endswith("-1")]
    assert len(started) == (2 if after == "step_functions" else 0)
    assert len(both.world.wakes()) == (2 if after == "due_index" else 0)
    old = {name for name in both.world.machines.started if not name.endswith("-1")}
    assert both.world.machines.stopped == old


@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.nightly)])
@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_whatever_call_fails_the_next_try_mends_it(company, before, after, turn: int):
    """Each call meets two of the faults; which ones goes round."""
    wanted, calls = None, [""]
    number = 0
    while number < len(calls):
        both = company(before, after)
        both.begin()
        both.empty()
        fault: Fault = FAULTS[(number + 2 * turn) % len(FAULTS)]
        line = Line({number: fault} if number else {})
        both.walk(line)
        if number == 0:
            wanted, calls = outcome(both), ["", *line.calls]
            assert len(calls) > 20
        assert outcome(both) == wanted, f"{fault} at call {number}: {calls[number]}"
        number += 3
