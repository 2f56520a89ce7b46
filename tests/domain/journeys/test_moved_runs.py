"""Moved in the middle, by either clock and to either clock, a journey goes on as it is walked."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instants import parse_instant
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.moving import Choices, Moving
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.stimulus import Happened
from tests.domain.journeys.amazon import Execution
from tests.domain.journeys.engines import OnMinistack, OnMoto
from tests.domain.journeys.memory import OPEN, TIMED_OUT, Bench, World, at_once, journey
from tests.domain.journeys.stage import ARN, walked
from tests.domain.journeys.strategies import CART, histories, journeys, traits
from tests.domain.journeys.test_moving import choices, own

pytestmark = pytest.mark.slow

NAME = enrolment_id("default", "test", "ada", CART.fact_id)
REF = Ref("default", "ada", NAME)


@dataclass
class Run:
    """One person's run, moved when it has paused `pauses` times; everything follows up twice."""

    old: Journey
    moving: Moving
    history: list[Happened]
    known: dict[str, str]
    pauses: int
    world: World = field(default_factory=World)
    executions: int = 0
    moved: str = ""

    def run(self) -> Enrolment:
        newer = {2: self.moving.journey}
        self.bench = Bench(self.old, at_once(self.world), traits=self.known, newer=newer)
        self.coming = sorted(self.history, key=lambda one: (one.occurred_at, one.fact_id))
        self.world.timeline = (("ada", CART),)
        self.bench.take_in(CART)
        if NAME in self.world.started:
            self.execute(compile_machine(self.old, 1, ARN), NAME)
        self.sleep_and_wake()
        if f"{NAME}-1" in self.world.started:
            machine = compile_machine(self.moving.journey, 2, ARN, resumes=True)
            self.execute(machine, f"{NAME}-1")
        self.sleep_and_wake()
        return self.world.enrolments[NAME].enrolment

    # --- by state machine ---------------------------------------------------------------------

    def execute(self, machine: dict[str, Any], name: str) -> None:
        self.executions += 1
        execution = Execution(machine, self.invoke, self.outcome, self.sleep)
        data = {"enrolment": REF._asdict(), "answer": self.world.started[name]}
        assert execution.run(data) != "Fail"

    def invoke(self, payload: dict[str, Any]) -> Any:
        token = payload.get("task_token", "")
        if token:
            token = f"{self.executions} {token}"
            self.world.tokens[token] = OPEN
        args = (REF, payload["step"], payload["action"], token, payload["seen"])
        return self.bench.run_step.run(*args)

    def outcome(self, token: str) -> Any:
        token = f"{self.executions} {token}"
        waiting = self.world.enrolments[NAME].enrolment.waiting
        if self.pause() or not waiting:
            return self.taken(token)
        self.happen(waiting.due, token)
        if self.world.tokens[token] == OPEN:
            self.bench.now = max(self.bench.now, waiting.due)
        return self.taken(token)

    def taken(self, token: str) -> Any:
        answer = self.world.tokens[token]
        self.world.tokens[token] = TIMED_OUT
        return None if answer == OPEN else answer

    def sleep(self, wake_at: str) -> None:
        if not self.pause():
            due = parse_instant(wake_at)
            self.happen(due)
            self.bench.now = max(self.bench.now, due)

    def pause(self) -> bool:
        """Move here if it is time; who has been moved goes through this execution no more."""
        outdated = self.moved == "moved" and self.executions == 1 and self.started_by_machine
        self.pauses -= 1
        if self.pauses == 0 and not self.moved:
            self.move()
            return self.moved in ("moved", "ended")
        return outdated

    @property
    def started_by_machine(self) -> bool:
        return NAME in self.world.started

    # --- by due index -------------------------------------------------------------------------

    def sleep_and_wake(self) -> None:
        """Everything that happens and comes due while no execution runs."""
        while self.world.wakes:
            self.pause()
            if not self.world.wakes:
                return
            due = min(self.world.wakes.values())
            if self.coming and self.coming[0].occurred_at <= due:
                self.happen(self.coming[0].occurred_at)
                continue
            self.bench.now = max(self.bench.now, due)
            for name in [name for name, at in self.world.wakes.items() if at == due]:
                self.bench.wake(name, at=due)
                self.bench.wake(name, at=due)
                self.world.wakes.pop(name, None)

    # --- both ---------------------------------------------------------------------------------

    def move(self) -> None:
        self.moved = self.bench.move(REF, self.moving)
        once = self.world.copy()
        again = self.bench.move(REF, self.moving)
        assert again == self.moved or self.world.enrolments[NAME].enrolment.status != "active"
        for part in ("enrolments", "requested", "listeners", "started", "wakes"):
            assert getattr(once, part) == getattr(self.world, part), "once is enough"

    def happen(self, until: datetime, token: str = "") -> None:
        while self.coming and self.coming[0].occurred_at <= until:
            if token and self.world.tokens[token] != OPEN:
                return
            fact = self.coming.pop(0)
            self.bench.now = max(self.bench.now, fact.occurred_at)
            self.world.timeline = (*self.world.timeline, ("ada", fact))
            self.bench.take_in(fact)


def under(definition: Journey, clock: ClockName) -> Journey:
    return definition.model_copy(update={"clock": clock})


CLOCKS = ("step_functions", "due_index")


@pytest.mark.parametrize("before", CLOCKS)
@pytest.mark.parametrize("after", CLOCKS)
def test_moving_to_the_same_steps_is_walking_the_journey(
    before: ClockName, after: ClockName
) -> None:
    moves = 0

    @given(journeys(), histories(), traits(), st.integers(1, 3))
    def check(definition, history, known, pauses):
        nonlocal moves
        moving = Moving(7, 2, under(definition, after), Choices())
        life = Run(under(definition, before), moving, history, known, pauses)
        ended = life.run()
        moves += life.moved == "moved"
        assert own(ended) == own(walked(definition, history, known))
        _nothing_is_left(life)

    check()
    assert moves > 5, "people were moved"


def _nothing_is_left(life: Run) -> None:
    world = life.world
    assert world.enrolments[NAME].enrolment.status != "active", "nobody is lost"
    assert world.requested.keys() <= world.queued.keys(), "what was asked for is handed over"
    assert not world.listeners
    assert not any(run.active for run in world.runs.values())
    assert world.counted.total() == 2, "started once, ended once"


@pytest.mark.parametrize("before", CLOCKS)
@pytest.mark.parametrize("after", CLOCKS)
def test_moving_to_other_steps_loses_nobody(before: ClockName, after: ClockName) -> None:
    @given(st.data(), journeys(), journeys(), histories(), traits(), st.integers(1, 3))
    def check(data, old, new, history, known, pauses):
        moving = Moving(7, 2, under(new, after), data.draw(choices(new)))
        life = Run(under(old, before), moving, history, known, pauses)
        ended = life.run()
        _nothing_is_left(life)
        asked = [(e.step, e.visit) for e in ended.trace if e.decision == "requested"]
        assert len(asked) == len(set(asked)), "no visit asks twice"

    check()


WAITS = (
    {"type": "wait_for", "name": "call", "events": [{"event": "paid"}], "timeout": "P20D"},
    {"type": "wait", "name": "a day", "duration": "P1D"},
    {"type": "send", "name": "thanks", "template_id": "a"},
)


@pytest.mark.parametrize("engine", [OnMinistack, OnMoto])
@pytest.mark.parametrize("pauses", [1, 2])
def test_foreign_interpreters_carry_on_where_a_move_left(
    engine: Any, pauses: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.domain.journeys.test_moved_runs.Execution", engine)
    definition = journey(*WAITS)
    moving = Moving(7, 2, definition, Choices())
    life = Run(under(definition, "due_index"), moving, [], {}, pauses)
    ended = life.run()
    assert life.moved == "moved"
    assert f"{NAME}-1" in life.world.started
    assert own(ended) == own(walked(definition, [], {}))
    _nothing_is_left(life)
