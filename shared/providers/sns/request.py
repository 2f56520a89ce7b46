"""Requests to Amazon SNS: text messages to numbers, notifications to endpoints of devices."""

import json
from typing import Any, Final

from shared.domain.channels.push import PushContent
from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Handover

_APPLE: Final = ("APNS", "APNS_SANDBOX")


def text_request(handover: Handover, content: SmsContent) -> dict[str, Any]:
    """Arguments of `publish` for a text message."""
    kind = "Promotional" if handover.purpose == "marketing" else "Transactional"
    return {
        "PhoneNumber": handover.address,
        "Message": content.text,
        "MessageAttributes": {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": kind}},
    }


def push_request(handover: Handover, content: PushContent) -> dict[str, Any]:
    """Arguments of `publish` for a notification, in the form of the device's platform."""
    platform = handover.address.split(":endpoint/")[1].split("/")[0]
    told = {"message_id": handover.message_id}
    if content.link:
        told["link"] = content.link
    shown = {"title": content.title, "body": content.text}
    if platform in _APPLE:
        body: dict[str, Any] = {"aps": {"alert": shown, "sound": "default"}, **told}
    else:
        body = {"notification": shown, "data": told}
    message = {"default": content.text, platform: _json(body)}
    return {
        "TargetArn": handover.address,
        "MessageStructure": "json",
        "Message": _json(message),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
