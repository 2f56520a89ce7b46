"""Where the emulated SES differs from the real one, and the mending.

The emulator keeps the event destinations of a configuration set, but publishes nothing on them; and
it refuses, as AWS does, that anybody else speaks as `aws.ses` on a bus. So what SES's mailbox
simulator would make of an email is published here. Other mail reaches nobody, and nothing is heard
of it.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import wraps
from types import ModuleType
from typing import Any, Final
from uuid import uuid4

from shared.domain.instants import format_instant

SIMULATOR_DOMAIN: Final = "simulator.amazonses.com"
_DELIVERY: Final = ("DELIVERY", "Delivery", "Email Delivered")
_BOUNCE: Final = ("BOUNCE", "Bounce", "Email Bounced")
_COMPLAINT: Final = ("COMPLAINT", "Complaint", "Email Complaint Received")
_HARD: Final = {"bounceType": "Permanent", "bounceSubType": "General"}
_AWAY: Final = {"bounceType": "Transient", "bounceSubType": "General"}
_SPAM: Final = {"complaintFeedbackType": "abuse"}
# A mailbox: the events about mail for it, each with what it says beside the recipient.
_MAILBOXES: Final[dict[str, tuple[tuple[tuple[str, str, str], dict[str, str]], ...]]] = {
    "success": ((_DELIVERY, {}),),
    "bounce": ((_BOUNCE, _HARD),),
    "ooto": ((_DELIVERY, {}), (_BOUNCE, _AWAY)),
    "complaint": ((_DELIVERY, {}), (_COMPLAINT, _SPAM)),
}


def apply(mail: ModuleType, buses: ModuleType) -> None:
    """Let SES tell the default bus what its mailbox simulator makes of an email."""
    handle: Callable[..., Any] = mail.handle_request

    @wraps(handle)
    async def handle_and_tell(
        method: str, path: str, headers: Any, body: bytes, query: Any
    ) -> tuple[int, Any, bytes]:
        answer: tuple[int, Any, bytes] = await handle(method, path, headers, body, query)
        status, _, content = answer
        if method == "POST" and path.rstrip("/").endswith("/outbound-emails") and status == 200:
            sent = json.loads(body)
            named = mail._config_sets.get(sent.get("ConfigurationSetName") or "") or {}
            destinations = list((named.get("EventDestinations") or {}).values())
            message_id = json.loads(content)["MessageId"]
            for kind, entry in told(sent, message_id, datetime.now(UTC)):
                if any(_wants(one, kind) for one in destinations):
                    buses._put_events({"Entries": [entry]}, allow_aws_source=True)
        return answer

    mail.__dict__["handle_request"] = handle_and_tell


def told(
    sent: dict[str, Any], message_id: str, now: datetime
) -> Iterator[tuple[str, dict[str, str]]]:
    """What becomes of a `SendEmail`: kinds of events, each with an entry for a bus."""
    at = format_instant(now)
    tags = {each["Name"]: [each["Value"]] for each in sent.get("EmailTags") or ()}
    tags["ses:configuration-set"] = [sent.get("ConfigurationSetName") or ""]
    recipients = sent.get("Destination", {}).get("ToAddresses") or []
    mail = {"timestamp": at, "messageId": message_id, "destination": recipients, "tags": tags}
    for address in recipients:
        mailbox, _, domain = address.lower().partition("@")
        if domain != SIMULATOR_DOMAIN:
            continue
        for (kind, name, title), more in _MAILBOXES.get(mailbox.partition("+")[0], ()):
            about: dict[str, Any] = {"timestamp": at, **more}
            if kind == "DELIVERY":
                about["recipients"] = [address]
            else:
                word = "bouncedRecipients" if kind == "BOUNCE" else "complainedRecipients"
                about |= {word: [{"emailAddress": address}], "feedbackId": str(uuid4())}
            detail = {"eventType": name, "mail": mail, name.lower(): about}
            entry = {"Source": "aws.ses", "DetailType": title, "Detail": json.dumps(detail)}
            yield kind, entry


def _wants(destination: dict[str, Any], kind: str) -> bool:
    """Whether a destination is a bus that is told of this kind of event."""
    is_bus = destination["Enabled"] and "EventBridgeDestination" in destination
    return is_bus and kind in destination["MatchingEventTypes"]
