"""What a server of the customer's is told, and how it can know that we say so.

`X-Rapport-Signature` is `v1=` and the HMAC-SHA256, in hexadecimal digits, of the timestamp, a full
stop and the body. A server recomputes it, and refuses what is older than some minutes.
"""

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Final

from shared.domain.channels.webhook import WebhookContent
from shared.domain.messages.handover import Handover

TIMESTAMP: Final = "X-Rapport-Timestamp"
SIGNATURE: Final = "X-Rapport-Signature"
KEY: Final = "Idempotency-Key"


def body_of(handover: Handover, content: WebhookContent) -> bytes:
    """The body for one message."""
    told = {
        "message_id": handover.message_id,
        "workspace_id": handover.workspace_id,
        "profile_id": handover.profile_id,
        "purpose": handover.purpose,
        "fields": dict(content.fields),
    }
    if handover.correlation_id:
        told["correlation_id"] = handover.correlation_id
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def headers(key: str, body: bytes, secret: bytes | None, now: datetime) -> Mapping[str, str]:
    """The headers of a call; `key` is the same for every repetition, and without a `secret`
    nothing is signed.
    """
    found = {"Content-Type": "application/json", "User-Agent": "rapport", KEY: key}
    if secret is not None:
        timestamp = str(int(now.timestamp()))
        found[TIMESTAMP] = timestamp
        found[SIGNATURE] = signature(secret, timestamp, body)
    return found


def signature(secret: bytes, timestamp: str, body: bytes) -> str:
    """What proves that a body was sent by whoever knows the secret, and when."""
    return f"v1={hmac.new(secret, timestamp.encode() + b'.' + body, sha256).hexdigest()}"
