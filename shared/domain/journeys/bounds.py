"""How far a journey may go: circles that end, and ways that an execution and a row can hold."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Final, assert_never

from shared.domain.journeys.definition import Journey
from shared.domain.journeys.graph import Graph, heaviest_way
from shared.domain.journeys.kinds import (
    END,
    ActingStep,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
    ListeningStep,
    RepeatStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
    WaitForStep,
    WaitStep,
    WebhookStep,
)
from shared.domain.journeys.parts import LONGEST
from shared.domain.journeys.problem import Problem
from shared.domain.journeys.ways import ways_out
from shared.domain.segments.condition import Node, SegmentCondition, nodes
from shared.domain.segments.evaluate import MAX_FACTS

MOST_EVENTS: Final = 25_000  # what Step Functions keeps of one execution, then it fails
MOST_BYTES: Final = 300_000  # of a trace; a row holds 400 KB, and dispatch and goals add to it

# All that one go asks for is handed over after one store, within the time of one call.
MOST_ASKED: Final = 50
_Asking = SendStep | FeedbackStep | ActingStep | AssignStep

# What one state leaves in the history: it is entered and left, and a Task is tried nine times.
_STATE: Final = 2
_TASK: Final = _STATE + 9 * 3
_TASK_WITH_TOKEN: Final = _STATE + 9 * 4
# What one decision takes in the trace beside the names of steps, and what one fact takes.
_DECISION: Final = 200
_FACT: Final = 150


def bound_problems(journey: Journey) -> Iterator[Problem]:
    """Circles without end or without a wait, and ways that are too long."""
    try:
        longest = journey.longest_stay
    except CycleError as error:
        yield _circle(journey, error.args[1])
        return
    yield from _not_repeated(journey)
    if swift := tuple(_at_once(journey)):
        yield from swift
        return
    if longest > LONGEST:
        days = longest / timedelta(days=1)
        yield Problem(
            "steps",
            f"the longest way takes {days:.0f} days, {LONGEST.days} are the most",
            f"最长路径需要 {days:.0f} 天，最多 {LONGEST.days} 天",
            "too_long",
        )
    if journey.clock == "due_index" and (asked := most_asked(journey)) > MOST_ASKED:
        yield Problem(
            "steps",
            f"{asked} messages and actions can be asked for without a wait in between, by the due"
            f" index {MOST_ASKED} are the most: wait somewhere, or take the other clock",
            f"两次等待之间最多会请求 {asked} 条消息和操作，due_index 时钟上限为 {MOST_ASKED} 条："
            "请加入等待，或改用另一种时钟",
            "too_many_at_once",
        )
    events = most_events(journey)
    if events > MOST_EVENTS:
        yield Problem(
            "steps",
            f"the longest way can take {events:,} events of an execution's history,"
            f" {MOST_EVENTS:,} are the most: repeat less often, or part the journey in two",
            f"最长路径会产生 {events:,} 个执行历史事件，上限 {MOST_EVENTS:,}："
            "请减少重复，或拆成两个旅程",
            "history_too_long",
        )
    size = heaviest_way(journey.graph, journey.first, _sizes(journey))
    if size > MOST_BYTES:
        yield Problem(
            "steps",
            f"the trace of the longest way can take {size:,} bytes, {MOST_BYTES:,} are the most:"
            " repeat less often, or part the journey in two",
            f"最长路径的轨迹可达 {size:,} 字节，上限 {MOST_BYTES:,}：请减少重复，或拆成两个旅程",
            "trace_too_large",
        )


def most_asked(journey: Journey) -> int:
    """The most messages and actions that one go by the due index can ask for.

    It goes from one wait to the next.
    """
    waits = {step.name for step in journey.steps if _takes_time(step)}
    onward = {
        step.name: () if step.name in waits else tuple(journey.graph.ways(step.name))
        for step in journey.steps
    }
    starts = {journey.first: 0}
    for step in journey.steps:
        if step.name in waits:
            handed_on = int(isinstance(step, AssignStep) and bool(step.escalate_to))
            for way in journey.graph.ways(step.name):
                starts[way] = max(handed_on, starts.get(way, 0))
    weights = {step.name: int(isinstance(step, _Asking)) for step in journey.steps}
    rounds = Graph(onward, {})
    return max(before + heaviest_way(rounds, start, weights) for start, before in starts.items())


def most_events(journey: Journey) -> int:
    """The most events that one execution can leave in its history, every Task retried in full."""
    weights = {step.name: _events(step) for step in journey.steps}
    return heaviest_way(journey.graph, journey.first, weights) + 2 * _STATE  # its start and end


def _events(step: Step) -> int:
    """Of one visit, with every state that the compiler may make of the step."""
    match step:
        case SendStep() | UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
            return _TASK
        case WaitStep():
            return _TASK + 2 * _STATE + _TASK
        case WaitForStep() | AssignStep() | FeedbackStep():
            return _TASK_WITH_TOKEN + _TASK + _STATE
        case BranchStep() | ExperimentStep() | RepeatStep() | ExitStep():
            return _TASK + _STATE
        case _:
            assert_never(step)


def _sizes(journey: Journey) -> Mapping[str, int]:
    """The bytes of what one visit of each step adds to the trace, at the most."""
    return {step.name: _size(journey, step) for step in journey.steps}


def _size(journey: Journey, step: Step) -> int:
    targets = [journey.target(step.name, way.target) for way in ways_out(step)]
    names = len(step.name.encode()) + max((len(name.encode()) for name in targets), default=0)
    decisions, facts = 1, 1
    match step:
        case WaitStep() | WaitForStep() | AssignStep() | FeedbackStep():
            decisions = 2
            facts = len(step.events) if isinstance(step, WaitForStep) else 3
        case BranchStep():
            facts = sum(_facts(arm.when) for arm in step.arms)
        case _:
            pass
    return decisions * (_DECISION + names) + facts * _FACT


def _facts(condition: Node) -> int:
    """The most that a trace keeps of a verdict; a segment may ask for anything."""
    asked = [node for _, _, node in nodes(condition)]
    if any(isinstance(node, SegmentCondition) for node in asked):
        return MAX_FACTS
    return min(len(asked), MAX_FACTS)


def _not_repeated(journey: Journey) -> Iterator[Problem]:
    """Repeats whose way back never comes to them again."""
    known = {END, *journey.graph.onward}
    for place, step in enumerate(journey.steps):
        if not isinstance(step, RepeatStep) or step.to not in known:
            continue
        if step.name not in journey.graph.reached(step.to):
            yield Problem(
                f"steps[{place}].to",
                f'"{step.to}" never leads to "{step.name}" again, so nothing would be repeated',
                f"“{step.to}”不会再通向“{step.name}”，因此不会有任何重复",
                "nothing_repeated",
            )


def _at_once(journey: Journey) -> Iterator[Problem]:
    """A circle that nothing holds up: all its rounds would be gone through at one instant."""
    graph = journey.graph
    swift = {step.name for step in journey.steps if not _takes_time(step)}
    ways = {name: [to for to in graph.ways(name) if to in swift] for name in swift}
    try:
        TopologicalSorter(ways).prepare()
    except CycleError as error:
        name, back = next(
            (name, graph.back[name])
            for target, name in pairwise(error.args[1])
            if name in graph.back and graph.back[name].target == target
        )
        yield Problem(
            f"steps[{journey.place(name)}].to",
            f'nothing waits on a way from "{back.target}" to "{name}": all rounds would be at once,'
            " so put a wait for a time or an event between them",
            f"从“{back.target}”到“{name}”的路径上没有等待，所有轮次会同时发生：请在其间加入等待",
            "loop_without_wait",
        )


def _takes_time(step: Step) -> bool:
    """A date is waited for once at most, then it is past."""
    return isinstance(step, ListeningStep) or (isinstance(step, WaitStep) and not step.may_skip)


def _circle(journey: Journey, circle: list[str]) -> Problem:
    """The way in a circle that leads up the list, or to its own step; every circle has one.

    `circle` lists steps so that each leads to the one before it.
    """
    places = {step.name: place for place, step in enumerate(journey.steps)}
    target, name = next(
        (target, name) for target, name in pairwise(circle) if places[target] <= places[name]
    )
    field = next(
        way.field
        for way in ways_out(journey.step(name))
        if way.field != "to" and journey.target(name, way.target) == target
    )
    return Problem(
        f"steps[{places[name]}].{field}",
        f'"{name}" goes back to "{target}", which leads to it again without end: lead back by a'
        " `repeat`, which counts its rounds, or let people enter again by `reentry`",
        f"“{name}”回到“{target}”，会无限循环：请用会计数的 `repeat`，或用 `reentry` 允许再次进入",
        "circle",
    )
