"""Requests to WeChat's message API."""

from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from shared.domain.channels.miniprogram import MiniprogramContent
from shared.domain.channels.wechat import WechatContent
from shared.domain.messages.handover import Handover
from shared.providers.http import Request, json_request

BASE: Final = "https://api.weixin.qq.com"
_MOST_CLIENT_ID: Final = 32


def token_request(base: str, app_id: str, secret: str) -> Request:
    """Ask for a token of the stable kind, which does not end the one in use."""
    body = {
        "grant_type": "client_credential",
        "appid": app_id,
        "secret": secret,
        "force_refresh": False,
    }
    return json_request(f"{base}/cgi-bin/stable_token", body)


def message_request(base: str, token: str, handover: Handover, content: WechatContent) -> Request:
    """A template message or one of customer service."""
    if content.form == "service":
        body: dict[str, Any] = {
            "touser": handover.address,
            "msgtype": "text",
            "text": {"content": content.text},
        }
        return json_request(_url(base, "message/custom/send", token), body)
    body = {
        "touser": handover.address,
        "template_id": content.code,
        "data": {name: {"value": value} for name, value in content.fields},
        # WeChat drops a second message with the same id for ten minutes: a help, not a promise.
        "client_msg_id": sha256(handover.message_id.encode()).hexdigest()[:_MOST_CLIENT_ID],
    }
    if content.link:
        body["url"] = content.link
    return json_request(_url(base, "message/template/send", token), body)


def subscription_request(
    base: str, token: str, handover: Handover, content: MiniprogramContent, state: str
) -> Request:
    """A subscription message of a mini-program."""
    body: dict[str, Any] = {
        "touser": handover.address,
        "template_id": content.code,
        "data": {name: {"value": value} for name, value in content.fields},
        "miniprogram_state": state,
        "lang": "zh_CN",
    }
    if content.page:
        body["page"] = content.page
    return json_request(_url(base, "message/subscribe/send", token), body)


def _url(base: str, path: str, token: str) -> str:
    return f"{base}/cgi-bin/{path}?{urlencode({'access_token': token})}"
