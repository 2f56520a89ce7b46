"""Requests to Tencent Cloud's SMS API, signed by TC3-HMAC-SHA256."""

import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Handover
from shared.providers.http import Request

BASE: Final = "https://sms.tencentcloudapi.com"
VERSION: Final = "2021-01-11"
ALGORITHM: Final = "TC3-HMAC-SHA256"
_SERVICE: Final = "sms"
_JSON: Final = "application/json"
_SIGNED: Final = "content-type;host"


@dataclass(frozen=True, slots=True)
class Account:
    """Whose messages they are; `region` is the one whose API is called."""

    secret_id: str
    secret_key: str
    app_id: str
    sign_name: str
    region: str


def message_request(
    base: str, account: Account, handover: Handover, content: SmsContent, *, now: datetime
) -> Request:
    """One text message of a template; its values go by their order."""
    body = json.dumps(
        {
            "PhoneNumberSet": [handover.address],
            "SmsSdkAppId": account.app_id,
            "SignName": account.sign_name,
            "TemplateId": content.code,
            "TemplateParamSet": [value for _, value in content.fields],
            "SessionContext": handover.message_id,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()
    host = urlsplit(base).netloc
    headers = {
        "Content-Type": _JSON,
        "Host": host,
        "X-TC-Action": "SendSms",
        "X-TC-Version": VERSION,
        "X-TC-Region": account.region,
        "X-TC-Timestamp": str(int(now.timestamp())),
        "Authorization": authorization(account, host, body, now),
    }
    return Request("POST", f"{base}/", headers, body)


def authorization(account: Account, host: str, body: bytes, now: datetime) -> str:
    """The header that signs a body."""
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    lines = f"content-type:{_JSON}\nhost:{host}\n"
    wanted = "\n".join(("POST", "/", "", lines, _SIGNED, sha256(body).hexdigest()))
    scope = f"{day}/{_SERVICE}/tc3_request"
    digest = sha256(wanted.encode()).hexdigest()
    text = f"{ALGORITHM}\n{int(now.timestamp())}\n{scope}\n{digest}"
    key = f"TC3{account.secret_key}".encode()
    for part in (day, _SERVICE, "tc3_request"):
        key = hmac.digest(key, part.encode(), sha256)
    signature = hmac.new(key, text.encode(), sha256).hexdigest()
    return (
        f"{ALGORITHM} Credential={account.secret_id}/{scope},"
        f" SignedHeaders={_SIGNED}, Signature={signature}"
    )
