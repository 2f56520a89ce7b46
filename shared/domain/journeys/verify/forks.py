"""Forks that decide nothing, arms that nobody takes, and what nobody comes to because of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep, ExperimentStep
from shared.domain.journeys.rules import (
    EventEntry,
    LifecycleEntry,
    LifecycleMove,
    SegmentEntry,
    SegmentMove,
)
from shared.domain.journeys.verify.arrivals import (
    Barred,
    Facts,
    Known,
    known_at,
    reached,
)
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.journeys.ways import ways_out
from shared.domain.segments.condition import (
    EventCondition,
    LifecycleCondition,
    Node,
    NotCondition,
    SegmentCondition,
)
from shared.domain.segments.describe import describe

_ENTRY: Final = "entry"
_MOST_OF_ALL: Final = 0.99
_Arm = tuple[int, Node]  # its place, and its condition of facts alone


@dataclass
class Forks:
    """What was found out about the forks of one journey."""

    journey: Journey
    around: Surroundings
    barred: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Expand every condition once."""
        self._arms = {
            step.name: tuple(self.around.expanded(arm.when) for arm in step.arms)
            for step in self.journey.steps
            if isinstance(step, BranchStep)
        }
        self._entry, self._lasting = _entry_facts(self.journey, self.around)

    def known(self) -> Mapping[str, Known]:
        """What is known of everybody at each step that somebody comes to."""
        arms = self._arms.__getitem__
        return known_at(self.journey, self._entry, self._lasting, arms, Barred(self.barred))

    def findings(self) -> Iterator[Finding]:
        """Every warning about forks; the ways that nobody takes are in `barred` after that."""
        known = self.known()
        for place, step in enumerate(self.journey.steps):
            path = f"steps[{place}]"
            if isinstance(step, BranchStep | ExperimentStep):
                yield from self._idle(step, path)
            if isinstance(step, ExperimentStep):
                yield from _lopsided(step, path)
            if isinstance(step, BranchStep) and step.name in known:
                yield from self._arms_of(step, path, known[step.name].now)
        yield from self._never_reached()

    def _idle(self, step: BranchStep | ExperimentStep, path: str) -> Iterator[Finding]:
        targets = {self.journey.target(step.name, way.target) for way in ways_out(step)}
        if len(targets) == 1:
            values = {"step": step.name, "target": targets.pop()}
            yield warned("fork_decides_nothing", path, **values)

    def _arms_of(self, step: BranchStep, path: str, known: Facts) -> Iterator[Finding]:
        arms = self._arms[step.name]
        before: list[_Arm] = []
        for place, condition in enumerate(arms):
            if condition is None:
                continue
            mine = (place, condition)
            if finding := self._never(f"{path}.arms[{place}].when", step, mine, before, known):
                self.barred.add((step.name, f"arms[{place}].next"))
                yield finding
            before.append(mine)
        others = [NotCondition(condition=one) for _, one in before]
        if len(before) == len(arms) and self._proven(*known.values(), *others):
            self.barred.add((step.name, "otherwise"))
            if step.otherwise is not None:
                yield warned("otherwise_never", f"{path}.otherwise")

    def _never(
        self, path: str, step: BranchStep, mine: _Arm, before: list[_Arm], known: Facts
    ) -> Finding | None:
        """Why nobody takes an arm; None if somebody may, as far as can be proven."""
        place, condition = mine
        when = step.arms[place].when
        words = {"condition": describe(when), "condition_zh": describe(when, "zh")}
        if self._proven(condition):
            return warned("arm_contradicts_itself", path, **words)
        others = [NotCondition(condition=one) for _, one in before]
        if not self._proven(*known.values(), condition, *others):
            return None
        for number, earlier in before:
            if self._proven(condition, NotCondition(condition=earlier)):
                return warned("arm_hidden", path, arm=number)
        return warned("arm_contradicts_what_is_known", path, **words)

    def _proven(self, *conditions: Node) -> bool:
        return bool(conditions) and self.around.prover.impossible(conditions)

    def _never_reached(self) -> Iterator[Finding]:
        if not self.barred:
            return
        found = reached(self.journey, self.journey.first, Barred(self.barred))
        for place, step in enumerate(self.journey.steps):
            if step.name not in found:
                yield warned("step_never_reached", f"steps[{place}]", step=step.name)


def _lopsided(step: ExperimentStep, path: str) -> Iterator[Finding]:
    weights = sum(one.weight for one in step.variants)
    for place, one in enumerate(step.variants):
        share = one.weight / weights
        if share > _MOST_OF_ALL:
            where = f"{path}.variants[{place}].weight"
            yield warned("lopsided_experiment", where, variant=one.name, share=share)


def _entry_facts(journey: Journey, around: Surroundings) -> tuple[Facts, Facts]:
    """What holds of whoever enters, and what of it for as long as somebody is inside.

    Whoever enters with a move and is put out by the move back is in between all the time.
    """
    match journey.entry:
        case EventEntry(event=event):
            did = {_ENTRY: EventCondition(event=event)}
            return did, did
        case SegmentEntry() as entry:
            at_once = _standing(SegmentCondition(segment_id=entry.segment_id), entry.edge, around)
            back = "exited" if entry.edge == "entered" else "entered"
            put_out = SegmentMove(segment_id=entry.segment_id, edge=back) in journey.exit_on
        case LifecycleEntry() as entry:
            at_once = _standing(LifecycleCondition(stages=(entry.stage,)), entry.edge, around)
            returned = "left" if entry.edge == "entered" else "entered"
            put_out = LifecycleMove(stage=entry.stage, edge=returned) in journey.exit_on
        case _:
            return {}, {}
    return at_once, at_once if put_out else {}


def _standing(condition: Node, edge: str, around: Surroundings) -> Facts:
    expanded = around.expanded(condition)
    if expanded is None:
        return {}
    return {_ENTRY: expanded if edge == "entered" else NotCondition(condition=expanded)}
