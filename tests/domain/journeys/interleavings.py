"""All interleavings of a few actors, each with crashes: a small model checker.

An actor goes through stages, plain functions that reach the world through a gate, one atomic step
at a time. To put it back to where it stood, its stage is run again with the results that its steps
had (it may look at nothing else), so any state of the whole can be continued in every way. States
that are equal are continued once; the interleavings that pass through them are added up. Likewise
where an actor comes to by a result of a step is found out once, whatever the world is like by then.
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


class Blocked(BaseException):
    """The step cannot be taken yet."""


class _Pause(BaseException):
    """The actor stands before a step that it has not taken yet."""

    def __init__(self, name: str, step: Step) -> None:
        self.name = name
        self.step = step


@dataclass(frozen=True)
class _Raised:
    error: BaseException


@dataclass(frozen=True)
class Actor:
    """Where an actor stands: its stage, what that was given, the results of its steps so far.

    `at` and `step` are the step before which it stands; `at` is None when it has come to its end. A
    stage that dies or loses a race is begun again, as a queue delivers again and a Task is retried.
    """

    name: str
    stages: Mapping[str, Stage]
    stage: str
    given: Any = None
    results: tuple[Any, ...] = ()
    at: str | None = ""
    step: Step | None = field(default=None, compare=False)

    @property
    def done(self) -> bool:
        return self.at is None

    def key(self) -> tuple[Any, ...]:
        return self.stage, self.at, told(self.given), tuple(told(one) for one in self.results)

    def begin(self) -> "Actor":
        """Go up to the first step."""
        return replace(self, results=())._onward()

    def take(self, world: World) -> Any:
        """Take the next step in `world`, which changes; gives its result."""
        assert self.step
        try:
            return self.step(world)
        except Exception as error:
            return _Raised(error)

    def after(self, result: Any, *, crash: bool) -> "Actor":
        """Where it stands after this result of the step, or after dying with it."""
        return self.begin() if crash else replace(self, results=(*self.results, result))._onward()

    def _onward(self) -> "Actor":
        """Go up to the step that comes after the results."""
        actor = self
        while True:
            replay = _Replay(actor.results)
            try:
                led = actor.stages[actor.stage](replay, actor.given)
            except _Pause as pause:
                return replace(actor, at=pause.name, step=pause.step)
            except ConflictError:
                assert actor.results, "it fails whatever happens"
                actor = replace(actor, results=())
                continue
            if led is None:
                return replace(actor, given=None, results=(), at=None, step=None)
            actor = replace(actor, stage=led[0], given=led[1], results=())


class _Replay:
    """A gate that repeats what is known and then stops."""

    def __init__(self, known: Sequence[Any]) -> None:
        self._known = iter(known)

    def __call__(self, name: str, step: Step) -> Any:
        for result in self._known:
            if isinstance(result, _Raised):
                raise result.error
            return result
        raise _Pause(name, step)


@dataclass
class Explorer:
    """Goes through every interleaving; `watch` sees every state, `judge` the last ones."""

    watch: Check
    judge: Check
    states: int = 0
    _known: dict[Any, int] = field(default_factory=dict)
    _led: dict[Any, Actor] = field(default_factory=dict)

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
            if actor.done:
                continue
            after = world.copy()
            try:
                result = actor.take(after)
            except Blocked:
                continue
            may_crash = crashes and actor.at not in SERVICE_STEPS
            for crash in (False, True) if may_crash else (False,):
                moved = self._moved(place, actor, result, crash)
                others = (*actors[:place], moved, *actors[place + 1 :])
                ways += self._from(after, others, crashes - crash)
        assert ways, f"nobody can go on: {actors}"
        return ways

    def _moved(self, place: int, actor: Actor, result: Any, crash: bool) -> Actor:
        key = (place, actor.key(), told(result), crash)
        if key not in self._led:
            self._led[key] = actor.after(result, crash=crash)
        return self._led[key]
