"""What journeys need from outside, as protocols: enrolments, what happened, definitions, machines.

Production gives them DynamoDB and Step Functions; tests give them a table in memory.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from shared.domain.identity.person import Person
from shared.domain.journeys.asking import Request
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Listen
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import Run
from shared.domain.journeys.interpreter import Advance
from shared.domain.journeys.kinds import AskingStep
from shared.domain.journeys.stimulus import Facts, Happened


class Ref(NamedTuple):
    """Where an enrolment lies: at its desk, the profile that answered for the person at entry.

    It stays there, whichever profile answers for the person later.
    """

    workspace_id: str
    profile_id: str
    enrolment_id: str


class Planned(NamedTuple):
    """A wake by its name (`wakes.Wake.name`), and the instant of the wall clock when it is due.

    `fold` names the row of the due index that it shares with others; empty when it is alone in one.
    """

    workspace_id: str
    name: str
    at: datetime
    fold: str = ""


@dataclass(frozen=True, slots=True)
class TaskToken:
    """What ends the Task that waits for one visit of a step."""

    token: str
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Stored:
    """An enrolment as it is stored: under which version, its state machine, its open Task.

    The token stays after an event has ended the wait, until the next change: whoever is told
    about the event again can then redeem it again. By the clock `due_index` there is neither a
    machine (its name is empty) nor a Task, but an instant of the wall clock at which it is woken;
    `wake_fold` is where that lies with others (`Planned.fold`).

    Behind the name of the machine may stand how often the enrolment was started again on one
    (`resuming.again`).
    """

    enrolment: Enrolment
    version: int
    machine: str
    task: TaskToken | None = None
    wake_at: datetime | None = None
    wake_fold: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What is stored together: the enrolment after an advance, and what it wants.

    `decided_at` is the instant at which it was decided, by the wall clock. `machine` is that of
    the enrolment from now on; None leaves it as it is.
    """

    enrolment: Enrolment
    decided_at: datetime
    listens: tuple[Listen, ...] = ()
    task: TaskToken | None = None
    wake_at: datetime | None = None
    machine: str | None = None
    wake_fold: str = ""


class Listener(NamedTuple):
    """A registered listener; `step` is empty when it only ends the enrolment."""

    enrolment_id: str
    step: str
    visit: int


@dataclass(frozen=True, slots=True)
class Guard:
    """What an entry looks at: by desk the latest run, and the enrolment itself if it was begun."""

    runs: Mapping[str, Run]
    begun: Stored | None = None


class Persons(Protocol):
    """Who is who."""

    def person(self, workspace_id: str, profile_id: str) -> Person | None:
        """The person that a profile belongs to now; None when there is none (any more)."""


class Enrolments(Protocol):
    """Enrolments of people, with their listeners; the latest one in a journey guards re-entry."""

    def load(self, ref: Ref) -> Stored | None:
        """The enrolment as it is now."""

    def glance(self, refs: Sequence[Ref]) -> Mapping[Ref, Stored]:
        """Those that are the latest in their slots, perhaps as they were a moment ago."""

    def guard(self, person: Person, journey_id: str, enrolment_id: str) -> Guard:
        """What keeps a person out of a journey, looked for at all desks."""

    def look_again(self, ref: Ref, person: Person) -> tuple[Stored | None, bool]:
        """The enrolment as it is now, and whether its desk still answers for just this person."""

    def is_same(self, ref: Ref, person: Person) -> bool:
        """Whether its desk still answers for just this person."""

    def runs(self, person: Person) -> Mapping[str, Mapping[str, Run]]:
        """By journey and desk, the latest run."""

    def open_desk(self, person: Person) -> None:
        """Let everybody know that enrolments may lie at the root from now on.

        Raises ConflictError when another profile answers for the person by now.
        """

    def enrol(self, ref: Ref, latest: Run | None, change: Change, machine: str) -> Stored:
        """Begin; raises ConflictError when `latest` is no more, or the enrolment exists."""

    def commit(self, before: Stored, change: Change) -> Stored:
        """Store a change of `before`; raises ConflictError when that is no more."""

    def listeners(self, workspace_id: str, profile_id: str, trigger: str) -> Sequence[Listener]:
        """Who listens to a trigger at a desk."""

    def release(self, ref: Ref, left: Listen, *, over: bool) -> None:
        """Take away one leftover, unless it has been registered for another visit since.

        One without a step is that of an exit rule which holds no more, and that no wait shares.

        An exit rule that shares it stays, unless the enrolment is over.
        """


class Happenings(Protocol):
    """What a person did, looked up afterwards."""

    def since(
        self, person: Person, triggers: Collection[str], since: datetime
    ) -> Sequence[Happened]:
        """Everything by these triggers that happened from then on, in the order of time."""


class Definitions(Protocol):
    """Published journeys and how fast time goes."""

    def journey(self, workspace_id: str, journey_id: str, version: int) -> Journey:
        """One version of a journey."""

    def time_scale(self, workspace_id: str) -> float:
        """What divides durations."""


class Executions(Protocol):
    """State machines that are running; each call may be repeated."""

    def start(self, machine: str, ref: Ref, answer: dict[str, str | None]) -> None:
        """Start the enrolment's execution, unless it was started before."""

    def stop(self, machine: str, ref: Ref, cause: str) -> None:
        """Stop the enrolment's execution, if it is running."""

    def redeem(self, token: str, answer: dict[str, str | None]) -> bool:
        """End the Task behind a token; False when it had ended before, or there is none."""

    def is_running(self, machine: str, ref: Ref) -> bool:
        """Whether the enrolment's execution goes on."""


class People(Protocol):
    """What is known of people."""

    def facts(self, workspace_id: str, profile_id: str, step: AskingStep, at: datetime) -> Facts:
        """What a step looks at: the conditions of a branch, or a wait by the person's own clock."""


class Outbox(Protocol):
    """Where requested messages and actions go."""

    def send(self, request: Request) -> None:
        """Hand a message or an action over to whoever carries it out, and minds no repetition."""


@dataclass(slots=True)
class Folded:
    """Wakes that were put together: where each lies (`Planned.fold`), and which are stored by now.

    All go by their names.
    """

    folds: Mapping[str, str] = field(default_factory=dict)
    stored: set[str] = field(default_factory=set)


class Folding(Protocol):
    """Changes whose wakes were put together, while they are stored."""

    def place(self, change: Change) -> Change:
        """The change with the place of its wake (`Planned.fold`)."""

    def keep(self, change: Change) -> None:
        """Remember that it is stored."""


class Wakes(Protocol):
    """The due index of enrolments."""

    def keeping(
        self, before: Planned | None, after: Planned | None, now: datetime
    ) -> AbstractContextManager[None, bool | None]:
        """Put `after` in the place of `before` around the store of what they mirror."""

    def folding(self, planned: Sequence[Planned], now: datetime) -> AbstractContextManager[Folded]:
        """Put many, few rows in all, around the stores of what they mirror.

        `now` is the clock when the first of them was decided.
        """


class Clock(Protocol):
    """What keeps an enrolment's time: Step Functions, or the due index."""

    def carry_on(self, journey: Journey, made: Advance, now: datetime) -> Advance:
        """Go on from an advance with all that belongs to the same go."""

    def wake_at(self, made: Advance, before: Stored | None, now: datetime) -> datetime | None:
        """When the enrolment has to be woken after an advance of `before`, on the wall clock."""

    def keeping(
        self, before: Stored | None, change: Change
    ) -> AbstractContextManager[None, bool | None]:
        """What has to be kept around the store of a change."""

    def folding(self, changes: Sequence[Change]) -> AbstractContextManager[Folding]:
        """The same around the stores of many, of which none has a wake that still lies ahead.

        Who is inside stores what `Folding.place` gives, and says so by `Folding.keep`.
        """

    def begin(self, journey: Journey, ref: Ref, stored: Stored) -> None:
        """Do what follows once an enrolment is stored for the first time, as often as asked."""

    def follow_up(self, journey: Journey, ref: Ref, stored: Stored, place: int | None) -> None:
        """Do what follows once a change is stored, as often as asked.

        `place` is where in the trace the decision is that the change began with, if it is known.
        """
