"""A world in memory: the rows of a few people and Step Functions, under the real conditions.

Every call of a port is one atomic step. By default it is taken at once; a test that wants to decide
who goes first passes a `gate` that is handed each step.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from functions.advance_journeys.entering import Entry
from functions.advance_journeys.usecase import AdvanceJourneys
from functions.run_step.usecase import RunStep
from shared.domain.identity.person import Person
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import Request
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.due_clock import DueClock
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import TraceEntry
from shared.domain.journeys.entry import Run
from shared.domain.journeys.ids import message_id, slot_named, slot_of
from shared.domain.journeys.machine_clock import MachineClock
from shared.domain.journeys.mover import Mover
from shared.domain.journeys.moving import Moving
from shared.domain.journeys.ports import (
    Change,
    Folded,
    Guard,
    Listener,
    Planned,
    Ref,
    Stored,
    TaskToken,
)
from shared.domain.journeys.progress import Progress
from shared.domain.journeys.resuming import execution_name
from shared.domain.journeys.stimulus import Facts, Happened
from shared.domain.journeys.wakes import wake_named
from shared.domain.journeys.waking import Waking
from shared.domain.profiles.model import View
from shared.errors import ConflictError

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SLOT = slot_named("default", "test")  # where runs of the journey `journey(...)` lie
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:rapport-default-test:1"
MACHINE_OF_MOVED = "arn:aws:states:us-east-1:000000000000:stateMachine:rapport-default-test-MOVED:1"

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


def forget_told() -> None:
    """Let go of every value that was told of: one exploration has no use for those of another."""
    _TOLD.clear()


@dataclass
class World:
    """All rows, and what Step Functions knows.

    `runs` go by desk and slot, `listeners` by desk, trigger and enrolment, and an event of the
    timeline lies in a strand. Every strand is somebody; one that was absorbed is in `redirects`,
    and `absorbed` says of a root which strands it absorbed, each with whether it is a desk.
    """

    enrolments: dict[str, Stored] = field(default_factory=dict)
    runs: dict[tuple[str, str], Run] = field(default_factory=dict)
    listeners: dict[tuple[str, str, str], Listen] = field(default_factory=dict)
    timeline: tuple[tuple[str, Happened], ...] = ()
    redirects: dict[str, str] = field(default_factory=dict)
    absorbed: dict[str, tuple[tuple[str, bool], ...]] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()
    counted: Counter[str] = field(default_factory=Counter)
    queued: Counter[str] = field(default_factory=Counter)
    started: dict[str, Answer] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    tokens: dict[str, str | Answer] = field(default_factory=dict)
    wakes: dict[str, datetime] = field(default_factory=dict)
    swept: frozenset[str] = frozenset()

    def copy(self) -> "World":
        return World(
            dict(self.enrolments),
            dict(self.runs),
            dict(self.listeners),
            self.timeline,
            dict(self.redirects),
            dict(self.absorbed),
            self.marked,
            Counter(self.counted),
            Counter(self.queued),
            dict(self.started),
            self.stopped,
            dict(self.tokens),
            dict(self.wakes),
            self.swept,
        )

    def key(self) -> tuple[Any, ...]:
        """Equal for equal worlds."""
        return (
            *(frozenset((name, told(row)) for name, row in rows.items()) for rows in self._rows()),
            frozenset(self.counted.items()),
            frozenset(self.queued.items()),
            frozenset(happened.fact_id for _, happened in self.timeline),
            self.marked,
            self.stopped,
            self.swept,
        )

    def _rows(self) -> tuple[dict[Any, Any], ...]:
        stores = (self.enrolments, self.runs, self.listeners)
        executions = (self.started, self.tokens, self.wakes)
        return (*stores, *executions, self.redirects, self.absorbed)

    @property
    def requested(self) -> dict[str, TraceEntry]:
        """The decisions that asked for a message and for nothing else, by its id."""
        decided = self.decided.items()
        return {name: entry for name, entry in decided if entry.decision == "requested"}

    @property
    def decided(self) -> dict[str, TraceEntry]:
        """The first decision at each visit, by the id that a message of it has."""
        found: dict[str, TraceEntry] = {}
        for one in self.enrolments.values():
            for entry in one.enrolment.trace:
                name = message_id(one.enrolment.enrolment_id, entry.step, entry.visit)
                found.setdefault(name, entry)
        return found

    def person(self, profile_id: str) -> Person:
        root = self.redirects.get(profile_id, profile_id)
        others = self.absorbed.get(root, ())
        strands = (root, *(strand for strand, _ in others))
        desks = (root, *(strand for strand, is_desk in others if is_desk))
        return Person("default", root, strands, desks, root in self.marked)

    def marks(self, *roots: str) -> tuple[bool, ...]:
        """What a merge reads of these roots; it is refused when that is different later."""
        return tuple(root in self.marked for root in roots)

    def join(self, absorbed: str, root: str, read: tuple[bool, ...]) -> None:
        """Let `root` answer for the strand `absorbed` too, given the marks that were read."""
        if self.marks(absorbed, root) != read:
            raise ConflictError("the graph was changed meanwhile")
        self.redirects[absorbed] = root
        self.absorbed[root] = (*self.absorbed.get(root, ()), (absorbed, read[0]))

    def store(self, ref: Ref, stored: Stored, change: Change) -> Stored:
        enrolment = change.enrolment
        triggers = [listen.trigger for listen in change.listens]
        assert len(set(triggers)) == len(triggers), "a transaction takes each row once"
        self.enrolments[ref.enrolment_id] = stored
        if enrolment.status == "active":
            for listen in change.listens:
                self.listeners[ref.profile_id, listen.trigger, ref.enrolment_id] = listen
        else:
            place = (ref.profile_id, slot_of(ref.enrolment_id))
            run = self.runs[place]
            assert run.enrolment_id == ref.enrolment_id
            self.runs[place] = replace(run, active=False, decided_at=change.decided_at)
            self.counted[f"{enrolment.status}:{enrolment.reason}"] += 1
        return stored

    def redeem(self, token: str, answer: Answer) -> bool:
        is_open = self.tokens.get(token) == OPEN
        if is_open:
            self.tokens[token] = answer
        return is_open


class Persons:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def person(self, workspace_id: str, profile_id: str) -> Person:
        return self._gate("person", lambda world: world.person(profile_id))


class Enrolments:
    """`behind` makes a glance show what was there at the one before."""

    def __init__(self, gate: Gate, *, behind: bool = False) -> None:
        self._gate = gate
        self._behind = behind
        self._glanced: dict[str, Stored] = {}

    def load(self, ref: Ref) -> Stored | None:
        return self._gate("load", lambda world: world.enrolments.get(ref.enrolment_id))

    def guard(self, person: Person, journey_id: str, enrolment_id: str) -> Guard:
        def step(world: World) -> Guard:
            begun = world.enrolments.get(enrolment_id)
            here = begun is not None and begun.enrolment.profile_id in person.desks
            return Guard(
                _runs(world, person).get(slot_of(enrolment_id), {}), begun if here else None
            )

        return self._gate("guard", step)

    def glance(self, refs: Sequence[Ref]) -> Mapping[Ref, Stored]:
        rows = self._gate("glance", lambda world: dict(world.enrolments))
        seen = self._glanced if self._behind else rows
        self._glanced = rows
        return {ref: seen[ref.enrolment_id] for ref in refs if ref.enrolment_id in seen}

    def is_same(self, ref: Ref, person: Person) -> bool:
        def step(world: World) -> bool:
            is_root = ref.profile_id not in world.redirects
            return is_root and world.person(ref.profile_id) == person

        return self._gate("is same", step)

    def runs(self, person: Person) -> Mapping[str, Mapping[str, Run]]:
        return self._gate("runs", lambda world: _runs(world, person))

    def open_desk(self, person: Person) -> None:
        def step(world: World) -> None:
            if person.profile_id in world.redirects:
                raise ConflictError("somebody else answers for the person")
            world.marked |= {person.profile_id}

        self._gate("open desk", step)

    def look_again(self, ref: Ref, person: Person) -> tuple[Stored | None, bool]:
        def step(world: World) -> tuple[Stored | None, bool]:
            is_root = ref.profile_id not in world.redirects
            is_same = is_root and world.person(ref.profile_id) == person
            return world.enrolments.get(ref.enrolment_id), is_same

        return self._gate("look again", step)

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        enrolment = change.enrolment

        def step(world: World) -> Stored:
            place = (ref.profile_id, slot_of(ref.enrolment_id))
            if ref.enrolment_id in world.enrolments or world.runs.get(place) != latest:
                raise ConflictError("somebody was faster")
            assert ref.profile_id in world.marked, "a desk is known before it is used"
            world.runs[place] = Run(ref.enrolment_id, enrolment.entered_at, active=True)
            world.counted["started"] += 1
            stored = Stored(enrolment, 1, machine, *_ends(change))
            return world.store(ref, stored, change)

        return self._gate("enrol", step)

    def commit(self, before: Stored, change: Change) -> Stored:
        enrolment = change.enrolment
        ref = Ref(enrolment.workspace_id, enrolment.profile_id, enrolment.enrolment_id)

        def step(world: World) -> Stored:
            if world.enrolments[ref.enrolment_id].version != before.version:
                raise ConflictError("somebody was faster")
            version = before.version + 1
            machine = before.machine if change.machine is None else change.machine
            after = Stored(enrolment, version, machine, *_ends(change))
            return world.store(ref, after, change)

        return self._gate("commit", step)

    def listeners(self, workspace_id: str, profile_id: str, trigger: str) -> Sequence[Listener]:
        def step(world: World) -> list[Listener]:
            return [
                Listener(enrolment_id, listen.step or "", listen.visit)
                for (desk, name, enrolment_id), listen in sorted(world.listeners.items())
                if (desk, name) == (profile_id, trigger)
            ]

        return self._gate("listeners", step)

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        key = (ref.profile_id, left.trigger, ref.enrolment_id)

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


def _ends(change: Change) -> tuple[TaskToken | None, datetime | None, str]:
    return change.task, change.wake_at, change.wake_fold


def _runs(world: World, person: Person) -> dict[str, dict[str, Run]]:
    found: dict[str, dict[str, Run]] = {}
    for (desk, slot), run in sorted(world.runs.items(), key=lambda item: item[0]):
        if desk in person.desks:
            found.setdefault(slot, {})[desk] = run
    return found


class Happenings:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def since(self, person: Person, triggers: Sequence[str], since: datetime) -> Sequence[Happened]:
        def step(world: World) -> list[Happened]:
            return sorted(
                (
                    happened
                    for strand, happened in world.timeline
                    if strand in person.strands
                    and happened.trigger in triggers
                    and happened.occurred_at >= since
                ),
                key=lambda happened: (happened.occurred_at, happened.fact_id),
            )

        return self._gate("since", step)


class Executions:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def start(self, machine: str, ref: Ref, answer: Answer) -> None:
        name = execution_name(machine, ref.enrolment_id)
        self._gate("start", lambda world: world.started.setdefault(name, answer))

    def stop(self, machine: str, ref: Ref, cause: str) -> None:
        name = execution_name(machine, ref.enrolment_id)

        def step(world: World) -> None:
            if name in world.started:
                world.stopped |= {name}

        self._gate("stop", step)

    def redeem(self, token: str, answer: Answer) -> bool:
        taken: bool = self._gate("redeem", lambda world: world.redeem(token, answer))
        return taken

    def is_running(self, machine: str, ref: Ref) -> bool:
        name = execution_name(machine, ref.enrolment_id)
        running: bool = self._gate(
            "look", lambda world: name in world.started and name not in world.stopped
        )
        return running


class Wakes:
    """The due index: a row is put before the store and taken away after it."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    @contextmanager
    def keeping(
        self, before: Planned | None, after: Planned | None, now: datetime
    ) -> Iterator[None]:
        if after and after != before:
            self._gate("plan", lambda world: world.wakes.update({after.name: after.at}))
        yield
        if before and after != before and not before.fold:
            self._gate("forget", lambda world: world.wakes.pop(before.name, None))

    @contextmanager
    def folding(self, planned: Sequence[Planned], now: datetime) -> Iterator[Folded]:
        if planned:
            self._gate("plan", lambda world: world.wakes.update({p.name: p.at for p in planned}))
        fold = " and ".join(sorted(p.name for p in planned)) if len(planned) > 1 else ""
        yield Folded({p.name: fold for p in planned})


class Outbox:
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def send(self, request: Request) -> None:
        def step(world: World) -> None:
            if isinstance(request, ActionRequest):
                world.queued[request.action_id] += 1
                return
            assert request.message_id in world.decided  # a question is asked where its wait begins
            world.queued[request.message_id] += 1

        self._gate("send", step)


@dataclass
class Definitions:
    """One journey in its first version, and newer ones to which people are moved."""

    journey_: Journey
    newer: Mapping[int, Journey] = field(default_factory=dict)
    scale: float = 1

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        assert journey_id == self.journey_.journey_id
        return {1: self.journey_, **self.newer}[version]

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
    active: Sequence[datetime] = ()

    def facts(self, workspace_id: str, profile_id: str, step: object, at: datetime) -> Facts:
        return Facts(View(self.traits, {}), ZoneInfo("UTC"), active=tuple(self.active))


@dataclass
class Bench:
    """Both use cases over a world in memory."""

    journey: Journey
    gate: Gate
    now: datetime = NOON
    traits: Mapping[str, Any] = field(default_factory=dict)
    active: Sequence[datetime] = ()
    status: str = "published"
    newer: Mapping[int, Journey] = field(default_factory=dict)
    behind: bool = False

    def __post_init__(self) -> None:
        definitions = self.definitions = Definitions(self.journey, self.newer)
        people, outbox = People(self.traits, self.active), Outbox(self.gate)
        machine_clock = MachineClock(Executions(self.gate), definitions, lambda: self.now)
        due_clock = DueClock(definitions, people, Wakes(self.gate), outbox)
        progress = self.progress = Progress(
            Enrolments(self.gate, behind=self.behind),
            definitions,
            {"step_functions": machine_clock, "due_index": due_clock},
            Persons(self.gate),
            Happenings(self.gate),
            lambda: self.now,
        )
        catalog = Catalog((Published(self.journey, status=self.status),))
        self.run_step = RunStep(progress, machine_clock, people, outbox)
        self.advance_journeys = AdvanceJourneys(progress, catalog)
        self.mover = Mover(progress, machine_clock, outbox)

    def take_in(self, happened: Happened, profile_id: str = "ada") -> None:
        self.advance_journeys.take_in("default", profile_id, happened)

    def scale(self, time_scale: float) -> None:
        self.definitions.scale = time_scale

    def wake(self, *names: str, at: datetime) -> None:
        """Wake all of a batch as the function does, and come again when something fails."""
        failures: list[Exception] = []
        wakes = [wake_named("default", name) for name in names]
        Waking(self.progress, failures.append).wake(wakes, at)
        for failure in failures:
            raise failure

    def take_in_all(self, *facts: tuple[str, Happened]) -> None:
        """Take in a batch of facts (profile_id, what happened) as the function does."""
        entries: list[Entry] = []
        for profile_id, fact in facts:
            self.advance_journeys.hear("default", profile_id, fact, entries)
        for _, failure in self.advance_journeys.begin(entries):
            raise failure

    def move(self, ref: Ref, moving: Moving) -> str:
        return self.mover.move(ref, moving, MACHINE_OF_MOVED)

    def unite(self, profile_id: str) -> None:
        self.advance_journeys.unite("default", profile_id, self.now)


Versions = Journey | tuple[Journey, ...]
"""A journey, or all versions of one from the first on."""


def bench(versions: Versions, gate: Gate) -> Bench:
    """The use cases over a world, under these versions."""
    first, *newer = (versions,) if isinstance(versions, Journey) else versions
    return Bench(first, gate, newer=dict(enumerate(newer, 2)))


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
