"""What providers say became of a message: read from SES's events, whichever way they came.

SES publishes by a configuration set on EventBridge (`source: aws.ses`, the event in `detail`) or
through SNS (the event is the notification's text). Our ids travel as tags of the message.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final, Literal

from shared.domain.instants import format_instant, parse_instant
from shared.errors import InvalidInputError

ReportKind = Literal["delivered", "delayed", "bounced", "rejected", "complained"]
BounceType = Literal["permanent", "transient", "undetermined"]

SES: Final = "ses"

_KINDS: Final[dict[str, tuple[ReportKind, str]]] = {
    "Delivery": ("delivered", "delivery"),
    "DeliveryDelay": ("delayed", "deliveryDelay"),
    "Bounce": ("bounced", "bounce"),
    "Reject": ("rejected", "reject"),
    "Rendering Failure": ("rejected", "failure"),
    "Complaint": ("complained", "complaint"),
}
_BOUNCES: Final[dict[str, BounceType]] = {"Permanent": "permanent", "Transient": "transient"}
_RECIPIENTS: Final = ("bouncedRecipients", "complainedRecipients", "delayedRecipients")
_LONGEST_DETAIL: Final = 300
# "Not spam" takes a complaint back, and takes nothing away from anybody.
_NO_COMPLAINTS: Final = frozenset({"not-spam"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One thing that a provider says of one message; `report_id` is the same on every repetition.

    `bounce` says of what kind a bounce is, and None of anything else: only `permanent` says that
    the address takes no mail; an answering machine is `transient`. `addresses` are those it is
    about. `detail` is for the operator. A report of a provider that knows nothing of our ids has
    none, and its `provider_message_id` leads to the message; `sought_until` is until when that is
    looked for.
    """

    report_id: str
    kind: ReportKind
    workspace_id: str
    profile_id: str
    message_id: str
    at: datetime
    provider: str = SES
    provider_message_id: str = ""
    bounce: BounceType | None = None
    addresses: tuple[str, ...] = ()
    detail: str = ""
    sought_until: datetime | None = None

    def to_body(self) -> str:
        """Write the body that travels in the queue of what came back."""
        until = format_instant(self.sought_until) if self.sought_until else None
        values = {**asdict(self), "at": format_instant(self.at), "sought_until": until}
        return json.dumps({"report": values}, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Read what `to_body` wrote below `report`; raises InvalidInputError."""
        try:
            until = data.get("sought_until")
            values = {
                **data,
                "at": parse_instant(data["at"]),
                "addresses": tuple(data.get("addresses", ())),
                "sought_until": parse_instant(until) if until else None,
            }
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInputError("this is no report of a provider") from error


def report_of_ses(event: Mapping[str, Any]) -> Report | None:
    """Read an event of SES; None for one that says nothing we ask for, or of no message of ours.

    Raises InvalidInputError when it is none that SES would publish.
    """
    named = str(event.get("eventType") or event.get("notificationType") or "")
    if named not in _KINDS:
        return None
    kind, part = _KINDS[named]
    try:
        mail = event["mail"]
        content = event.get(part, {})
        tags = {name: str(values[0]) for name, values in (mail.get("tags") or {}).items() if values}
        at = parse_instant(content.get("timestamp") or mail["timestamp"])
        provider_message_id = str(mail["messageId"])
        found = [one for name in _RECIPIENTS for one in content.get(name) or ()]
        addresses = tuple(str(one["emailAddress"]) for one in found)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InvalidInputError(f"not an event of SES: {named} without its parts") from error
    ids = [tags.get(name) for name in ("workspace_id", "profile_id", "message_id")]
    if kind == "complained" and content.get("complaintFeedbackType") in _NO_COMPLAINTS:
        return None
    workspace_id, profile_id, message_id = ids
    if not (workspace_id and profile_id and message_id):
        return None  # mail that somebody else sent by the same configuration set
    return Report(
        report_id=str(content.get("feedbackId") or f"{provider_message_id} {named}"),
        kind=kind,
        workspace_id=workspace_id,
        profile_id=profile_id,
        message_id=message_id,
        at=at,
        provider_message_id=provider_message_id,
        bounce=_bounce(content) if kind == "bounced" else None,
        addresses=addresses,
        detail=_detail(content),
    )


def _bounce(content: Mapping[str, Any]) -> BounceType:
    return _BOUNCES.get(str(content.get("bounceType")), "undetermined")


def _detail(content: Mapping[str, Any]) -> str:
    """Types and reasons, in SES's words; never what a receiver's server wrote, nor an address."""
    names = ("bounceSubType", "complaintFeedbackType", "complaintSubType", "delayType", "reason")
    told = [str(content[name]) for name in names if content.get(name)]
    return ", ".join(told)[:_LONGEST_DETAIL]
