"""What is wrong with a journey definition, each problem with its place."""

from collections.abc import Collection, Iterator
from typing import Final

from shared.domain.broadcasts.schedule import problem_of
from shared.domain.events.own import (
    ACTS_OF_JOURNEYS,
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    JOURNEY_GOAL,
)
from shared.domain.journeys.bounds import bound_problems
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import END, Value
from shared.domain.journeys.naming import unknown_names
from shared.domain.journeys.problem import Problem as Problem
from shared.domain.journeys.rules import (
    CallEntry,
    Entry,
    EventEntry,
    EventMatch,
    FromEntry,
    LifecycleMove,
    Rule,
    ScheduleEntry,
    SegmentMove,
)
from shared.domain.journeys.ways import values_given, ways_out
from shared.domain.segments.expand import Definitions

_RUNS: Final = frozenset({JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED, JOURNEY_GOAL})


def validate(journey: Journey, definitions: Definitions) -> tuple[Problem, ...]:
    """Everything that is wrong with a journey, given what it may name; empty when valid.

    Templates, lists and journeys are taken on trust where `definitions` says so.
    """
    if wrong := tuple(_names(journey)):  # without good names nothing else can be told reliably
        return wrong
    segment_ids = definitions.segments.keys()
    return (
        *_unknown_targets(journey),
        *_unreachable(journey),
        *_unknown_segments(journey, segment_ids),
        *_unknown_stages(journey, definitions.lifecycle.names),
        *_schedule(journey, segment_ids),
        *_no_properties(journey),
        *unknown_names(journey, definitions),
        *_own_events(journey),
        *bound_problems(journey),
    )


def _names(journey: Journey) -> Iterator[Problem]:
    places: dict[str, int] = {}
    for place, step in enumerate(journey.steps):
        path = f"steps[{place}].name"
        if step.name.lower() == END:
            yield Problem(
                path,
                f'"{step.name}" is reserved: it completes the journey',
                f"“{step.name}”是保留名称，用来结束旅程",
                "name_reserved",
            )
        if step.name in places:
            taken = places[step.name]
            yield Problem(
                path,
                f'the name "{step.name}" is taken by steps[{taken}]',
                f"名称“{step.name}”已被 steps[{taken}] 使用",
                "name_taken",
            )
        places.setdefault(step.name, place)


def _unknown_targets(journey: Journey) -> Iterator[Problem]:
    known = {END, *(step.name for step in journey.steps)}
    for place, step in enumerate(journey.steps):
        for way in ways_out(step):
            if way.target is not None and way.target not in known:
                yield Problem(
                    f"steps[{place}].{way.field}",
                    f'there is no step "{way.target}"',
                    f"没有名为“{way.target}”的步骤",
                    "unknown_step",
                )


def _unreachable(journey: Journey) -> Iterator[Problem]:
    reached = {journey.first, *journey.graph.reached(journey.first)}
    for place, step in enumerate(journey.steps):
        if step.name not in reached:
            yield Problem(
                f"steps[{place}]",
                f'no way leads to "{step.name}": name it as a next step, or take it out',
                f"没有路径通向“{step.name}”：请让某一步指向它，或将其删除",
                "unreachable_step",
            )


def _unknown_segments(journey: Journey, segment_ids: Collection[str]) -> Iterator[Problem]:
    for path, rule in _rules(journey):
        if isinstance(rule, SegmentMove) and rule.segment_id not in segment_ids:
            yield Problem(
                f"{path}.segment_id",
                f'there is no segment "{rule.segment_id}"',
                f"没有人群“{rule.segment_id}”",
                "unknown_segment",
            )


def _schedule(journey: Journey, segment_ids: Collection[str]) -> Iterator[Problem]:
    entry = journey.entry
    if not isinstance(entry, ScheduleEntry):
        return
    if entry.segment_id not in segment_ids:
        yield Problem(
            "entry.segment_id",
            f'there is no segment "{entry.segment_id}"',
            f"没有人群“{entry.segment_id}”",
            "unknown_segment",
        )
    if entry.cron and (wrong := problem_of(entry.cron)):
        yield Problem(
            "entry.cron",
            f'"{entry.cron}" is no schedule: {wrong}',
            f"“{entry.cron}”不是有效的 cron 表达式：{wrong}",
            "no_schedule",
        )


def _unknown_stages(journey: Journey, stages: Collection[str]) -> Iterator[Problem]:
    for path, rule in _rules(journey):
        if isinstance(rule, LifecycleMove) and rule.stage not in stages:
            yield Problem(
                f"{path}.stage",
                f'the lifecycle has no stage "{rule.stage}"',
                f"生命周期中没有阶段“{rule.stage}”",
                "unknown_stage",
            )


def _rules(journey: Journey) -> Iterator[tuple[str, Rule | Entry]]:
    yield "entry", journey.entry
    yield from journey.rules()


def _no_properties(journey: Journey) -> Iterator[Problem]:
    """What rules and steps ask of the entry, where that has no properties."""
    if isinstance(journey.entry, EventEntry | CallEntry):
        return
    if journey.reentry.key is not None:
        yield Problem(
            "reentry.key",
            f'people enter by no event, so there is no property "{journey.reentry.key}" to tell'
            " enrolments apart",
            f"该旅程不由事件进入，没有可用来区分实例的属性“{journey.reentry.key}”",
            "no_entry_property",
        )
    for path, value in _values(journey):
        if isinstance(value, FromEntry):
            yield Problem(
                path,
                f'people enter by no event, so there is no property "{value.entry}" to compare',
                f"该旅程不由事件进入，没有可比较的属性“{value.entry}”",
                "no_entry_property",
            )


def _values(journey: Journey) -> Iterator[tuple[str, Value]]:
    """Every value that rules compare with or steps give on, with its path."""
    for path, rule in journey.rules():
        for name, value in rule.where.items() if isinstance(rule, EventMatch) else ():
            yield f"{path}.where.{name}", value
    for place, step in enumerate(journey.steps):
        for name, value in values_given(step).items():
            yield f"steps[{place}].{name}", value


def _own_events(journey: Journey) -> Iterator[Problem]:
    """Journeys that journeys would begin, and those that their own run would end or move on.

    What people and operators do may begin a journey, also where Rapport writes the event. What
    journeys do may not: two of them could go round without end and without anybody's doing.
    """
    if isinstance(journey.entry, EventEntry) and journey.entry.event in ACTS_OF_JOURNEYS:
        yield Problem(
            "entry.event",
            f'"{journey.entry.event}" is what journeys do by themselves, so they could go round'
            " without end: enter by a segment that asks for it",
            f"“{journey.entry.event}”由旅程自身产生，可能无限循环：请改由包含该条件的人群进入",
            "own_event_entry",
        )
    for path, rule in journey.rules():
        if not isinstance(rule, EventMatch) or rule.event not in _RUNS:
            continue
        if rule.where.get("journey_id", journey.journey_id) == journey.journey_id:
            yield Problem(
                f"{path}.where",
                f'"{rule.event}" must be of another journey: name it, `where: {{journey_id: …}}`',
                f"“{rule.event}”必须属于另一个旅程：请写明 `where: {{journey_id: …}}`",
                "own_run",
            )
