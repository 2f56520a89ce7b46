"""Ports that write down each call in its order, with all that was handed over.

What `memory` keeps are rows; what is wanted here is the order of what a go asks for, letter by
letter: nothing but the log is looked at.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.identity.person import Person
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import Request
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.due_clock import DueClock
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.interpreter import advance, enrol
from shared.domain.journeys.kinds import AskingStep
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.ports import Change, Folded, Planned, Ref, Stored
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.profiles.model import View
from tests.domain.journeys.memory import NOON, happened

REF = Ref("shop", "ada", "e1")
CART = happened("cart")
PERSON = Person("shop", "ada", ("ada", "phone"), ("ada",), True)
Line = tuple[Any, ...]


@dataclass
class Ledger:
    """All ports of journeys over one row of one person; `log` is what was asked of them.

    `versions` are those of the journey. `came` is what is found when somebody looks back. A call
    named in `fails` raises what is said there, once for each time that it is there.
    """

    versions: Mapping[int, Journey]
    rows: dict[Ref, Stored] = field(default_factory=dict)
    log: list[Line] = field(default_factory=list)
    came: list[Happened] = field(default_factory=list)
    person_there: bool = True
    running: bool = True
    redeems: bool = True
    scale: float = 1
    now: datetime = NOON
    traits: Mapping[str, Any] = field(default_factory=dict)
    folds: Mapping[str, str] = field(default_factory=dict)
    fails: dict[str, list[Exception]] = field(default_factory=dict)
    on_commit: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        self.machine_clock = MachineClock(self, self, lambda: self.now)
        self.due_clock = DueClock(self, self, self, self)
        clocks = {"step_functions": self.machine_clock, "due_index": self.due_clock}
        self.progress = Progress(self, self, clocks, self, self, lambda: self.now)

    def write(self, *line: Any) -> None:
        self.log.append(line)
        if left := self.fails.get(line[0]):
            raise left.pop(0)

    def told(self) -> list[Line]:
        """What was asked for since this was asked last."""
        told, self.log[:] = list(self.log), []
        return told

    def put(self, enrolment: Enrolment, **more: Any) -> Stored:
        """Let this be the row of the person."""
        stored = Stored(enrolment, **{"version": 5, "machine": "m:1", **more})
        self.rows[ref_of(enrolment)] = stored
        return stored

    # --- definitions and people -----------------------------------------------------------------

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        assert (workspace_id, journey_id) == ("shop", "test")
        return self.versions[version]

    def time_scale(self, workspace_id: str) -> float:
        assert workspace_id == "shop"
        return self.scale

    def person(self, workspace_id: str, profile_id: str) -> Person | None:
        assert workspace_id == "shop"
        return replace(PERSON, profile_id=profile_id) if self.person_there else None

    def since(self, person: Person, triggers: Sequence[str], since: datetime) -> list[Happened]:
        self.write("since", person.profile_id, tuple(triggers), since)
        return [one for one in self.came if one.trigger in triggers and one.occurred_at >= since]

    def facts(self, workspace_id: str, profile_id: str, step: AskingStep, at: datetime) -> Facts:
        self.write("facts", workspace_id, profile_id, step.name, at)
        return Facts(View(self.traits, {}), ZoneInfo("UTC"))

    # --- rows -----------------------------------------------------------------------------------

    def load(self, ref: Ref) -> Stored | None:
        self.write("load", ref)
        return self.rows.get(ref)

    def glance(self, refs: Sequence[Ref]) -> Mapping[Ref, Stored]:
        self.write("glance", tuple(refs))
        return {ref: self.rows[ref] for ref in refs if ref in self.rows}

    def commit(self, before: Stored, change: Change) -> Stored:
        self.write("commit", before.version, change)
        machine = before.machine if change.machine is None else change.machine
        after = Stored(
            change.enrolment, before.version + 1, machine, change.task, change.wake_at,
            change.wake_fold,
        )  # fmt: skip
        self.rows[ref_of(change.enrolment)] = after
        self.on_commit()
        return after

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        self.write("release", ref, left, over)

    # --- executions, messages and wakes -----------------------------------------------------------

    def start(self, machine: str, ref: Ref, answer: dict[str, Any]) -> None:
        self.write("start", machine, ref, answer)

    def stop(self, machine: str, ref: Ref, cause: str) -> None:
        self.write("stop", machine, ref, cause)

    def redeem(self, token: str, answer: dict[str, Any]) -> bool:
        self.write("redeem", token, answer)
        return self.redeems

    def is_running(self, machine: str, ref: Ref) -> bool:
        self.write("is running", machine, ref)
        return self.running

    def send(self, request: Request) -> None:
        named = request.action_id if isinstance(request, ActionRequest) else request.message_id
        self.write("send", request.step, request.visit, request.journey_version)
        assert named

    @contextmanager
    def keeping(
        self, before: Planned | None, after: Planned | None, now: datetime
    ) -> Iterator[None]:
        self.write("keeping", before, after, now)
        yield
        self.write("kept")

    @contextmanager
    def folding(self, planned: Sequence[Planned], now: datetime) -> Iterator[Folded]:
        self.write("folding", tuple(planned), now)
        folded = Folded(self.folds)
        yield folded
        self.write("folded", sorted(folded.stored))


def ref_of(enrolment: Enrolment) -> Ref:
    return Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)


def begun(definition: Journey, *stimuli: Any, profile_id: str = "ada", version: int = 1):
    """An enrolment after what came, by its own clock."""
    enrolment = enrol(
        definition, version, CART, workspace_id="shop", profile_id=profile_id, enrolment_id="e1"
    ).enrolment
    for one in stimuli:
        at = one.occurred_at if isinstance(one, Happened) else enrolment.clock_at
        enrolment = advance(definition, enrolment, one, at).enrolment
    return enrolment
