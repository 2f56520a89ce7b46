"""What branches can decide by: what is known of a person at once when the branch is reached."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import BranchStep
from shared.domain.journeys.problem import Problem
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
_INSTEAD_ZH: Final = "请放入人群，再判断该人群"


class _Wrong(NamedTuple):
    path: str
    message: str
    zh: str
    code: str = "not_in_branches"


def branch_problems(journey: Journey, segment_ids: Collection[str]) -> tuple[Problem, ...]:
    """Every leaf of a branch that cannot be asked there, with its path."""
    return tuple(
        Problem(f"steps[{place}].arms[{number}].when{one.path and '.'}{one.path}", *one[1:])
        for place, step in enumerate(journey.steps)
        if isinstance(step, BranchStep)
        for number, arm in enumerate(step.arms)
        for one in _wrong(arm.when, segment_ids)
    )


def _wrong(condition: Node, segment_ids: Collection[str]) -> Iterator[_Wrong]:
    for path, _, node in nodes(condition):
        here = f"{path}." if path else ""
        match node:
            case EventCondition() if node.where:
                message = f"a branch counts events without `where`: {_INSTEAD}"
                zh = f"分支只统计不带 `where` 的事件：{_INSTEAD_ZH}"
                yield _Wrong(f"{here}where", message, zh)
            case EventCondition() if node.window is not None:
                message = f"a branch counts natural days or ever: {_INSTEAD}"
                zh = f"分支只按自然日或全部时间统计：{_INSTEAD_ZH}"
                yield _Wrong(f"{here}window", message, zh)
            case SegmentCondition() if node.segment_id not in segment_ids:
                message = f'there is no segment "{node.segment_id}"'
                zh = f"没有人群“{node.segment_id}”"
                yield _Wrong(f"{here}segment_id", message, zh, "unknown_segment")
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
                message = f"a branch cannot ask for {node.type}: {_INSTEAD}"
                yield _Wrong(path, message, f"分支不能判断 {node.type}：{_INSTEAD_ZH}")
