"""Moving: what becomes of those inside when a newer version of their journey is there.

A step is kept when the newer version has one of the same name and kind. Whoever waits in it waits
on: a wait keeps its beginning, so that only what was changed about it counts. Everybody else needs
a choice of the operator: a step of the newer version, the end, or to stay on the older version.
Visits are never counted anew, so that what was sent keeps its id.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NamedTuple

from shared.domain.instants import format_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.enrolment import Enrolment, Phase, TraceEntry, Waiting
from shared.domain.journeys.interpreter import Advance
from shared.domain.journeys.kinds import Step, WaitForStep, WaitStep
from shared.domain.journeys.listeners import listeners
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.steps.outcome import fact
from shared.domain.journeys.triggers import triggers_of_wait
from shared.domain.journeys.ways import stay_of

TAKEN_OUT = "taken_out"
"""The reason of an enrolment that an operator ended."""

What = Literal["same", "to", "end", "keep", "choose"]


class Fate(NamedTuple):
    """What becomes of whoever stands in a step; `step` is where to, if it leads to one."""

    what: What
    step: str = ""


class Place(NamedTuple):
    """Where somebody stands."""

    version: int
    step: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class Choices:
    """What the operator chose, by the step of an older version; `all_out` ends everybody."""

    to: Mapping[str, str] = field(default_factory=dict)
    end: frozenset[str] = frozenset()
    keep: frozenset[str] = frozenset()
    all_out: bool = False

    def fate(self, old: Step | None, name: str, new: Journey) -> Fate:
        """What becomes of whoever stands in a step; `old` is None when nobody knows it any more."""
        if self.all_out or name in self.end:
            return Fate("end")
        if name in self.keep:
            return Fate("keep")
        if name in self.to:
            return Fate("to", self.to[name])
        if old is not None and new.has(name) and new.step(name).type == old.type:
            return Fate("same", name)
        return Fate("choose")


@dataclass(frozen=True, slots=True)
class Line:
    """How many stand in a step of an older version, and what becomes of them."""

    version: int
    step: str
    waiting: int
    ready: int
    fate: Fate

    @property
    def people(self) -> int:
        """How many they are."""
        return self.waiting + self.ready


def plan(
    counts: Mapping[Place, int], versions: Mapping[int, Journey], new: Journey, choices: Choices
) -> tuple[Line, ...]:
    """One line for each step in which somebody stands, those that need a choice in front."""
    steps: dict[tuple[int, str], dict[Phase, int]] = {}
    for place, people in counts.items():
        steps.setdefault((place.version, place.step), {})[place.phase] = people
    lines = [
        Line(
            version,
            name,
            phases.get("waiting", 0),
            phases.get("ready", 0),
            choices.fate(_step(versions.get(version), name), name, new),
        )
        for (version, name), phases in steps.items()
    ]
    return tuple(sorted(lines, key=lambda line: _order(line, versions)))


def _order(line: Line, versions: Mapping[int, Journey]) -> tuple[bool, int, int]:
    journey = versions.get(line.version)
    place = journey.place(line.step) if journey and journey.has(line.step) else 0
    return line.fate.what != "choose", line.version, place


def _step(journey: Journey | None, name: str) -> Step | None:
    return journey.step(name) if journey and journey.has(name) else None


def choice_problems(choices: Choices, lines: Iterable[Line], new: Journey) -> Iterator[Problem]:
    """What is missing from the choices, or is wrong with them."""
    for name, to in choices.to.items():
        if not new.has(to):
            yield Problem(
                f"to.{name}", f'there is no step "{to}"', f"没有步骤“{to}”", "no_such_step"
            )
    named = [*choices.to, *choices.end, *choices.keep]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield Problem(name, "one choice is enough", "同一步骤只能选择一次", "chosen_twice")
    for line in lines:
        if line.fate.what == "choose":
            yield Problem(
                line.step,
                f'{line.people} stand in "{line.step}" of version {line.version},'
                " which is not there any more: choose where they go",
                f"{line.people} 人停留在版本 {line.version} 的步骤“{line.step}”，"
                "新版本没有该步骤：请选择去向",
                "choose",
            )


@dataclass(frozen=True, slots=True)
class Moving:
    """A move of those inside: its number, the version that is to hold them, and the choices."""

    number: int
    version: int
    journey: Journey
    choices: Choices

    @property
    def name(self) -> str:
        """The name of the move in traces."""
        return str(self.number)

    def concerns(self, enrolment: Enrolment) -> bool:
        """Whether it is for an enrolment: one that goes on under an older version."""
        older = enrolment.journey_version < self.version
        return enrolment.status == "active" and (older or self.choices.all_out)

    def fate(self, old: Journey, enrolment: Enrolment) -> Fate:
        """What becomes of an enrolment that it concerns."""
        return self.choices.fate(_step(old, enrolment.at), enrolment.at, self.journey)

    def has_done(self, enrolment: Enrolment) -> int | None:
        """The place in the trace where this very move is; None where it has not come by."""
        return next(
            (
                place
                for place in reversed(range(len(enrolment.trace)))
                if (entry := enrolment.trace[place]).decision in ("moved", "taken_out")
                and entry.because[0]["name"] == self.name
            ),
            None,
        )


def move(moving: Moving, old: Journey, enrolment: Enrolment, now: datetime) -> Advance:
    """The enrolment after the move; the same object where it stays as it is.

    `old` is the version that it runs under, `now` the wall clock in whole milliseconds.
    """
    if not moving.concerns(enrolment):
        return Advance(enrolment)
    fate = moving.fate(old, enrolment)
    if fate.what == "end":
        return Advance(take_out(enrolment, moving.name, now))
    if fate.what in ("keep", "choose"):
        return Advance(enrolment)
    waiting, new = enrolment.waiting, moving.journey.step(fate.step)
    if waiting and _waits_on(old.step(enrolment.at), new):
        due = _due(old.step(enrolment.at), new, enrolment, waiting, now)
        if due is not None:
            return _stay(moving, enrolment, new, replace(waiting, due=due), now)
    return _arrive(moving, enrolment, new, now)


def take_out(enrolment: Enrolment, name: str, now: datetime) -> Enrolment:
    """The enrolment after an operator has ended it, by the move of this name."""
    return enrolment.cut("taken_out", now, TAKEN_OUT, (fact("move", name),))


def _waits_on(old: Step, new: Step) -> bool:
    """Whether who waits in `old` can wait on in `new`.

    What asks when it begins (a question, a task) would be asked again under another name.
    """
    return old.type == new.type and (
        old.name == new.name or isinstance(new, WaitStep | WaitForStep)
    )


def _due(
    old: Step, new: Step, enrolment: Enrolment, waiting: Waiting, now: datetime
) -> datetime | None:
    """Until when to wait on; None where that has to be asked anew, for another date.

    The clock of who waits stands where the wait began. What is over by a new duration is over now,
    and not in the past: what comes next is to take its time.
    """
    if isinstance(new, WaitStep) and new.until is not None:
        same = isinstance(old, WaitStep) and old.until == new.until
        return waiting.due if same else None
    due = enrolment.clock_at + stay_of(new)
    return due if due == waiting.due else max(due, now)


def _stay(
    moving: Moving, enrolment: Enrolment, new: Step, waiting: Waiting, now: datetime
) -> Advance:
    """Wait on in `new`; a step of another name is begun by that."""
    visit = enrolment.visits.get(new.name, 0) + (new.name != enrolment.at)
    waiting = replace(waiting, triggers=triggers_of_wait(new))
    moved = _moved(moving, enrolment, new, enrolment.clock_at, now)
    on = TraceEntry(
        new.name, visit, enrolment.clock_at, "waits_on", moving.version, due=waiting.due
    )
    after = moved.after(on, at=new.name, waiting=waiting)
    return Advance(after, tuple(listeners(moving.journey, after).values()), wake=waiting.due)


def _arrive(moving: Moving, enrolment: Enrolment, new: Step, now: datetime) -> Advance:
    """Come to `new`: now, or as before for who had come to it already."""
    here = enrolment.waiting is None and enrolment.at == new.name
    at = enrolment.clock_at if here else max(enrolment.clock_at, now)
    after = _moved(moving, enrolment, new, at, now)
    return Advance(after, tuple(listeners(moving.journey, after).values()))


def _moved(
    moving: Moving, enrolment: Enrolment, new: Step, at: datetime, now: datetime
) -> Enrolment:
    """The decision of the move; it belongs to no step, like the entry."""
    because = fact(
        "move",
        moving.name,
        step=enrolment.at,
        version=enrolment.journey_version,
        at=format_instant(now),
    )
    entry = TraceEntry("", 0, at, "moved", moving.version, next=new.name, because=(because,))
    return replace(enrolment, journey_version=moving.version).after(entry, at=new.name)
