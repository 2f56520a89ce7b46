"""Journeys that begin one another: what each brings about, and which journeys begin by that.

`feeds` is the one place that knows what steps bring about; a new kind of step is a case there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from shared.domain.events.own import (
    JOURNEY_COMPLETED,
    JOURNEY_ENTERED,
    JOURNEY_EXITED,
    JOURNEY_GOAL,
    LISTED,
    MESSAGE_SENT,
    REWARDED,
    TAGGED,
    TASK_ASSIGNED,
    UPDATED,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.kinds import (
    AssignStep,
    FeedbackStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
)
from shared.domain.journeys.naming import named_by
from shared.domain.journeys.rules import (
    CallEntry,
    EventEntry,
    LifecycleEntry,
    ScheduleEntry,
    SegmentEntry,
)
from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.journeys.verify.surroundings import Surroundings
from shared.domain.segments.comparing import same, value_holds
from shared.domain.segments.condition import LifecycleCondition, Node, SegmentCondition, nodes
from shared.domain.segments.nodes.events import EventPattern
from shared.domain.segments.references import references


@dataclass(frozen=True, slots=True)
class Did:
    """An event that a journey writes, with the properties that are known beforehand."""

    event: str
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A trait that a journey writes."""

    trait: str


@dataclass(frozen=True, slots=True)
class Started:
    """A journey that a journey lets people enter."""

    journey_id: str


Trigger = Did | Claimed | Started


def feeds(journey: Journey) -> Iterator[Trigger]:
    """Everything that a journey brings about by itself and that something could begin by."""
    mine = {"journey_id": journey.journey_id}
    for event in (JOURNEY_ENTERED, JOURNEY_COMPLETED, JOURNEY_EXITED):
        yield Did(event, mine)
    if journey.goal is not None:
        yield Did(JOURNEY_GOAL, mine)
    for step in journey.steps:
        yield from _of_step(step, {**mine, "step": step.name})


def _of_step(step: Step, here: Mapping[str, str]) -> Iterator[Trigger]:
    match step:
        case SendStep() | FeedbackStep():
            for _, named in named_by(step):
                yield Did(MESSAGE_SENT, {**here, "template_id": named.definition_id})
        case UpdateStep():
            yield Did(UPDATED, here)
            yield from written(step)
        case RewardStep():
            yield Did(REWARDED, here)
        case AssignStep():
            yield Did(TASK_ASSIGNED, here)
        case StartJourneyStep(journey_id=journey_id):
            yield Started(journey_id)
        case _:
            pass


def written(step: UpdateStep) -> Iterator[Trigger]:
    """What an update writes of somebody."""
    yield from (Claimed(trait) for trait in step.traits)
    yield from (Did(TAGGED, {"tag_id": tag_id}) for tag_id in step.tags)
    for list_id, on in step.lists.items():
        yield Did(LISTED, {"list_id": list_id, "on": on})


def begins(trigger: Trigger, journey: Journey, around: Surroundings) -> bool:
    """Say whether people may enter a journey because of a trigger."""
    match journey.entry:
        case EventEntry(event=event, where=where):
            return (
                isinstance(trigger, Did)
                and trigger.event == event
                and all(
                    same(trigger.properties.get(name, value), value)
                    for name, value in where.items()
                )
            )
        case SegmentEntry(segment_id=segment_id):
            return turns(trigger, SegmentCondition(segment_id=segment_id), around)
        case LifecycleEntry(stage=stage):
            return turns(trigger, LifecycleCondition(stages=(stage,)), around)
        case CallEntry() | ScheduleEntry():
            return trigger == Started(journey.journey_id)


def turns(trigger: Trigger, condition: Node, around: Surroundings) -> bool:
    """Say whether a trigger can make somebody match a condition, or match it no more."""
    expanded = around.expanded(condition)
    if expanded is None:
        return False
    match trigger:
        case Did():
            return any(_is_counted(trigger, each) for each in _patterns(expanded))
        case Claimed(trait=trait):
            return trait in references(expanded).traits
        case Started():
            return False


def _patterns(condition: Node) -> Iterator[EventPattern]:
    """Every pattern of events that a condition asks for, wherever it stands in a leaf."""
    for _, _, node in nodes(condition):
        yield from _patterns_in(node)


def _patterns_in(part: object) -> Iterator[EventPattern]:
    if isinstance(part, EventPattern):
        yield part
    if isinstance(part, BaseModel) and not hasattr(part, "conditions"):
        for name in type(part).model_fields:
            value = getattr(part, name)
            for each in value if isinstance(value, tuple) else (value,):
                yield from _patterns_in(each)


def _is_counted(trigger: Did, pattern: EventPattern) -> bool:
    """Say whether an event can pass; of a property that is not known beforehand it can."""
    return pattern.event == trigger.event and all(
        each.property not in trigger.properties
        or value_holds(each, trigger.properties[each.property])
        for each in pattern.where
    )


def not_by_call(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """Warnings about journeys that steps start and that let nobody in by that."""
    others = frozenset(around.definitions.journeys or ()) - {journey.journey_id}
    for place, step in enumerate(journey.steps):
        if not isinstance(step, StartJourneyStep):
            continue
        path, target = f"steps[{place}].journey_id", around.journeys.get(step.journey_id)
        if target is None and step.journey_id in others:
            yield warned("not_published", path, journey=step.journey_id)
        if target is not None and not isinstance(target.entry, CallEntry):
            yield warned("not_by_call", path, journey=step.journey_id, entry=target.entry.type)


def feeding(journey: Journey, around: Surroundings) -> Iterator[Finding]:
    """A warning about the shortest circle of journeys that begin one another without an end.

    Where somebody may enter one of them only once, the circle comes to an end by itself.
    """
    if circle := _circle(journey, {**around.journeys, journey.journey_id: journey}, around):
        yield warned("feeds_itself", "entry", circle=" → ".join(circle))


def _circle(
    journey: Journey, journeys: Mapping[str, Journey], around: Surroundings
) -> tuple[str, ...]:
    """The journeys of the shortest circle from `journey` back to it; empty without one."""
    again = {name: one for name, one in journeys.items() if one.reentry.policy != "never"}
    if journey.journey_id not in again:
        return ()
    layer: list[tuple[str, ...]] = [(journey.journey_id,)]
    seen: set[str] = set()
    while layer:
        following: list[tuple[str, ...]] = []
        for way in layer:
            for name in _begun(journeys[way[-1]], again.values(), around):
                if name == journey.journey_id:
                    return (*way, name)
                if name not in seen:
                    seen.add(name)
                    following.append((*way, name))
        layer = following
    return ()


def _begun(journey: Journey, others: Iterable[Journey], around: Surroundings) -> Iterator[str]:
    triggers = tuple(feeds(journey))
    for other in others:
        if any(begins(trigger, other, around) for trigger in triggers):
            yield other.journey_id
