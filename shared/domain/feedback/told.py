"""The events that a person gets in the timeline for what came back of a message."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple

from shared.domain.events.model import Event
from shared.domain.events.own import (
    MESSAGE_BOUNCED,
    MESSAGE_CLICKED,
    MESSAGE_COMPLAINED,
    MESSAGE_DELAYED,
    MESSAGE_DELIVERED,
    MESSAGE_OPENED,
    MESSAGE_REJECTED,
    MESSAGE_SCANNED,
    own_event,
)
from shared.domain.feedback.hits import Hit
from shared.domain.feedback.reports import Report, ReportKind
from shared.domain.feedback.scanners import Why
from shared.domain.instants import format_instant

FEEDBACK_GIVEN: Final = "feedback_given"

_OF_REPORTS: Final[dict[ReportKind, str]] = {
    "delivered": MESSAGE_DELIVERED,
    "delayed": MESSAGE_DELAYED,
    "bounced": MESSAGE_BOUNCED,
    "rejected": MESSAGE_REJECTED,
    "complained": MESSAGE_COMPLAINED,
}


class About(NamedTuple):
    """The message that something came back of, as its row has it."""

    journey_id: str
    journey_version: int
    template_id: str
    step: str
    channel: str | None
    message_id: str

    @property
    def properties(self) -> dict[str, Any]:
        """What every event about the message says of it; the same as `$message_sent`."""
        return {
            "journey_id": self.journey_id,
            "template_id": self.template_id,
            "step": self.step,
            "channel": self.channel,
            "message_id": self.message_id,
        }


def hit_told(hit: Hit, why: Why | None, about: About, now: datetime) -> Event | None:
    """What a hit is told as: a machine's is kept apart under a name that wakes nobody.

    None for a person's fetch of the link that no person sees, which there is none of.
    """
    more: dict[str, Any] = {"url": hit.url, "link_number": hit.place} if hit.kind == "click" else {}
    if hit.link:
        more["link"] = hit.link
    if why:
        name, more = MESSAGE_SCANNED, {**more, "what": hit.kind, "why": why}
    elif hit.kind == "trap":
        return None
    else:
        name = MESSAGE_CLICKED if hit.kind == "click" else MESSAGE_OPENED
    return _event(hit.workspace_id, name, f"hit:{hit.hit_id}", about, more, at=hit.at, now=now)


def report_told(report: Report, about: About, now: datetime) -> Event:
    """What a provider's word is told as; never to which address."""
    more = {"bounce": report.bounce, "detail": report.detail or None}
    return _event(
        report.workspace_id,
        _OF_REPORTS[report.kind],
        f"{report.kind}:{report.provider}:{report.report_id}",
        about,
        {name: value for name, value in more.items() if value},
        at=report.at,
        now=now,
    )


def answer_told(
    workspace_id: str, question: str, answer: str, about: About, event: str, now: datetime
) -> Event:
    """What a person answered to a question in a message, at `now`; another answer is one more."""
    more = {"question": question, "answer": answer}
    said = sha256(f"{question}\0{answer}\0{format_instant(now)}".encode()).hexdigest()[:16]
    return _event(
        workspace_id,
        event,
        f"answer:{about.message_id}:{said}",
        about,
        more,
        at=now,
        now=now,
    )


def _event(
    workspace_id: str,
    name: str,
    event_id: str,
    about: About,
    more: Mapping[str, Any],
    *,
    at: datetime,
    now: datetime,
) -> Event:
    properties = {**about.properties, **more}
    return own_event(workspace_id, name, event_id, at=at, now=now, properties=properties)
