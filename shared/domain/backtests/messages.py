"""What would have become of a message: the decision of dispatch, and the text as it went out."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.domain.backtests.setting import Setting
from shared.domain.histories.known import Known
from shared.domain.journeys.enrolment import CUTS, Enrolment
from shared.domain.messages.channels import Channel
from shared.domain.messages.decision import Person, Send, Suppress, decide
from shared.domain.messages.handover import SmsContent
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.reasons import Reason
from shared.domain.messages.render import render, variables_for
from shared.domain.messages.sms import measure
from shared.errors import InvalidInputError

SENT: Literal["sent"] = "sent"


@dataclass(frozen=True, slots=True)
class Judged:
    """A message, and what dispatch would have decided at `at`: `sent`, or the reason why not.

    `parts` is what its channel is paid by: segments of a text message, one for an email.
    """

    request: MessageRequest
    at: datetime
    channel: Channel | None
    outcome: Reason | Literal["sent"]
    parts: int = 0


def judge_message(
    setting: Setting, request: MessageRequest, enrolment: Enrolment, known: Known, now: datetime
) -> Judged:
    """Decide as dispatch decides, on a workspace as it is today and a person as she was then.

    The journey counts as published. Nobody knows who was on the suppression list then.
    """
    template = setting.templates.get(request.template_id)
    channel = template.channel if template else None
    if enrolment.ended_by in CUTS:
        return Judged(request, now, channel, "enrolment_ended")
    person = Person(known.traits, known.consents)
    match decide(request, template, person, setting.settings, "published"):
        case Suppress() as suppressed:
            return Judged(request, now, suppressed.channel, suppressed.reason)
        case Send() as send:
            return _sent(setting, request, send, known, now)


def _sent(
    setting: Setting, request: MessageRequest, send: Send, known: Known, now: datetime
) -> Judged:
    variables = variables_for(request, known.traits if send.personalised else {})
    try:
        content = render(send.template, variables, now.astimezone(setting.zone))
    except InvalidInputError:
        why: Reason = "render_failed" if send.personalised else "no_personalisation"
        return Judged(request, now, send.channel, why)
    parts = measure(content.text).segments if isinstance(content, SmsContent) else 1
    return Judged(request, now, send.channel, SENT, parts)
