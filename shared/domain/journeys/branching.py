"""What branches can decide by: what is known of a person at once when the branch is reached."""

from collections.abc import Collection, Iterator
from typing import Final

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.validate import Problem
from shared.domain.segments.condition import (
    ActivityCondition,
    AllCondition,
    AnyCondition,
    AtLeastCondition,
    EventCondition,
    Node,
    NotCondition,
    SegmentCondition,
    TraitCondition,
    nodes,
)

_INSTEAD: Final = "put it into a segment and ask for the segment"


def branch_problems(journey: Journey, segment_ids: Collection[str]) -> tuple[Problem, ...]:
    """Every leaf of a branch that cannot be asked there, with its path."""
    return tuple(
        Problem(f"steps[{place}].arms[{number}].when{path and '.'}{path}", problem)
        for place, step in enumerate(journey.steps)
        if isinstance(step, BranchStep)
        for number, arm in enumerate(step.arms)
        for path, problem in _wrong(arm.when, segment_ids)
    )


def _wrong(condition: Node, segment_ids: Collection[str]) -> Iterator[tuple[str, str]]:
    for path, _, node in nodes(condition):
        here = f"{path}." if path else ""
        match node:
            case EventCondition() if node.where:
                yield f"{here}where", f"a branch counts events without `where`: {_INSTEAD}"
            case EventCondition() if node.window is not None:
                yield f"{here}window", f"a branch counts natural days or ever: {_INSTEAD}"
            case SegmentCondition() if node.segment_id not in segment_ids:
                yield f"{here}segment_id", f'there is no segment "{node.segment_id}"'
            case (
                TraitCondition()
                | EventCondition()
                | ActivityCondition()
                | SegmentCondition()
                | AllCondition()
                | AnyCondition()
                | AtLeastCondition()
                | NotCondition()
            ):
                pass
            case _:
                yield path, f"a branch cannot ask for {node.type}: {_INSTEAD}"
