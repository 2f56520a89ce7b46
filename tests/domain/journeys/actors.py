"""The actors that meet at one enrolment: its state machine, and events that are delivered."""

from datetime import datetime
from typing import Any

from shared.domain.journeys.moving import Moving
from shared.domain.journeys.ports import Ref
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.wakes import wake_of
from shared.errors import EnrolmentEndedError
from tests.domain.journeys.interleavings import Actor, Blocked, Led, Stage
from tests.domain.journeys.memory import ABANDONED, OPEN, TIMED_OUT, Gate, Versions, World, bench


def machine(journey: Versions, ref: Ref, wait: str) -> Actor:
    """A machine that begins with a wait_for: listen, be told or time out, do what comes next."""

    def listen(gate: Gate, given: Any) -> Led:
        token = gate("schedule", lambda world: _schedule(world))
        bench(journey, gate).run_step.run(ref, wait, "listen", token)
        return "await", token

    def wait_for_token(gate: Gate, token: str) -> Led:
        answer = gate("await", lambda world: _await(world, token))
        return ("settle", None) if answer == TIMED_OUT else _onward(answer)

    def settle(gate: Gate, given: Any) -> Led:
        return _onward(bench(journey, gate).run_step.run(ref, wait, "time_out", ""))

    def perform(gate: Gate, step: str) -> Led:
        bench(journey, gate).run_step.run(ref, step, "perform", "")
        return None

    stages = {"listen": listen, "await": wait_for_token, "settle": settle, "perform": perform}
    running = {name: _while_running(stage, ref.enrolment_id) for name, stage in stages.items()}
    return Actor("machine", running, "listen")


def delivery(
    journey: Versions, fact: Happened, name: str, *, again: bool = False, strand: str = "ada"
) -> Actor:
    """An event goes into a strand's timeline and is then delivered until it has been taken in.

    `again` is a second delivery of an event that somebody else writes.
    """

    def write(gate: Gate, given: Any) -> Led:
        def step(world: World) -> None:
            if again and (strand, fact) not in world.timeline:
                raise Blocked
            if not again:
                world.timeline = (*world.timeline, (strand, fact))

        gate("write", step)
        return "deliver", None

    def deliver(gate: Gate, given: Any) -> Led:
        bench(journey, gate).take_in(fact, strand)
        return None

    return Actor(name, {"write": write, "deliver": deliver}, "write")


def sweep(journey: Versions, at: datetime, name: str = "sweep", *, again: bool = False) -> Actor:
    """The wakes that are due at an instant are brought, until each has been taken in.

    A sweep cannot come between the row of a wake and the store of its wait: rows rest long enough
    ahead (see `shared.domain.due.timing`). `again` delivers what was brought before, too.
    """

    def look(gate: Gate, given: Any) -> Led:
        def step(world: World) -> list[str]:
            stored = (one for one in world.enrolments.values() if one.wake_at)
            due = {one.name for one in map(wake_of, (s.enrolment for s in stored)) if one}
            names = sorted(each for each in world.wakes if each in due and world.wakes[each] <= at)
            over = [one.enrolment.status != "active" for one in world.enrolments.values()]
            if not names and not (again and world.swept) and not (over and all(over)):
                raise Blocked
            world.swept |= frozenset(names)
            return sorted(world.swept)

        return "wake", gate("sweep", step)

    def wake(gate: Gate, names: list[str]) -> Led:
        bench(journey, gate).wake(*names, at=at)
        return None

    return Actor(name, {"look": look, "wake": wake}, "look")


def sweeping(journey: Versions, at: datetime) -> Actor:
    """Sweeps, again and again, until the one enrolment there is over."""

    def look(gate: Gate, given: Any) -> Led:
        def step(world: World) -> list[str]:
            [stored] = world.enrolments.values()
            if stored.enrolment.status != "active":
                return []
            wake = wake_of(stored.enrolment)
            due = stored.wake_at is not None and stored.wake_at <= at
            if wake is None or not due or wake.name not in world.wakes:
                raise Blocked
            return [wake.name]

        names = gate("sweep", step)
        return ("wake", names) if names else None

    def wake(gate: Gate, names: list[str]) -> Led:
        bench(journey, gate).wake(*names, at=at)
        return "look", None

    return Actor("sweeping", {"look": look, "wake": wake}, "look")


def mover(journey: Versions, ref: Ref, moving: Moving, name: str = "move") -> Actor:
    """A move of the one enrolment there, carried on by whoever comes after a crash."""

    def move(gate: Gate, given: Any) -> Led:
        bench(journey, gate).move(ref, moving)
        return None

    return Actor(name, {"move": move}, "move")


def moved_machine(journey: Versions, ref: Ref, wait: str) -> Actor:
    """The machine of those who were moved: it begins where its switch leads, if it is started."""
    execution = f"{ref.enrolment_id}-1"

    def start(gate: Gate, given: Any) -> Led:
        def begun(world: World) -> Any:
            if execution in world.started:
                return world.started[execution]
            if world.enrolments[ref.enrolment_id].enrolment.status == "active":
                raise Blocked
            return None

        told: Any = gate("await", begun)
        if told is None:
            return None
        step = told["next"]
        return ("listen" if step == wait else "perform"), (step, told["seen"])

    def listen(gate: Gate, given: Any) -> Led:
        step, seen = given
        token = gate("schedule", lambda world: _schedule(world, "moved"))
        bench(journey, gate).run_step.run(ref, step, "listen", token, seen)
        return "await", (step, seen, token)

    def wait_for_token(gate: Gate, given: Any) -> Led:
        step, seen, token = given
        answer = gate("await", lambda world: _await(world, token))
        return ("settle", (step, seen)) if answer == TIMED_OUT else _go_on(answer)

    def settle(gate: Gate, given: Any) -> Led:
        step, seen = given
        return _go_on(bench(journey, gate).run_step.run(ref, step, "time_out", "", seen))

    def perform(gate: Gate, given: Any) -> Led:
        step, seen = given
        bench(journey, gate).run_step.run(ref, step, "perform", "", seen)
        return None

    stages = {"listen": listen, "await": wait_for_token, "settle": settle, "perform": perform}
    running = {name: _while_running(stage, execution) for name, stage in stages.items()}
    return Actor("moved machine", {"start": start, **running}, "start")


def _go_on(answer: Any) -> Led:
    return None if answer["next"] == "end" else ("perform", (answer["next"], answer["seen"]))


def merge(journey: Versions, absorbed: str, root: str) -> Actor:
    """Two people become one, in two halves: what is read, and a write on condition of just that.

    Only then is the merge published, and delivered until it has been taken in.
    """

    def join(gate: Gate, given: Any) -> Led:
        read = gate("read graphs", lambda world: world.marks(absorbed, root))
        gate("join", lambda world: world.join(absorbed, root, read))
        return "deliver", None

    def deliver(gate: Gate, given: Any) -> Led:
        bench(journey, gate).unite(root)
        return None

    return Actor("merge", {"join": join, "deliver": deliver}, "join")


def _while_running(stage: Stage, execution: str) -> Stage:
    """A state is entered, and a Task retried, only while the execution runs."""

    def guarded(gate: Gate, given: Any) -> Led:
        if not gate("alive", lambda world: execution not in world.stopped):
            return None
        try:
            return stage(gate, given)
        except EnrolmentEndedError:
            return None

    return guarded


def _onward(answer: dict[str, str | None]) -> Led:
    return None if answer["next"] == "end" else ("perform", answer["next"])


def _schedule(world: World, execution: str = "token") -> str:
    """A new attempt has a new token, and older ones of the execution are worth nothing any more."""
    token = f"{execution} {len(world.tokens)}"
    older = [each for each in world.tokens if each.startswith(f"{execution} ")]
    world.tokens = world.tokens | dict.fromkeys(older, ABANDONED) | {token: OPEN}
    return token


def _await(world: World, token: str) -> Any:
    """What ends the Task; the time is up whenever nothing else has ended it."""
    if world.tokens[token] == OPEN:
        world.tokens[token] = TIMED_OUT
    return world.tokens[token]
