"""Whether a message goes out and where to: a pure decision over facts that were read for it.

What can change until the last instant (enrolment, consent, suppression) is checked once more by
the claim (`shared/aws/message_store.py`); the decision says which of these the claim must check.

A message is sent now, put off until an instant that is known, or not sent at all. Of several
templates the first one goes out that can now; where none can now, the message waits for the one
that can first; and only where none ever can it is not sent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, NamedTuple, assert_never

from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import InForce
from shared.domain.messages import addresses
from shared.domain.messages.ledger import Wait
from shared.domain.messages.model import AnyTemplate, Channel, MessageRequest
from shared.domain.messages.reasons import Deferring, Reason
from shared.domain.messages.timing import (
    UNKNOWN_CONTACTS,
    Contacts,
    Moment,
    expires_at,
    later,
    waiting,
    why_expired,
    window_for,
    wish_of,
)
from shared.domain.messages.windows import Window
from shared.domain.workspace.model import WorkspaceSettings

JourneyStatus = Literal["draft", "published", "paused", "archived"]


@dataclass(frozen=True, slots=True)
class Person:
    """What dispatch knows of the receiver: trait name → value, consents in force, past contacts."""

    traits: Mapping[str, Any]
    consents: InForce
    contacts: Contacts = UNKNOWN_CONTACTS


@dataclass(frozen=True, slots=True)
class Send:
    """Send to this address, if the claim finds enrolment, suppression and consent as they must be.

    `consent_matters` says whether the claim must find consents as they were decided on; without
    `personalised` the message is written without anything that is known of the person. `counts` is
    what the claim writes into the ledger of the contact budget, and `window` what it takes from.
    """

    template: AnyTemplate
    address: str
    consent_matters: bool
    personalised: bool = True
    counts: Wait | None = None
    window: Window | None = None
    template_version: int = 0

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


@dataclass(frozen=True, slots=True)
class Defer:
    """Decide again at `until`; `waits` is what the ledger keeps of it, where a limit covers it."""

    until: datetime
    reason: Deferring
    channel: Channel
    waits: Wait | None = None


Decision = Send | Defer | Suppress


class Rung(NamedTuple):
    """A request by one template, that template (None when there is none), and its place.

    `version` is that of the template, 0 where nobody keeps count.
    """

    place: int
    request: MessageRequest
    template: AnyTemplate | None
    version: int = 0


def climb(
    rungs: Iterable[Rung],
    person: Person,
    settings: WorkspaceSettings,
    status: JourneyStatus,
    moment: Moment,
) -> tuple[Rung, Decision]:
    """The first rung by which the person can be reached now, else the one by which it can be first.

    Where none can, it is the first one, with what every one lacks. `rungs` are at least one.
    """
    refused: list[tuple[Rung, Suppress]] = []
    put_off: list[tuple[Rung, Defer]] = []
    for rung in rungs:
        decision = decide(rung.request, rung.template, person, settings, status, moment)
        match decision:
            case Send():
                return rung, decision
            case Defer():
                put_off.append((rung, decision))
            case Suppress():
                refused.append((rung, decision))
            case _:
                assert_never(decision)
    if put_off:
        return min(put_off, key=lambda one: one[1].until)
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
    moment: Moment,
) -> Decision:
    """Decide on one message; the first reason against it wins, those of the workspace first.

    What says no for good comes before what says not yet.
    """
    channel = template.channel if template else None
    if journey_status == "paused":
        return Suppress("journey_paused", channel)
    if journey_status not in ("published", "archived"):
        return Suppress("journey_not_published", channel)
    if template is None:
        return Suppress("template_missing", None, request.template_id)
    if channel == "email" and not settings.email_from:
        return Suppress("no_sender", channel)
    decision = _decide_on_address(request, template, person, settings)
    if isinstance(decision, Send):
        return _decide_on_time(request, decision, person, settings, moment)
    return decision


def _decide_on_time(
    request: MessageRequest,
    send: Send,
    person: Person,
    settings: WorkspaceSettings,
    moment: Moment,
) -> Decision:
    if moment.now >= expires_at(request, moment):
        return Suppress("expired", send.channel, why_expired(moment))
    contacts = person.contacts
    takes, window = window_for(send.template, send.address, contacts, moment.wall)
    if not takes:
        return Suppress("window_closed", send.channel)
    wish = wish_of(request, send.template, settings, moment)
    until = later(request, send.template, send.address, person.traits, contacts, settings, moment)
    if until is not None:
        instant = min(until.until, expires_at(request, moment))
        return Defer(instant, until.reason, send.channel, waiting(wish, instant))
    return replace(send, counts=wish, window=window)


def _decide_on_address(
    request: MessageRequest,
    template: AnyTemplate,
    person: Person,
    settings: WorkspaceSettings,
) -> Send | Suppress:
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
) -> Send | Suppress:
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
