"""Requests to AWS End User Messaging SMS (`pinpoint-sms-voice-v2`)."""

from typing import Any

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Handover


def text_request(
    handover: Handover, content: SmsContent, origination: str, configuration_set: str
) -> dict[str, Any]:
    """Arguments of `send_text_message`; its events come back with the context."""
    wanted: dict[str, Any] = {
        "DestinationPhoneNumber": handover.address,
        "OriginationIdentity": origination,
        "MessageBody": content.text,
        "MessageType": "PROMOTIONAL" if handover.purpose == "marketing" else "TRANSACTIONAL",
        "Context": {
            "workspace_id": handover.workspace_id,
            "profile_id": handover.profile_id,
            "message_id": handover.message_id,
        },
    }
    if handover.correlation_id:
        wanted["Context"]["correlation_id"] = handover.correlation_id
    if configuration_set:
        wanted["ConfigurationSetName"] = configuration_set
    return wanted
