"""Takes in what came back of messages: hits, words of providers, and replies.

Everything may come again, late, before our own record, or for somebody who was merged since: events
are named by what came, and lie in the strand of the message. What an event brings about (an end of
the message, a suppression, a refusal, a journey that is paused) is done before and after it by
steps that change nothing when they are repeated, so a repetition after any crash does the rest.
"""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Protocol

from functions.record_feedback.pausing import Pausing
from shared.aws.catalog import CatalogReader
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import MOST_HITS, FeedbackStore, Sent
from shared.aws.message_settling import MessageSettling
from shared.aws.queues import EventQueue
from shared.aws.suppressions import Suppressions
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Decision, Scope
from shared.domain.events.packing import encode
from shared.domain.feedback.hits import Hit
from shared.domain.feedback.replies import replied
from shared.domain.feedback.reports import Report, report_of_ses
from shared.domain.feedback.scanners import judged
from shared.domain.feedback.thresholds import subject
from shared.domain.feedback.told import hit_told, report_told
from shared.domain.messages.addresses import canonical, is_valid
from shared.domain.messages.links import Ref
from shared.errors import InvalidInputError, TransientError

_COUNTED: Final = frozenset({"delivered", "complained"})

Observer = Callable[[str], None]
"""Hears what was taken in, by a word of a closed set."""


class Notifications(Protocol):
    """Reads notifications of SNS."""

    def read(self, envelope: dict[str, Any]) -> dict[str, Any]:
        """What an allowed topic really said; raises UnauthorizedError for anything else."""


class RecordFeedback:
    """One message of the queue after another."""

    def __init__(
        self,
        feedback: FeedbackStore,
        settling: MessageSettling,
        suppressions: Suppressions,
        reader: ConsentReader,
        consents: ConsentStore,
        catalog: CatalogReader,
        pausing: Pausing,
        events: EventQueue,
        notifications: Notifications,
        now: Callable[[], datetime],
        observe: Observer,
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._feedback = feedback
        self._settling = settling
        self._suppressions = suppressions
        self._reader = reader
        self._consents = consents
        self._catalog = catalog
        self._pausing = pausing
        self._events = events
        self._notifications = notifications
        self._now = now
        self._observe = observe

    def take(self, body: str) -> None:
        """Take one message in.

        Raises InvalidInputError or UnauthorizedError for what is none of ours, TransientError or
        ConflictError when the queue must bring it again.
        """
        content = _json(body)
        if "hit" in content:
            self._hit(Hit.from_body(body))
        elif "report" in content:
            self._report(Report.from_json(content["report"]))
        elif "spent" in content:
            self._pausing.spent(**content["spent"], now=self._now())
        elif content.get("source") == "aws.ses":
            self._of_ses(content.get("detail") or {})
        elif content.get("Type") == "Notification":
            said = self._notifications.read(content)
            if "inboundMessageId" in said:
                event = replied(said, self._now())
                self._events.send_events([encode(event)])
                self._observe("reply")
            else:
                self._of_ses(said)
        else:
            raise InvalidInputError("neither a hit nor a provider's word")

    def _hit(self, hit: Hit) -> None:
        ref = Ref(hit.workspace_id, hit.profile_id, hit.message_id)
        sent = self._feedback.find(ref)
        if sent is None or self._refused(ref, sent.about.channel or ""):
            return
        if len(sent.hits) >= MOST_HITS and hit.trace not in sent.hits:
            return  # nobody opens one message that often, and a timeline is no place for it
        why = judged(hit, sent.hits, sent.delivered_at)
        event = hit_told(hit, why, sent.about, self._now())
        if event and self._feedback.tell(ref, event):
            self._observe(f"{hit.kind}, by a machine" if why else hit.kind)

    def _refused(self, ref: Ref, channel: str) -> bool:
        """Whether the person wants nobody to write down what they open, by now."""
        if not self._catalog.settings(ref.workspace_id).tracking:
            return True
        standing = self._reader.standing(ref.workspace_id, ref.profile_id)
        said = verdict(standing.kept.decisions, "tracking", "", channel) if standing else None
        return standing is None or (said is not None and not said.granted)

    def _of_ses(self, event: dict[str, Any]) -> None:
        report = report_of_ses(event)
        if report:
            self._report(report)

    def _report(self, report: Report) -> None:
        now = self._now()
        ref = self._ref_of(report, now)
        sent = self._feedback.find(ref) if ref else None
        if ref is None or sent is None:
            return  # a message of another deployment, or its person is gone
        self._settling.settle_from_provider(
            *ref,
            now=now,
            status="rejected" if report.kind == "rejected" else "sent",
            provider=report.provider,
            provider_message_id=report.provider_message_id,
            detail=report.detail if report.kind == "rejected" else "",
        )
        self._protect(ref, report, sent)
        journey_id = sent.about.journey_id
        counts = sent.about.channel == "email" and (report.kind in _COUNTED or _is_final(report))
        told = self._feedback.tell(
            ref,
            report_told(report, sent.about, now),
            mark={f"{report.kind}_at": report.at},
            counted=(subject(journey_id, now), report.kind) if counts else None,
        )
        if told:
            self._observe(report.kind)
        if report.kind == "complained" or _is_final(report):
            at = self._catalog.settings(ref.workspace_id).pause_at
            self._pausing.look(ref.workspace_id, journey_id, now, at)

    def _ref_of(self, report: Report, now: datetime) -> Ref | None:
        """The message that a report is about; None for a number that nobody noted in time."""
        if report.message_id:
            return Ref(report.workspace_id, report.profile_id, report.message_id)
        names = report.workspace_id, report.provider, report.provider_message_id
        ref = self._feedback.numbered(*names)
        if ref is None and report.sought_until and now < report.sought_until:
            raise TransientError("nobody has noted the number of this message yet")
        return ref

    def _protect(self, ref: Ref, report: Report, sent: Sent) -> None:
        """Write no more to who cannot be reached or complains; an answering machine is neither."""
        if report.kind == "complained":
            refusal = Decision(
                Scope("marketing", channel="email"),
                False,
                report.at,
                f"{report.provider} {report.report_id}",
                "complaint",
            )
            self._consents.decide(ref.workspace_id, ref.profile_id, refusal)
        elif not _is_final(report):
            return
        for address in report.addresses:
            if is_valid("email", address) and _went_to(sent, address):
                self._suppressions.put(
                    ref.workspace_id,
                    "email",
                    address,
                    reason="complaint" if report.kind == "complained" else "bounce",
                    source=f"{report.provider} {report.report_id}",
                    at=report.at,
                )


def _is_final(report: Report) -> bool:
    """Whether the address takes no mail at all: what SES and mail providers count as a bounce.

    Answering machines and full mailboxes speak after a delivery, and say nothing about the list.
    """
    return report.kind == "bounced" and report.bounce == "permanent"


def _went_to(sent: Sent, address: str) -> bool:
    """Whether a message went to an address, as far as that is known.

    A bounce is a mail, which whoever got the message can write: it may name anybody's address.
    """
    if sent.about.channel != "email" or not sent.address:
        return True  # by now it goes another way
    return canonical("email", address) == canonical("email", sent.address)


def _json(body: str) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError("the body is not JSON") from error
    if not isinstance(content, dict):
        raise InvalidInputError("the body is no object")
    return content
