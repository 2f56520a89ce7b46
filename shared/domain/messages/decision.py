"""Whether a message goes out and where to: a pure decision over facts that were read for it.

What can change until the last instant (enrolment, consent, suppression) is checked once more by
the claim (`shared/aws/message_store.py`); the decision says which of these the claim must check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import InForce
from shared.domain.messages import addresses
from shared.domain.messages.model import AnyTemplate, Channel, MessageRequest
from shared.domain.messages.reasons import Reason
from shared.domain.workspace.model import WorkspaceSettings

JourneyStatus = Literal["draft", "published", "paused", "archived"]


@dataclass(frozen=True, slots=True)
class Person:
    """What dispatch knows of the receiver: trait name → value, and the consents in force."""

    traits: Mapping[str, Any]
    consents: InForce


@dataclass(frozen=True, slots=True)
class Send:
    """Send to this address, if the claim finds enrolment, suppression and consent as they must be.

    `consent_matters` says whether the claim must find consents as they were decided on; without
    `personalised` the message is written without anything that is known of the person.
    """

    template: AnyTemplate
    address: str
    consent_matters: bool
    personalised: bool = True

    @property
    def channel(self) -> Channel:
        """The channel of the template."""
        return self.template.channel


@dataclass(frozen=True, slots=True)
class Suppress:
    """Do not send, for this reason; `detail` is free text for the operator.

    `channel` is the one it would have gone out on, None when the template is not known.
    """

    reason: Reason
    channel: Channel | None
    detail: str = ""


Decision = Send | Suppress


class Rung(NamedTuple):
    """A request by one template, that template (None when there is none), and its place."""

    place: int
    request: MessageRequest
    template: AnyTemplate | None


def climb(
    rungs: Iterable[Rung], person: Person, settings: WorkspaceSettings, status: JourneyStatus
) -> tuple[Rung, Decision]:
    """The first rung by which the person can be reached; else the first, with what every one lacks.

    `rungs` are at least one.
    """
    refused: list[tuple[Rung, Suppress]] = []
    for rung in rungs:
        decision = decide(rung.request, rung.template, person, settings, status)
        if isinstance(decision, Send):
            return rung, decision
        refused.append((rung, decision))
    (first, why), *others = refused
    if not others:
        return first, why
    reasons = [f"{rung.request.template_id}: {one.reason}" for rung, one in refused]
    return first, replace(why, detail="; ".join(reasons))


def decide(
    request: MessageRequest,
    template: AnyTemplate | None,
    person: Person,
    settings: WorkspaceSettings,
    journey_status: JourneyStatus,
) -> Decision:
    """Decide on one message; the first reason against it wins, those of the workspace first."""
    channel = template.channel if template else None
    if journey_status == "paused":
        return Suppress("journey_paused", channel)
    if journey_status not in ("published", "archived"):
        return Suppress("journey_not_published", channel)
    if template is None:
        return Suppress("template_missing", channel, request.template_id)
    if channel == "email" and not settings.email_from:
        return Suppress("no_sender", channel)
    return _decide_on_address(request, template, person, settings)


def _decide_on_address(
    request: MessageRequest,
    template: AnyTemplate,
    person: Person,
    settings: WorkspaceSettings,
) -> Decision:
    channel = template.channel
    value = template.address_in(person.traits, request.profile_id)
    if value is None or value == "":
        return Suppress("no_address", channel)
    if not isinstance(value, str) or not addresses.is_valid(channel, value):
        return Suppress("invalid_address", channel)
    if settings.rehearsal and not addresses.can_rehearse(channel, value, person.traits):
        return Suppress("rehearsal_address", channel)
    return _decide_on_consent(request, template, value, person.consents, settings)


def _decide_on_consent(
    request: MessageRequest,
    template: AnyTemplate,
    address: str,
    consents: InForce,
    settings: WorkspaceSettings,
) -> Decision:
    """Without a need for consent nothing said is yes, but a refusal is a refusal all the same.

    Transactional messages, such as receipts, can be refused only where they need consent.
    """
    channel, topic = template.channel, request.topic or template.topic
    needed = request.purpose in settings.consent_required
    matters = needed or request.purpose != "transactional"
    said = verdict(consents, request.purpose, topic, channel)
    if matters and not (said.granted if said else not needed):
        return Suppress("no_consent", channel)
    if request.purpose == "transactional":
        return Send(template, address, matters)
    wish = verdict(consents, "personalisation", topic, channel)
    personalised = wish.granted if wish else settings.personalisation_default
    plain = settings.without_personalisation == "send_plain" or request.purpose != "marketing"
    if not (personalised or plain):
        return Suppress("no_personalisation", channel)
    return Send(template, address, matters, personalised)
