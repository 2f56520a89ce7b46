"""All interleavings of a few actors, each with crashes: a small model checker.

An actor goes through stages, plain functions that reach the world through a gate, one atomic step
at a time. To put it back to where it stood, its stage is run again with the results that its steps
had (it may look at nothing else), so any state of the whole can be continued in every way. States
that are equal are continued once; the interleavings that pass through them are added up.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shared.errors import ConflictError
from tests.domain.journeys.memory import Gate, Step, World, forget_told, told

# What a stage leads to: the next stage and what it is given; None is the end.
Led = tuple[str, Any] | None
Stage = Callable[[Gate, Any], Led]
Check = Callable[[World, Sequence["Actor"]], None]

# Steps of services, whose own crashes are not ours to survive.
SERVICE_STEPS = frozenset({"alive", "await", "schedule", "write", "read graphs", "join", "sweep"})


class Crash(BaseException):
    """The process died: what was stored is stored, and the answer is lost."""


class Blocked(BaseException):
    """The step cannot be taken yet."""


class _Pause(BaseException):
    """The actor stands before a step that it has not taken yet."""


@dataclass(frozen=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True)
class Actor:
    """Where an actor stands: its stage, what that was given, the results of its steps so far.

    `at` is the step before which it stands; None when it has come to its end. A stage that dies or
    loses a race is begun again, as a queue delivers again and a Task is retried.
    """

    name: str
    stages: Mapping[str, Stage]
    stage: str
    given: Any = None
    results: tuple[Any, ...] = ()
    at: str | None = ""

    @property
    def done(self) -> bool:
        return self.at is None

    def key(self) -> tuple[Any, ...]:
        return self.stage, self.at, told(self.given), tuple(told(one) for one in self.results)

    def begin(self) -> "Actor":
        """Go up to the first step."""
        actor = self
        while True:
            led = actor._run(_Replay(()))
            if isinstance(led, Actor):
                return led
            if led is None:
                return replace(actor, given=None, results=(), at=None)
            actor = replace(actor, stage=led[0], given=led[1], results=())

    def take(self, world: World, *, crash: bool) -> "Actor":
        """Take the next step in `world`, which changes; then go up to the one after."""
        try:
            led = self._run(_Replay(self.results, world, crash))
        except (Crash, ConflictError):
            return replace(self, results=()).begin()
        if isinstance(led, Actor):
            return led
        if led is None:
            return replace(self, given=None, results=(), at=None)
        return replace(self, stage=led[0], given=led[1], results=()).begin()

    def _run(self, replay: "_Replay") -> "Led | Actor":
        try:
            return self.stages[self.stage](replay, self.given)
        except _Pause:
            return replace(self, results=tuple(replay.results), at=replay.reached)


class _Replay:
    """A gate that repeats what is known, takes one step in `world` if it has one, and stops."""

    def __init__(
        self, known: Sequence[Any], world: World | None = None, crash: bool = False
    ) -> None:
        self.results = list(known)
        self.reached = ""
        self._passed = 0
        self._world = world
        self._crash = crash

    def __call__(self, name: str, step: Step) -> Any:
        if self._passed == len(self.results):
            if self._world is None:
                self.reached = name
                raise _Pause
            world, self._world = self._world, None
            self.results.append(_result(step, world))
            if self._crash:
                raise Crash
        result = self.results[self._passed]
        self._passed += 1
        if isinstance(result, _Raised):
            raise result.error
        return result


def _result(step: Step, world: World) -> Any:
    try:
        return step(world)
    except Exception as error:
        return _Raised(error)


@dataclass
class Explorer:
    """Goes through every interleaving; `watch` sees every state, `judge` the last ones."""

    watch: Check
    judge: Check
    states: int = 0
    _known: dict[Any, int] = field(default_factory=dict)

    def explore(self, world: World, actors: Sequence[Actor], crashes: int) -> int:
        """The number of interleavings of the actors with up to `crashes` crashes."""
        forget_told()
        return self._from(world, tuple(actor.begin() for actor in actors), crashes)

    def _from(self, world: World, actors: tuple[Actor, ...], crashes: int) -> int:
        key = (world.key(), tuple(actor.key() for actor in actors), crashes)
        if key not in self._known:
            self.states += 1
            self.watch(world, actors)
            self._known[key] = self._continued(world, actors, crashes)
        return self._known[key]

    def _continued(self, world: World, actors: tuple[Actor, ...], crashes: int) -> int:
        if all(actor.done for actor in actors):
            self.judge(world, actors)
            return 1
        ways = 0
        for place, actor in enumerate(actors):
            may_crash = crashes and actor.at not in SERVICE_STEPS
            for crash in (False, True) if may_crash else (False,):
                after = world.copy()
                if actor.done:
                    continue
                try:
                    moved = actor.take(after, crash=crash)
                except Blocked:
                    continue
                others = (*actors[:place], moved, *actors[place + 1 :])
                ways += self._from(after, others, crashes - crash)
        assert ways, f"nobody can go on: {actors}"
        return ways
