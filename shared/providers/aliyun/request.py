"""Requests to Alibaba Cloud's SMS API, signed by ACS3-HMAC-SHA256."""

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final
from urllib.parse import quote, urlsplit

from shared.domain.callbacks.names import out_id
from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Handover
from shared.providers.http import Request

BASE: Final = "https://dysmsapi.aliyuncs.com"
VERSION: Final = "2017-05-25"
ALGORITHM: Final = "ACS3-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Keys:
    """An access key."""

    key_id: str
    secret: str


def message_request(
    base: str,
    keys: Keys,
    sign_name: str,
    handover: Handover,
    content: SmsContent,
    *,
    now: datetime,
    nonce: str,
) -> Request:
    """One text message of a template; `now` is in UTC, `nonce` was never used before."""
    query = {
        "PhoneNumbers": handover.address.removeprefix("+"),
        "SignName": sign_name,
        "TemplateCode": content.code,
        "TemplateParam": json.dumps(
            dict(content.fields), ensure_ascii=False, separators=(",", ":")
        ),
        "OutId": out_id(handover.profile_id, handover.message_id),
    }
    headers = {
        "host": urlsplit(base).netloc,
        "x-acs-action": "SendSms",
        "x-acs-content-sha256": sha256(b"").hexdigest(),
        "x-acs-date": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": VERSION,
    }
    headers["Authorization"] = authorization(keys, "POST", "/", query, headers)
    return Request("POST", f"{base}/?{_canonical(query)}", headers)


def authorization(
    keys: Keys, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]
) -> str:
    """The header that signs a call without a body; `headers` have names in small letters."""
    names = sorted(headers)
    lines = "".join(f"{name}:{headers[name].strip()}\n" for name in names)
    signed = ";".join(names)
    body = headers["x-acs-content-sha256"]
    wanted = "\n".join((method, path, _canonical(query), lines, signed, body))
    text = f"{ALGORITHM}\n{sha256(wanted.encode()).hexdigest()}"
    signature = hmac.new(keys.secret.encode(), text.encode(), sha256).hexdigest()
    return f"{ALGORITHM} Credential={keys.key_id},SignedHeaders={signed},Signature={signature}"


def _canonical(query: Mapping[str, str]) -> str:
    return "&".join(f"{_escaped(name)}={_escaped(query[name])}" for name in sorted(query))


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")
