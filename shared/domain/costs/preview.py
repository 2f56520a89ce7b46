"""What a journey will cost before anybody is in it: the least and the most, by both clocks.

Nobody knows which ways people will take, so there are bounds: those of the cheapest and the dearest
way through the journey. A backtest tells where in between it was.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from typing import Any, Final, assert_never

from shared.domain.costs.bill import CLOCKS, usd_of, usd_of_parts, usd_of_transitions
from shared.domain.journeys.definition import ClockName, Journey
from shared.domain.journeys.graph import heaviest_way
from shared.domain.journeys.kinds import (
    END,
    AssignStep,
    BranchStep,
    ExitStep,
    ExperimentStep,
    FeedbackStep,
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
from shared.domain.journeys.naming import named_by
from shared.domain.journeys.rules import FromEntry
from shared.domain.journeys.ways import ways_out
from shared.domain.messages.as_sent import as_sent
from shared.domain.messages.handover import Content, SmsContent
from shared.domain.messages.model import AnyTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.render import ITEMS, LINKS, render, variables_for
from shared.domain.messages.sms import measure
from shared.errors import InvalidInputError

_NANO: Final = 1_000_000_000  # of a dollar: ways are compared in whole numbers
_UNKNOWN: Final = "1234567890"  # as long as what a run would know, such as a code or a sum
_PLACEHOLDER: Final = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_LINK: Final = re.compile(r"\{\{-?\s*links\.(\w+)")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of something, for one person."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Parts:
    """What a template is paid by, rendered for the example person; `problem` where it cannot be."""

    template_id: str
    channel: str
    parts: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """For one person: dollars by clock, parts and dollars by channel, and what they come from."""

    running: Mapping[ClockName, Bounds]
    parts: Mapping[str, Bounds]
    delivery: Mapping[str, Bounds]
    templates: tuple[Parts, ...]

    def most_usd(self, clock: ClockName) -> float:
        """The most that one person can cost."""
        return self.running[clock].most + sum(each.most for each in self.delivery.values())


def preview(
    journey: Journey,
    templates: Mapping[str, AnyTemplate],
    traits: Mapping[str, Any],
    now: datetime,
    base: str = "",
) -> Preview:
    """Bounds for one person; `traits` are those of the example person for whom is rendered.

    Raises CycleError for a journey that goes in a circle. `now` is in the time zone in which
    templates write dates, `base` what links of ours begin with, as for `as_sent`.
    """
    told = {
        name: _rendered(journey, name, templates, traits, now, base)
        for name in templates_of(journey)
    }
    channels = sorted({one.channel for one in told.values() if one.channel})
    parts = {channel: _parts(journey, told, channel) for channel in channels}
    delivery = {
        channel: Bounds(*(usd_of_parts(channel, round(n)) for n in (each.least, each.most)))
        for channel, each in parts.items()
    }
    running = {clock: _running(journey, clock) for clock in CLOCKS}
    return Preview(running, parts, delivery, tuple(told.values()))


# --- ways -------------------------------------------------------------------------------------


def _most(journey: Journey, weigh: Callable[[Step], int]) -> int:
    """What the heaviest way weighs."""
    weights = {step.name: weigh(step) for step in journey.steps}
    return heaviest_way(journey.graph, journey.first, weights)


def _least(journey: Journey, weigh: Callable[[Step], int]) -> int:
    """What the lightest way weighs, with no round gone through twice."""
    found: dict[str, int] = {}
    for name in TopologicalSorter(journey.graph.onward).static_order():  # ends first
        step = journey.step(name)
        onward = [found[to] for to in journey.graph.onward[name]]
        targets = {journey.target(name, way.target) for way in ways_out(step)}
        ends = END in targets or not onward
        found[name] = weigh(step) + min([*onward, *([0] if ends else [])])
    return found[journey.first]


# --- clocks -----------------------------------------------------------------------------------


def _running(journey: Journey, clock: ClockName) -> Bounds:
    begun, start = usd_of(clock, "enrolment"), usd_of_transitions(clock, 1)
    least = _least(journey, lambda step: _nano(_step_usd(step, clock).least))
    most = _most(journey, lambda step: _nano(_step_usd(step, clock).most))
    return Bounds(begun + least / _NANO, begun + start + most / _NANO)


def _nano(usd: float) -> int:
    return round(usd * _NANO)


def _step_usd(step: Step, clock: ClockName) -> Bounds:
    """Of one visit: its operation, and as many states of the machine as there can be.

    A step that the call before it carries out may have no state of its own, or one that nobody
    enters because no execution is started.
    """
    takes, again, fewest, states = 0.0, 0.0, 0, 1
    match step:
        case SendStep():
            takes, fewest = usd_of(clock, "message"), 1
        case WaitStep():
            takes, states = usd_of(clock, "wait"), 3 + step.may_skip
            fewest = 0 if step.may_skip else 1
        case BranchStep():
            takes, states, fewest = usd_of(clock, "branch"), 3, 1
        case ExperimentStep() | RepeatStep():
            states = 3
        case ExitStep():
            pass
        case UpdateStep() | RewardStep() | WebhookStep() | StartJourneyStep():
            takes, fewest = usd_of(clock, "action"), 1
        case WaitForStep():
            takes, states, fewest = usd_of(clock, "wait"), 4, 1
        case FeedbackStep():
            takes = usd_of(clock, "wait") + usd_of(clock, "message")
            states, fewest = 4, 1
        case AssignStep():
            takes = usd_of(clock, "wait") + usd_of(clock, "action")
            states, fewest, again = 4, 1, bool(step.escalate_to) * usd_of(clock, "action")
        case _:
            assert_never(step)
    least = 0.0 if fewest == 0 else takes
    transition = usd_of_transitions(clock, 1)
    return Bounds(least + fewest * transition, takes + again + states * transition)


# --- messages ---------------------------------------------------------------------------------


def templates_of(journey: Journey) -> tuple[str, ...]:
    """The templates that the journey sends, each once, in the order of its steps."""
    return tuple(dict.fromkeys(name for step in journey.steps for name in _templates_of(step)))


def _templates_of(step: Step) -> list[str]:
    """The templates by which a step may send, the ones behind where those before do not reach."""
    return [named.definition_id for _, named in named_by(step) if named.kind == "template"]


def _parts(journey: Journey, told: Mapping[str, Parts], channel: str) -> Bounds:
    def on_channel(step: Step) -> list[int]:
        found = (told[name] for name in _templates_of(step))
        return [one.parts if one.channel == channel else 0 for one in found] or [0]

    least = _least(journey, lambda step: min(on_channel(step)))
    return Bounds(least, _most(journey, lambda step: max(on_channel(step))))


def _rendered(
    journey: Journey,
    template_id: str,
    templates: Mapping[str, AnyTemplate],
    traits: Mapping[str, Any],
    now: datetime,
    base: str,
) -> Parts:
    template = templates.get(template_id)
    if template is None:
        return Parts(template_id, "", 0, f'there is no template "{template_id}"')
    variables = variables_for(_example(journey, template_id, now), traits)
    problem = ""
    try:
        content = render(template, variables, now)
    except InvalidInputError as error:
        content, problem = _bare(template), str(error)
    topic = journey.topic or template.topic
    sent = as_sent(content, base=base, purpose=journey.purpose, topic=topic)
    parts = measure(sent.text).segments if isinstance(sent, SmsContent) else 1
    return Parts(template_id, template.channel, parts, problem)


def _bare(template: AnyTemplate) -> Content:
    """What a text message says to everybody, where nobody knows what it says to one."""
    source = template.text if isinstance(template, SmsTemplate) else ""
    return SmsContent(_PLACEHOLDER.sub(_shown, source))


def _shown(placeholder: re.Match[str]) -> str:
    """What stands in its place for everybody: a link of ours, or nothing."""
    link = _LINK.match(placeholder[0])
    return LINKS.get(link[1], "") if link else ""


def _example(journey: Journey, template_id: str, now: datetime) -> MessageRequest:
    nobody = ""
    step = next(step for step in journey.steps if template_id in _templates_of(step))
    return MessageRequest(
        workspace_id=nobody,
        profile_id=nobody,
        message_id=nobody,
        enrolment_id=nobody,
        journey_id=journey.journey_id,
        journey_version=1,
        step=step.name,
        visit=1,
        template_id=template_id,
        purpose=journey.purpose,
        requested_at=now,
        values=_handed(step),
    )


def _handed(step: Step) -> dict[str, Any]:
    """What a step hands its message, with something in the place of what a run would know."""
    values = step.values if isinstance(step, SendStep | FeedbackStep) else {}
    return {
        name: ([] if name == ITEMS else _UNKNOWN) if isinstance(value, FromEntry) else value
        for name, value in values.items()
    }
