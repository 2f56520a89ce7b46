"""What would have become of a message: the decision of dispatch, and the text as it went out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.domain.backtests.setting import Setting
from shared.domain.histories.known import Known
from shared.domain.journeys.enrolment import CUTS, Enrolment
from shared.domain.messages.as_sent import as_sent
from shared.domain.messages.channels import Channel
from shared.domain.messages.decision import Defer, Person, Rung, Send, Suppress, climb
from shared.domain.messages.handover import SmsContent
from shared.domain.messages.ledger import Ledger, Use, Wait
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.reasons import Deferring, Reason
from shared.domain.messages.render import render, variables_for
from shared.domain.messages.sms import measure
from shared.domain.messages.timing import Contacts, Moment
from shared.errors import InvalidInputError

SENT: Literal["sent"] = "sent"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, and what dispatch would have decided at `at`: `sent`, or the reason why not.

    `parts` is what its channel is paid by: segments of a text message, one for an email. `use` is
    what a message that was sent counts as, where a cap covers it.
    """

    request: MessageRequest
    at: datetime
    channel: Channel | None
    outcome: Reason | Literal["sent"]
    parts: int = 0
    use: Use | None = None


@dataclass(frozen=True, slots=True)
class PutOff:
    """A message that may not go out before `until`; `waits` is what the ledger keeps of it."""

    until: datetime
    channel: Channel
    reason: Deferring
    waits: Wait | None


def judge_message(
    setting: Setting,
    request: MessageRequest,
    enrolment: Enrolment,
    known: Known,
    moment: Moment,
    ledger: Ledger,
) -> Judged | PutOff:
    """Decide as dispatch decides, on a workspace as it is today and a person as she was then.

    The journey counts as published. Nobody knows who was on the suppression list then.
    """
    now = moment.now
    rungs = [
        Rung(place, one, setting.templates.get(one.template_id))
        for place, one in enumerate(request.rungs())
    ]
    if enrolment.ended_by in CUTS:
        template = rungs[0].template
        return Judged(request, now, template.channel if template else None, "enrolment_ended")
    person = Person(known.traits, known.consents, Contacts(ledger))
    while True:
        rung, decision = climb(rungs, person, setting.settings, "published", moment)
        match decision:
            case Suppress() as suppressed:
                return Judged(request, now, suppressed.channel, suppressed.reason)
            case Defer() as later:
                return PutOff(later.until, later.channel, later.reason, later.waits)
            case Send() as send:
                judged = _sent(setting, rung.request, send, known, now)
        rungs = [one for one in rungs if one.place != rung.place]
        if judged.outcome == SENT or not rungs:
            return judged
        _, further = climb(rungs, person, setting.settings, "published", moment)
        if isinstance(further, Suppress):
            return judged


def _sent(
    setting: Setting, request: MessageRequest, send: Send, known: Known, now: datetime
) -> Judged:
    """What the template says to the person; it may be that it can say nothing."""
    variables = variables_for(request, known.traits, personalised=send.personalised)
    try:
        content = render(send.template, variables, now.astimezone(setting.zone))
    except InvalidInputError:
        why: Reason = "render_failed" if send.personalised else "no_personalisation"
        return Judged(request, now, send.channel, why)
    sent = as_sent(
        content,
        base=setting.settings.public_url,
        workspace_id=request.workspace_id,
        purpose=request.purpose,
        topic=request.topic or send.template.topic,
    )
    parts = measure(sent.text).segments if isinstance(sent, SmsContent) else 1
    use = send.counts.use if send.counts else None
    return Judged(request, now, send.channel, SENT, parts, use)
