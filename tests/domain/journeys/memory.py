"""A world in memory: one person's table and Step Functions, with the conditions of the real ones.

Every call of a port is one atomic step. By default it is taken at once; a test that wants to decide
who goes first passes a `gate` that is handed each step.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.advance_journeys.usecase import AdvanceJourneys
from functions.run_step.usecase import RunStep
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ports import Change, Listener, Ref, Stored
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.messages.model import MessageRequest
from shared.domain.profiles.model import View
from shared.errors import ConflictError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:rapport-default-test:1"

OPEN, TIMED_OUT, ABANDONED = "open", "timed out", "abandoned"

Answer = dict[str, str | None]
Step = Callable[["World"], Any]
Gate = Callable[[str, Step], Any]


_TOLD: dict[int, tuple[object, str]] = {}


def told(thing: object) -> str:
    """The `repr` of a value that never changes, computed once (the value is kept, so is its id)."""
    if id(thing) not in _TOLD:
        _TOLD[id(thing)] = (thing, repr(thing))
    return _TOLD[id(thing)][1]


@dataclass
class World:
    """All rows of one person, and what Step Functions knows."""

    enrolments: dict[str, Stored] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    listeners: dict[tuple[str, str], Listen] = field(default_factory=dict)
    requested: dict[str, MessageRequest] = field(default_factory=dict)
    timeline: tuple[Happened, ...] = ()
    counted: Counter[str] = field(default_factory=Counter)
    queued: Counter[str] = field(default_factory=Counter)
    started: dict[str, Answer] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    tokens: dict[str, str | Answer] = field(default_factory=dict)

    def copy(self) -> "World":
        return World(
            dict(self.enrolments),
            dict(self.runs),
            dict(self.listeners),
            dict(self.requested),
            self.timeline,
            Counter(self.counted),
            Counter(self.queued),
            dict(self.started),
            self.stopped,
            dict(self.tokens),
        )

    def key(self) -> tuple[Any, ...]:
        """Equal for equal worlds."""
        return (
            *(frozenset((name, told(row)) for name, row in rows.items()) for rows in self._rows()),
            frozenset(self.counted.items()),
            frozenset(self.queued.items()),
            frozenset(happened.fact_id for happened in self.timeline),
            self.stopped,
        )

    def _rows(self) -> tuple[dict[Any, Any], ...]:
        stores = (self.enrolments, self.runs, self.listeners, self.requested)
        return (*stores, self.started, self.tokens)

    def store(self, ref: Ref, stored: Stored, change: Change) -> Stored:
        enrolment = change.enrolment
        if any(request.message_id in self.requested for request in change.requests):
            raise ConflictError("the message exists")
        self.enrolments[ref.enrolment_id] = stored
        self.requested |= {request.message_id: request for request in change.requests}
        if enrolment.status == "active":
            for listen in change.listens:
                self.listeners[listen.trigger, ref.enrolment_id] = listen
        else:
            run = self.runs[enrolment.journey_id]
            assert run.enrolment_id == ref.enrolment_id
            self.runs[enrolment.journey_id] = replace(run, active=False)
            self.counted[f"{enrolment.status}:{enrolment.reason}"] += 1
        return stored

    def redeem(self, token: str, answer: Answer) -> None:
        if self.tokens.get(token) == OPEN:
            self.tokens[token] = answer


class Enrolments:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def load(self, ref: Ref) -> Stored | None:
        return self._gate("load", lambda world: world.enrolments.get(ref.enrolment_id))

    def guard(self, ref: Ref, journey_id: str) -> tuple[Run | None, Stored | None]:
        return self._gate(
            "guard",
            lambda world: (world.runs.get(journey_id), world.enrolments.get(ref.enrolment_id)),
        )

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        enrolment = change.enrolment

        def step(world: World) -> Stored:
            exists = ref.enrolment_id in world.enrolments
            if exists or world.runs.get(enrolment.journey_id) != latest:
                raise ConflictError("somebody was faster")
            run = Run(ref.enrolment_id, enrolment.entered_at, active=True)
            world.runs[enrolment.journey_id] = run
            world.counted["started"] += 1
            return world.store(ref, Stored(enrolment, 1, machine, change.task), change)

        return self._gate("enrol", step)

    def commit(self, before: Stored, change: Change) -> Stored:
        enrolment = change.enrolment
        ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)

        def step(world: World) -> Stored:
            if world.enrolments[ref.enrolment_id].version != before.version:
                raise ConflictError("somebody was faster")
            after = Stored(enrolment, before.version + 1, before.machine, change.task)
            return world.store(ref, after, change)

        return self._gate("commit", step)

    def listeners(self, workspace_id: str, profile_id: str, trigger: str) -> Sequence[Listener]:
        def step(world: World) -> list[Listener]:
            return [
                Listener(enrolment_id, listen.step or "", listen.visit)
                for (name, enrolment_id), listen in sorted(world.listeners.items())
                if name == trigger
            ]

        return self._gate("listeners", step)

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        key = (left.trigger, ref.enrolment_id)

        def step(world: World) -> None:
            row = world.listeners.get(key)
            if over:
                world.listeners.pop(key, None)
            elif row and (row.step, row.visit) == (left.step, left.visit):
                if left.exits:
                    world.listeners[key] = Listen(left.trigger, exits=True)
                else:
                    del world.listeners[key]

        self._gate("release", step)


class Happenings:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def since(
        self, workspace_id: str, profile_id: str, triggers: Sequence[str], since: datetime
    ) -> Sequence[Happened]:
        def step(world: World) -> list[Happened]:
            return sorted(
                (
                    happened
                    for happened in world.timeline
                    if happened.trigger in triggers and happened.occurred_at >= since
                ),
                key=lambda happened: (happened.occurred_at, happened.fact_id),
            )

        return self._gate("since", step)


class Executions:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def start(self, machine: str, ref: Ref, answer: Answer) -> None:
        self._gate("start", lambda world: world.started.setdefault(ref.enrolment_id, answer))

    def stop(self, machine: str, ref: Ref, cause: str) -> None:
        def step(world: World) -> None:
            if ref.enrolment_id in world.started:
                world.stopped |= {ref.enrolment_id}

        self._gate("stop", step)

    def redeem(self, token: str, answer: Answer) -> None:
        self._gate("redeem", lambda world: world.redeem(token, answer))


class Outbox:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def send(self, request: MessageRequest) -> None:
        def step(world: World) -> None:
            assert request.message_id in world.requested
            world.queued[request.message_id] += 1

        self._gate("send", step)


@dataclass
class Definitions:
    """One version of one journey, also as the catalog shows it."""

    journey_: Journey
    version: int = 1
    status: str = "published"
    scale: float = 1
    state_machine_arn: str = MACHINE

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        assert (journey_id, version) == (self.journey_.journey_id, self.version)
        return self.journey_

    def time_scale(self, workspace_id: str) -> float:
        return self.scale


@dataclass
class Published:
    journey: Journey
    version: int = 1
    status: str = "published"
    state_machine_arn: str = MACHINE


@dataclass
class Catalog:
    published: tuple[Published, ...]

    def journeys(self, workspace_id: str) -> tuple[Published, ...]:
        return self.published


@dataclass
class People:
    traits: Mapping[str, Any] = field(default_factory=dict)

    def facts(self, workspace_id: str, profile_id: str, step: object, at: datetime) -> Facts:
        return Facts(View(self.traits, {}), ZoneInfo("UTC"))


@dataclass
class Bench:
    """Both use cases over a world in memory."""

    journey: Journey
    gate: Gate
    now: datetime = NOON
    traits: Mapping[str, Any] = field(default_factory=dict)
    status: str = "published"

    def __post_init__(self) -> None:
        progress = Progress(
            Enrolments(self.gate),
            Definitions(self.journey),
            Executions(self.gate),
            lambda: self.now,
        )
        happenings = Happenings(self.gate)
        catalog = Catalog((Published(self.journey, status=self.status),))
        people, outbox = People(self.traits), Outbox(self.gate)
        self.run_step = RunStep(progress, happenings, people, outbox)
        self.advance_journeys = AdvanceJourneys(progress, happenings, catalog)

    def take_in(self, happened: Happened) -> None:
        self.advance_journeys.take_in("default", "ada", happened)


def at_once(world: World) -> Gate:
    """The gate through which every step goes at once."""
    return lambda name, step: step(world)


def happened(trigger: str, at: datetime = NOON, **more: Any) -> Happened:
    """Something that happened; its id follows from what and when unless told."""
    defaults = {"fact_id": f"{trigger} {at:%d %H:%M:%S}", "arrived_at": at}
    return Happened(**{"trigger": trigger, "occurred_at": at, **defaults, **more})


def journey(*steps: Mapping[str, Any], **more: Any) -> Journey:
    """A journey that begins with the event `cart` unless told otherwise."""
    return Journey.model_validate(
        {
            "journey_id": "test",
            "title": "Test",
            "entry": {"type": "event", "event": "cart"},
            "steps": steps,
            **more,
        }
    )
