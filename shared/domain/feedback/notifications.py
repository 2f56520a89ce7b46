"""Notifications of SNS: what of one is signed, and where its certificate may lie."""

import re
from collections.abc import Mapping
from typing import Any, Final

# A certificate from anywhere else would let anybody sign.
_CERTIFICATE: Final = re.compile(
    r"https://sns\.[a-z]{2}(-[a-z]+)+-[0-9]\.amazonaws\.com(\.cn)?"
    r"/SimpleNotificationService-[0-9a-f]{32,64}\.pem"
)
_SIGNED: Final = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")


def is_certificate_of_sns(url: str) -> bool:
    """Say whether SNS itself publishes its certificates there."""
    return _CERTIFICATE.fullmatch(url) is not None


def signed_text(envelope: Mapping[str, Any]) -> bytes:
    """What the signature of a notification is over: names and values, a line each."""
    lines = (f"{name}\n{envelope[name]}\n" for name in _SIGNED if envelope.get(name) is not None)
    return "".join(lines).encode()
