"""Whenever its execution dies, an enrolment that is started again goes on as it is walked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.instants import parse_instant
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.ports import Ref, Stored, TaskToken
from shared.domain.journeys.restarting import LONGEST, Restarter, may_idle, stands_still
from shared.domain.journeys.resuming import again, execution_name, times_of, version_of
from shared.domain.journeys.stimulus import Happened
from shared.domain.recovery.damage import LATE
from shared.errors import ConflictError, EnrolmentEndedError
from tests.domain.journeys.amazon import Execution
from tests.domain.journeys.memory import (
    ABANDONED,
    MACHINE,
    MACHINE_OF_MOVED,
    NOON,
    OPEN,
    TIMED_OUT,
    Bench,
    Outbox,
    World,
    at_once,
    happened,
    journey,
)
from tests.domain.journeys.stage import ARN, walked
from tests.domain.journeys.strategies import CART, histories, journeys, traits
from tests.domain.journeys.test_moving import own

NAME = enrolment_id("default", "test", "ada", CART.fact_id)
REF = Ref("default", "ada", NAME)
DEATHS = 3


class DeadError(BaseException):
    """The execution is gone: nothing catches this."""


@dataclass
class Run:
    """One person's run whose execution dies before or after some of its moves (`deaths`).

    A move is a call, or the beginning or end of a pause. Whoever finds the enrolment standing does
    so `delay` later; what is to happen meanwhile happens.
    """

    definition: Journey
    history: list[Happened]
    known: dict[str, str]
    deaths: list[int]
    delay: timedelta = timedelta()
    world: World = field(default_factory=World)
    moves: int = 0
    died: int = 0

    def begin(self) -> None:
        gate = at_once(self.world)
        self.bench = Bench(self.definition, gate, traits=self.known)
        self.coming = sorted(self.history, key=lambda one: (one.occurred_at, one.fact_id))
        self.restarter = self.restarter_by(lambda journey, version: MACHINE_OF_MOVED)
        self.world.timeline = (("ada", CART),)
        self.bench.take_in(CART)

    def restarter_by(self, machine_of: Callable[[Journey, int], str]) -> Restarter:
        machines = self.bench.progress._clocks["step_functions"]
        return Restarter(self.bench.progress, machines, Outbox(at_once(self.world)), machine_of)

    def run(self) -> Enrolment:
        self.begin()
        while (stored := self.world.enrolments[NAME]).enrolment.status == "active":
            name = execution_name(stored.machine, NAME)
            assert name in self.world.started, "somebody stands still for ever"
            resumes = stored.machine.startswith(MACHINE_OF_MOVED)
            machine = compile_machine(self.definition, 1, ARN, resumes=resumes)
            data = {"enrolment": REF._asdict(), "answer": self.world.started[name]}
            try:
                assert Execution(machine, self.invoke, self.outcome, self.sleep).run(data) != "Fail"
            except DeadError:
                self.mourn(name)
        return self.world.enrolments[NAME].enrolment

    def mourn(self, name: str) -> None:
        self.died += 1
        self.world.stopped |= {name}
        for token, answer in self.world.tokens.items():
            self.world.tokens[token] = ABANDONED if answer == OPEN else answer
        # Steps of one instant come before what happens then, unless somebody stands there for long.
        if self.world.enrolments[NAME].enrolment.waiting or self.delay > LATE:
            self.happen(self.bench.now + self.delay)
        self.bench.now += self.delay
        stored = self.world.enrolments[NAME]
        if stored.enrolment.status == "active":
            assert self.restarter.look(REF, stored.version) == "gone"
            assert self.restarter.restart(REF, stored.version, self.bench.now) == "gone"
            once = self.world.copy()
            assert self.restarter.restart(REF, stored.version, self.bench.now) == "fine", (
                "it has moved since"
            )
            assert once.key() == self.world.key()

    def may_die(self) -> None:
        self.moves += 1
        if self.moves in self.deaths:
            raise DeadError

    def invoke(self, payload: dict[str, Any]) -> Any:
        self.may_die()
        if token := payload.get("task_token", ""):
            token = f"{self.died} {token}"
            self.world.tokens[token] = OPEN
        args = (REF, payload["step"], payload["action"], token, payload["seen"])
        answer = self.bench.run_step.run(*args)
        self.may_die()
        return answer

    def outcome(self, token: str) -> Any:
        token = f"{self.died} {token}"
        self.may_die()
        if waiting := self.world.enrolments[NAME].enrolment.waiting:
            self.happen(waiting.due, token)
            if self.world.tokens[token] == OPEN:
                self.bench.now = max(self.bench.now, waiting.due)
        self.may_die()
        answer = self.world.tokens[token]
        self.world.tokens[token] = TIMED_OUT
        return None if answer == OPEN else answer

    def sleep(self, wake_at: str) -> None:
        self.may_die()
        due = parse_instant(wake_at)
        self.happen(due)
        self.bench.now = max(self.bench.now, due)
        self.may_die()

    def happen(self, until: datetime, token: str = "") -> None:
        while self.coming and self.coming[0].occurred_at <= until:
            if token and self.world.tokens[token] != OPEN:
                return
            self.happens(self.coming.pop(0))

    def happens(self, fact: Happened) -> None:
        self.bench.now = max(self.bench.now, fact.occurred_at)
        self.world.timeline = (*self.world.timeline, ("ada", fact))
        self.bench.take_in(fact)


def nothing_is_left(life: Run) -> None:
    world = life.world
    assert world.requested.keys() <= world.queued.keys(), "what was asked for is handed over"
    assert not world.listeners
    assert not any(run.active for run in world.runs.values())
    assert world.counted.total() == 2, "started once, ended once"


LIVES = (journeys(), histories(), traits(), st.lists(st.integers(1, 12), max_size=DEATHS))


@pytest.mark.slow
@pytest.mark.parametrize("delay", [timedelta(), LATE])
def test_an_execution_that_dies_anywhere_changes_nothing(delay: timedelta) -> None:
    died = 0

    @given(*LIVES)
    def check(definition, history, known, deaths):
        nonlocal died
        life = Run(definition, history, known, deaths, delay)
        ended = life.run()
        died += life.died
        assert own(ended) == own(walked(definition, history, known))
        nothing_is_left(life)

    check()
    assert died > 10, "executions died"


@given(*LIVES)
def test_whoever_stood_for_days_is_not_lost(definition, history, known, deaths):
    """What happened meanwhile counts, so an exit can be first where a step would have been."""
    life = Run(definition, history, known, deaths, timedelta(days=3))
    ended = life.run()
    nothing_is_left(life)
    asked = [(e.step, e.visit) for e in ended.trace if e.decision == "requested"]
    assert len(asked) == len(set(asked)), "no visit asks twice"


# --- an execution that runs -----------------------------------------------------------------------

WAIT_FOR = {"type": "wait_for", "name": "call", "events": [{"event": "paid"}], "timeout": "P20D"}
THANKS = {"type": "send", "name": "thanks", "template_id": "a"}
PAID = happened("paid", NOON + timedelta(days=1), fact_id="paid")


def waiting(*more: dict[str, Any]) -> Run:
    """Somebody whose execution waits for an event, before they are thanked and `more` comes."""
    life = Run(journey(WAIT_FOR, THANKS, *more, exit_on=[{"event": "bought"}]), [], {}, [])
    life.begin()
    life.world.tokens["t"] = OPEN
    life.bench.run_step.run(REF, "call", "listen", "t")
    return life


def test_an_execution_that_runs_is_left_to_itself():
    life = waiting()
    version = life.world.enrolments[NAME].version
    before = life.world.copy()
    assert life.restarter.restart(REF, version, NOON) == "behind"
    assert life.world.key() == before.key()


@pytest.mark.parametrize("lost", [False, True])
def test_an_event_that_nobody_told_is_told_or_the_execution_starts_anew(lost: bool):
    """The process that stored it died; the token of the Task may be one that is no good."""
    life = waiting()
    life.world.tokens["t"] = ABANDONED
    life.happens(PAID)
    stored = life.world.enrolments[NAME]
    life.world.tokens["t"] = ABANDONED if lost else OPEN
    life.bench.now = PAID.occurred_at + LONGEST + timedelta(seconds=1)
    assert life.restarter.look(REF, stored.version) == "untold"
    assert life.restarter.restart(REF, stored.version, PAID.occurred_at) == "untold"
    if lost:
        assert life.world.stopped == {NAME}
        assert life.world.enrolments[NAME].machine == f"{MACHINE_OF_MOVED}#1"
        assert life.world.started[f"{NAME}-1-1"]["next"] == "thanks"
    else:
        assert life.world.tokens["t"]["next"] == "thanks"
        assert life.world.enrolments[NAME] == stored


def told() -> tuple[Run, Stored]:
    """Somebody whose execution was told of what came, and is late with its next call."""
    life = waiting({**WAIT_FOR, "name": "once more"})
    life.happens(PAID)
    life.world.tokens["t"] = TIMED_OUT
    return life, life.world.enrolments[NAME]


def test_an_execution_that_was_told_and_is_late_is_left_to_itself_for_a_day():
    life, stored = told()
    assert stored.task, "the next call of the execution takes it out"
    before = life.world.copy()
    for late in (LATE, LONGEST):
        life.bench.now = PAID.occurred_at + late
        assert life.restarter.restart(REF, stored.version, PAID.occurred_at) == "behind"
    assert life.world.key() == before.key()


def test_who_moves_just_when_their_execution_was_stopped_is_not_taken_for_well():
    life, stored = told()
    life.bench.now = PAID.occurred_at + 2 * LONGEST

    def moving(journey: Journey, version: int) -> str:
        """Its execution called just before it was stopped."""
        life.bench.run_step.run(REF, "thanks", "perform", "")
        return MACHINE_OF_MOVED

    restarter = life.restarter_by(moving)
    with pytest.raises(ConflictError):
        restarter.restart(REF, stored.version, PAID.occurred_at)
    assert life.world.enrolments[NAME].enrolment.status == "active"


@pytest.mark.parametrize("action", ["time_out", "listen"])
def test_an_execution_that_was_left_behind_leaves_a_later_wait_alone(action: str):
    """Two went on side by side, and one of them has come around to the same step again."""
    again = {"type": "repeat", "name": "again", "to": "call", "times": 3}
    life = Run(journey(WAIT_FOR, again, THANKS), [], {}, [])
    life.begin()
    life.world.tokens |= {"first": OPEN, "second": OPEN, "third": OPEN}
    run = life.bench.run_step.run
    run(REF, "call", "listen", "first", 1)
    run(REF, "call", "listen", "second", 1)
    life.happens(PAID)
    run(REF, "call", "listen", "third", life.world.enrolments[NAME].enrolment.decided)
    life.bench.now = NOON + timedelta(days=20)
    before = life.world.copy()
    with pytest.raises(EnrolmentEndedError, match='came to "call" again'):
        run(REF, "call", action, "first", 1)
    assert life.world.key() == before.key()
    stored = life.world.enrolments[NAME]
    assert stored.enrolment.visits["call"] == 2
    assert stored.task == TaskToken("third", "call", 2)
    life.bench.now = stored.enrolment.waiting.due
    run(REF, "call", "time_out", "", stored.enrolment.decided - 1)
    assert life.world.enrolments[NAME].enrolment.trace[-2].decision == "timed_out"


# --- who stands still -----------------------------------------------------------------------------


def stands(
    life: Run,
    machine: str,
    at: datetime,
    now: datetime,
    scale: float = 1,
    late: timedelta = LATE,
) -> bool:
    enrolment = life.world.enrolments[NAME].enrolment
    return stands_still(enrolment, machine, at, now=now, late=late, time_scale=scale)


def test_who_waits_stands_still_only_once_the_wait_is_over():
    life, due = waiting(), NOON + timedelta(days=20)
    assert not stands(life, MACHINE, NOON, due + LATE)
    assert stands(life, MACHINE, NOON, due + LATE + timedelta(seconds=1))
    soon = NOON + timedelta(days=20) / 1000
    assert stands(life, MACHINE, NOON, soon + LATE + timedelta(seconds=1), scale=1000)
    assert not stands(life, MACHINE, NOON, soon + LATE, scale=1000)


def test_who_was_started_again_is_given_longer_each_time_and_a_day_at_last():
    life, at = waiting(), NOON + timedelta(days=30)
    longest = timedelta()
    for times in range(12):
        machine = f"{MACHINE}#{times}" if times else MACHINE
        patience = min(LATE * 4**times, LONGEST)
        assert patience >= longest
        assert not stands(life, machine, at, at + patience)
        assert stands(life, machine, at, at + patience + timedelta(seconds=1))
        longest = patience
    assert longest == LONGEST


def test_a_first_execution_has_its_time_however_early_somebody_asks():
    """Somebody who stored many enrolments starts their executions only then, one by one."""
    life, at, now = waiting(), NOON + timedelta(days=30), timedelta()
    assert not stands(life, MACHINE, at, at + LATE, late=now)
    assert stands(life, MACHINE, at, at + LATE + timedelta(seconds=1), late=now)
    assert stands(life, f"{MACHINE}#1", at, at + timedelta(seconds=1), late=now)
    hour = timedelta(hours=1)
    assert not stands(life, MACHINE, at, at + hour, late=hour)


def test_only_an_execution_that_was_cut_short_in_a_wait_may_idle():
    life = waiting()
    assert not may_idle(life.world.enrolments[NAME].enrolment, life.bench.now)
    life.happens(happened("bought", NOON + timedelta(hours=1), fact_id="bought"))
    cut = life.world.enrolments[NAME].enrolment
    assert cut.ended_by == "exit_rule"
    assert may_idle(cut, life.bench.now)
    assert not may_idle(cut, NOON + timedelta(days=20)), "its time-out has ended it"


def test_each_start_has_a_name_of_its_own():
    names = {execution_name(MACHINE, NAME), execution_name(MACHINE_OF_MOVED, NAME)}
    machine = MACHINE
    for times in range(1, 5):
        machine = again(MACHINE_OF_MOVED, machine)
        assert (version_of(machine), times_of(machine)) == (MACHINE_OF_MOVED, times)
        names.add(execution_name(machine, NAME))
    assert len(names) == 6
    assert all(len(name) <= 80 for name in names)
