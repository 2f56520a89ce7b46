"""Alibaba Cloud and Tencent Cloud as they are to senders of text messages."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from infra.local.providers.outbox import Now, Outbox, Refusal, Refused, Shown, json_of
from shared.providers.http import Request

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_DAY: Final = range(8, 22)  # hours in which advertising may come
_FRESH: Final = timedelta(minutes=15)
_ALIYUN: Final = re.compile(
    r"ACS3-HMAC-SHA256 Credential=[^,]+,SignedHeaders=host;x-acs-action;x-acs-content-sha256;"
    r"x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=[0-9a-f]{64}"
)
_TENCENT: Final = re.compile(
    r"TC3-HMAC-SHA256 Credential=[^/]+/\d{4}-\d\d-\d\d/sms/tc3_request,"
    r" SignedHeaders=content-type;host, Signature=[0-9a-f]{64}"
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A text message that a cloud took: `number` without a plus, `named` what we call it."""

    cloud: str
    number: str
    serial: str
    named: str


@dataclass
class SmsSimulator:
    """Both clouds; `advertising` are the codes of templates that come by day only."""

    outbox: Outbox
    now: Now
    advertising: set[str] = field(default_factory=set)
    taken: list[Taken] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin without any message."""
        self._ids = count(1)
        self._nonces: set[str] = set()

    def aliyun(self, request: Request) -> dict[str, Any]:
        """Answer one call of `SendSms`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            query = {name: one[0] for name, one in parse_qs(urlsplit(request.url).query).items()}
            self._check_aliyun(headers)
            wanted = {"PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId"}
            if set(query) != wanted:
                raise Refusal("MissingParameter", f"the parameters are not {sorted(wanted)}")
            if not re.fullmatch(r"86\d{11}|[1-9]\d{6,14}", query["PhoneNumbers"]):
                raise Refusal("isv.MOBILE_NUMBER_ILLEGAL", "this is no number")
            values = json_of(query["TemplateParam"].encode())
            self._show("aliyun_sms", query["PhoneNumbers"], query["TemplateCode"], values)
        except Refusal as error:
            self.outbox.refused.append(Refused("aliyun_sms", "SendSms", f"{error.code}: {error}"))
            return {"Code": str(error.code), "Message": str(error), "RequestId": "r"}
        serial = f"biz-{next(self._ids)}"
        self.taken.append(Taken("aliyun", query["PhoneNumbers"], serial, query["OutId"]))
        return {"Code": "OK", "Message": "OK", "BizId": serial, "RequestId": "r"}

    def tencent(self, request: Request) -> dict[str, Any]:
        """Answer one call of `SendSms`."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = json_of(request.body)
            self._check_tencent(headers)
            (number,) = body["PhoneNumberSet"]
            values = dict(enumerate(body["TemplateParamSet"], start=1))
            self._show("tencent_sms", number, body["TemplateId"], values)
        except (Refusal, KeyError, ValueError) as error:
            code = error.code if isinstance(error, Refusal) else "InvalidParameter"
            self.outbox.refused.append(Refused("tencent_sms", "SendSms", f"{code}: {error}"))
            said = {"Code": str(code), "Message": str(error)}
            return {"Response": {"Error": said, "RequestId": "r"}}
        serial = f"2019:{next(self._ids)}"
        self.taken.append(Taken("tencent", number.removeprefix("+"), serial, ""))
        status = {
            "SerialNo": serial,
            "PhoneNumber": number,
            "SessionContext": body.get("SessionContext", ""),
            "Code": "Ok",
            "Message": "send success",
        }
        return {"Response": {"SendStatusSet": [status], "RequestId": "r"}}

    # --- what they tell -------------------------------------------------------------------------

    def report(self, *messages: Taken, error: str = "") -> bytes:
        """The callback about messages of one cloud: all are there, or an error kept them away."""
        return json.dumps([self._reported(one, error) for one in messages]).encode()

    def _reported(self, one: Taken, error: str) -> dict[str, Any]:
        at = f"{self.now().astimezone(_CHINA):%Y-%m-%d %H:%M:%S}"
        if one.cloud == "aliyun":
            return {
                "phone_number": one.number.removeprefix("86"),
                "send_time": at,
                "report_time": at,
                "success": not error,
                "err_code": error or "DELIVERED",
                "err_msg": "",
                "sms_size": "1",
                "biz_id": one.serial,
                "out_id": one.named,
            }
        return {
            "user_receive_time": at,
            "nationcode": one.number[:2],
            "mobile": one.number[2:],
            "report_status": "FAIL" if error else "SUCCESS",
            "errmsg": error or "DELIVRD",
            "description": "",
            "sid": one.serial,
        }

    def reply(self, cloud: str, number: str, text: str) -> bytes:
        """The callback about what somebody with a number of mainland China answered."""
        mobile = number.removeprefix("+86")
        if cloud == "tencent":
            told: Any = {
                "mobile": mobile,
                "nationcode": "86",
                "time": int(self.now().timestamp()),
                "text": text,
                "sign": "shop",
                "extend": "",
            }
        else:
            told = [
                {
                    "phone_number": mobile,
                    "send_time": f"{self.now().astimezone(_CHINA):%Y-%m-%d %H:%M:%S}",
                    "content": text,
                    "sign_name": "shop",
                    "dest_code": "10690000",
                    "sequence_id": next(self._ids),
                }
            ]
        return json.dumps(told, ensure_ascii=False).encode()

    def _check_aliyun(self, headers: Mapping[str, str]) -> None:
        if not _ALIYUN.fullmatch(headers.get("authorization", "")):
            raise Refusal("SignatureDoesNotMatch", "the authorization has another form")
        at = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z")
        if abs(at - self.now()) > _FRESH:
            raise Refusal("InvalidTimeStamp.Expired", "the date is another one")
        nonce = headers["x-acs-signature-nonce"]
        if nonce in self._nonces:
            raise Refusal("SignatureNonceUsed", "the nonce was used")
        self._nonces.add(nonce)

    def _check_tencent(self, headers: Mapping[str, str]) -> None:
        if not _TENCENT.fullmatch(headers.get("authorization", "")):
            raise Refusal("AuthFailure.SignatureFailure", "the authorization has another form")
        if headers.get("x-tc-action") != "SendSms" or headers.get("x-tc-version") != "2021-01-11":
            raise Refusal("InvalidAction", "this is another action")
        if abs(int(headers["x-tc-timestamp"]) - self.now().timestamp()) > _FRESH.total_seconds():
            raise Refusal("AuthFailure.SignatureExpire", "the timestamp is another one")

    def _show(self, provider: str, to: str, code: str, values: Mapping[Any, Any]) -> None:
        if code in self.advertising and self.now().astimezone(_CHINA).hour not in _DAY:
            raise Refusal("isv.BUSINESS_LIMIT_CONTROL", "advertising comes by day")
        if not all(isinstance(value, str) for value in values.values()):
            raise Refusal("isv.TEMPLATE_PARAMS_ILLEGAL", "values are texts")
        text = ", ".join(f"{name}: {value}" for name, value in values.items())
        self.outbox.shown.append(Shown(provider, to, code, text, self.now()))
