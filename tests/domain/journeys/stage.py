"""A stage for state machines: an interpreter of ASL runs them over a world in memory.

The functions are the real ones, the clock is virtual, and everything that happens to the person
happens while the machine waits. Which interpreter it is makes no difference to what is told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from unittest.mock import patch
from zoneinfo import ZoneInfo

from functions.run_step import handler
from shared.domain.instants import parse_instant
from shared.domain.journeys.asl import compile_machine
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import enrol
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.walk import walk
from shared.domain.profiles.model import View
from shared.errors import TransientError
from tests.domain.journeys.amazon import Execution
from tests.domain.journeys.memory import OPEN, TIMED_OUT, Bench, World, at_once
from tests.domain.journeys.strategies import CART

ARN = "arn:aws:lambda:us-east-1:000000000000:function:run_step"
ENROLMENT = enrolment_id("default", "test", "ada", CART.fact_id)
LOST_EVERY = 3  # call of a machine whose answer is lost, where calls are flaky


class Interpreter(Protocol):
    """One execution of a machine, whoever interprets it."""

    machine: dict[str, Any]
    entered: list[str]

    def run(self, data: dict[str, Any]) -> str:
        """Run to the end; says `Fail` when the execution failed."""


Opens = Callable[
    [dict[str, Any], Callable[[Any], Any], Callable[[str], Any], Callable[[str], None]], Interpreter
]
"""(machine, what a Task calls, what came of a token, what a Wait waits for) → an execution."""


class Context:
    """What a handler may ask of Lambda."""

    function_name = "run_step"
    memory_limit_in_mb = 512
    invoked_function_arn = ARN
    aws_request_id = "1"


def compiled(definition: Journey) -> dict[str, Any]:
    return compile_machine(definition, 1, ARN)


def walked(definition: Journey, history: list[Happened], known: dict[str, str]) -> Enrolment:
    """What the plain walker makes of the same person."""
    facts = Facts(View(known, {}), ZoneInfo("UTC"))
    begun = enrol(
        definition, 1, CART, workspace_id="default", profile_id="ada", enrolment_id=ENROLMENT
    ).enrolment
    *_, last = walk(definition, begun, history, lambda step, at: facts)
    return last.enrolment


@dataclass
class Stage:
    """A journey in Step Functions over a world in memory, on a virtual clock."""

    definition: Journey
    history: list[Happened]
    known: dict[str, str]
    world: World = field(default_factory=World)
    opens: Opens = Execution
    late: timedelta = timedelta(0)
    """How long after it happened the entry is taken in."""
    execution: Interpreter | None = field(default=None, init=False)

    def run(self) -> tuple[Enrolment, Interpreter | None, str]:
        self.bench = Bench(self.definition, at_once(self.world), traits=self.known)
        self.coming = sorted(self.history, key=lambda one: (one.occurred_at, one.fact_id))
        self.bench.now += self.late
        self.bench.take_in(CART)
        name = ENROLMENT
        self.ref = Ref("default", "ada", name)
        self.execution, end = None, "Succeed"
        if name in self.world.started:
            self.execution = self.opens(self.machine(), self.invoke, self.outcome, self.sleep)
            data = {"enrolment": self.ref._asdict(), "answer": self.world.started[name]}
            end = self.execution.run(data)
        return self.world.enrolments[name].enrolment, self.execution, end

    def machine(self) -> dict[str, Any]:
        return compiled(self.definition)

    def invoke(self, payload: dict[str, Any]) -> Any:
        token = payload.get("task_token", "")
        if token:
            self.world.tokens[token] = OPEN
        answer = self.call(payload)
        if not token:
            assert self.call(payload) == answer, "a retry changes nothing"
        return answer

    def call(self, payload: dict[str, Any]) -> Any:
        ref, token = Ref(**payload["enrolment"]), payload.get("task_token", "")
        return self.bench.run_step.run(
            ref, payload["step"], payload["action"], token, payload["seen"]
        )

    def outcome(self, token: str) -> Any:
        """Everything happens until the token is redeemed, or until the time is up."""
        waiting = self.world.enrolments[self.ref.enrolment_id].enrolment.waiting
        if waiting:
            self.happen(waiting.due, token)
            if self.world.tokens[token] == OPEN:
                self.bench.now = max(self.bench.now, waiting.due)
        answer = self.world.tokens[token]
        self.world.tokens[token] = TIMED_OUT
        return None if answer == OPEN else answer

    def sleep(self, wake_at: str) -> None:
        due = parse_instant(wake_at)
        self.happen(due)
        self.bench.now = max(self.bench.now, due)

    def happen(self, until: datetime, token: str = "") -> None:
        while self.coming and self.coming[0].occurred_at <= until:
            if token and self.world.tokens[token] != OPEN:
                return
            fact = self.coming.pop(0)
            self.bench.now = max(self.bench.now, fact.occurred_at)
            self.world.timeline = (*self.world.timeline, ("ada", fact))
            self.bench.take_in(fact)


@dataclass
class HandlerStage(Stage):
    """The same through the handler of run_step; answers are lost now and then if it is flaky."""

    flaky: bool = False
    calls: int = 0
    lost: int = 0
    redeemed: int = 0

    def run(self) -> tuple[Enrolment, Interpreter | None, str]:
        with patch.object(handler, "_run_step", lambda: self.bench.run_step):
            return super().run()

    def invoke(self, payload: dict[str, Any]) -> Any:
        if token := payload.get("task_token", ""):
            self.world.tokens[token] = OPEN
        answer = handler.handle(payload, Context())
        self.calls += 1
        if self.flaky and self.calls % LOST_EVERY == 1:
            self.lost += 1
            raise TransientError("the answer is lost")
        return answer

    def outcome(self, token: str) -> Any:
        answer = super().outcome(token)
        self.redeemed += answer is not None
        return answer
