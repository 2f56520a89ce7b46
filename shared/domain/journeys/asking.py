"""What an enrolment asks of others: messages, as dispatch wants to know them, and actions."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, assert_never

from shared.domain.broadcasts.naming import broadcast_in
from shared.domain.journeys.actions import (
    Action,
    ActionRequest,
    Reward,
    StartJourney,
    Task,
    Update,
    Values,
    Webhook,
)
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.effects import Act, SendMessage
from shared.domain.journeys.enrolment import Enrolment, TraceEntry
from shared.domain.journeys.kinds import (
    ActingStep,
    AssignStep,
    FeedbackStep,
    RewardStep,
    SendStep,
    StartJourneyStep,
    Step,
    UpdateStep,
    Value,
    WebhookStep,
)
from shared.domain.journeys.rules import AskedEntry, FromEntry
from shared.domain.journeys.steps.asked import asked_by
from shared.domain.messages.model import MessageRequest

Request = MessageRequest | ActionRequest


def asked_for(
    journey: Journey, enrolment: Enrolment, entries: Iterable[TraceEntry]
) -> Iterator[Request]:
    """Everything that these decisions asked for, read off the trace."""
    for entry in entries:
        if not entry.step:
            continue
        for effect in asked_by(journey.step(entry.step), enrolment.enrolment_id, entry):
            match effect:
                case SendMessage():
                    yield _message(journey, enrolment, effect)
                case Act():
                    yield _action(journey, enrolment, effect)
                case _:
                    assert_never(effect)


def _message(journey: Journey, enrolment: Enrolment, effect: SendMessage) -> MessageRequest:
    step = journey.step(effect.step)
    values = step.values if isinstance(step, SendStep | FeedbackStep) else {}
    pins = journey.template_versions
    templates = (effect.template_id, *effect.fallback)
    return MessageRequest(
        workspace_id=enrolment.workspace_id,
        profile_id=enrolment.profile_id,
        message_id=effect.message_id,
        enrolment_id=enrolment.enrolment_id,
        journey_id=enrolment.journey_id,
        journey_version=enrolment.journey_version,
        step=effect.step,
        visit=effect.visit,
        template_id=effect.template_id,
        purpose=journey.purpose,
        topic=journey.topic,
        requested_at=effect.requested_at,
        fallback=effect.fallback,
        values=_handed(values, enrolment.entry),
        constants=tuple(name for name in values if not isinstance(values[name], FromEntry)),
        pins={one: pins[one] for one in templates if one in pins},
        priority=journey.priority,
        quiet_hours=quiet_hours_of(journey),
        expires_after=int(expiry_of(journey, step).total_seconds()),
        broadcast_id=_broadcast_of(journey, enrolment),
        correlation_id=enrolment.correlation_id,
    )


def quiet_hours_of(journey: Journey) -> str:
    """How dispatch is told of the quiet hours of a journey."""
    said = journey.quiet_hours
    return said if isinstance(said, str) else ",".join(said)


def expiry_of(journey: Journey, step: Step) -> timedelta:
    """How long a message of a step may wait."""
    own = step.expires_after if isinstance(step, SendStep) else None
    return own or journey.expires_after


def _broadcast_of(journey: Journey, enrolment: Enrolment) -> str:
    """The broadcast that asked for the person, where one did."""
    if not isinstance(journey.entry, AskedEntry) or not enrolment.trace:
        return ""
    return broadcast_in(enrolment.trace[0].fact or "", enrolment.profile_id)


def _action(journey: Journey, enrolment: Enrolment, effect: Act) -> ActionRequest:
    step = journey.step(effect.step)
    if not isinstance(step, ActingStep | AssignStep):
        raise TypeError(f"a step of type {step.type} asks for no action")
    return ActionRequest(
        workspace_id=enrolment.workspace_id,
        profile_id=enrolment.profile_id,
        action_id=effect.action_id,
        enrolment_id=enrolment.enrolment_id,
        journey_id=enrolment.journey_id,
        journey_version=enrolment.journey_version,
        step=effect.step,
        visit=effect.visit,
        asked_at=effect.asked_at,
        turn=_turn(enrolment, effect),
        action=_what(step, effect, enrolment.entry),
        correlation_id=enrolment.correlation_id,
    )


def _turn(enrolment: Enrolment, effect: Act) -> int:
    """How many actions were asked for before this one at the same instant."""
    turn = 0
    for entry in enrolment.trace:
        if (entry.step, entry.visit) == (effect.step, effect.visit):
            break
        turn += entry.decision == "acted" and entry.at == effect.asked_at
    return turn


def _what(step: ActingStep | AssignStep, effect: Act, entry: Values) -> Action:
    match step:
        case UpdateStep():
            traits = _given(step.traits, entry)
            return Update(traits=traits, tags=step.tags, lists=step.lists)
        case RewardStep():
            return Reward(points=step.points, coupon=step.coupon)
        case WebhookStep():
            return Webhook(url=step.url, body=_given(step.body, entry))
        case StartJourneyStep():
            properties = _given(step.properties, entry)
            return StartJourney(journey_id=step.journey_id, properties=properties)
        case AssignStep():
            to = step.escalate_to if effect.escalated else step.to
            due = effect.asked_at if effect.escalated else effect.asked_at + step.due
            return Task(title=step.title, to=to, due=due, escalated=effect.escalated)
        case _:
            assert_never(step)


def _given(values: Mapping[str, Value], entry: Values) -> Values:
    """What an action is given: one value each, lists are for messages alone."""
    found = _handed(values, entry)
    return {name: None if isinstance(one, list) else one for name, one in found.items()}


def _handed(values: Mapping[str, Value], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: entry.get(value.entry) if isinstance(value, FromEntry) else value
        for name, value in values.items()
    }
