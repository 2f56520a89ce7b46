"""Requests to WeCom's API."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from shared.domain.channels.wecom import WecomContent
from shared.domain.messages.handover import Handover
from shared.providers.http import Request, json_request

BASE: Final = "https://qyapi.weixin.qq.com"
# The only call of all channels that knows a message that it has had already.
DUPLICATES_SECONDS: Final = 1_800


def token_request(base: str, corp_id: str, secret: str) -> Request:
    """Ask for the token; it stays the same one until it expires."""
    query = urlencode({"corpid": corp_id, "corpsecret": secret})
    return Request("GET", f"{base}/cgi-bin/gettoken?{query}", {})


def application_request(
    base: str, token: str, handover: Handover, content: WecomContent, agent_id: int
) -> Request:
    """A message of the application to one employee."""
    body: dict[str, Any] = {
        "touser": handover.address,
        "agentid": agent_id,
        "enable_duplicate_check": 1,
        "duplicate_check_interval": DUPLICATES_SECONDS,
    }
    if content.link:
        card = {
            "title": content.link_title or content.link,
            "description": content.text,
            "url": content.link,
        }
        body |= {"msgtype": "textcard", "textcard": card}
    else:
        body |= {"msgtype": "text", "text": {"content": content.text}}
    return json_request(_url(base, "message/send", token), body)


def task_request(
    base: str, token: str, handover: Handover, content: WecomContent, employee: str
) -> Request:
    """A task for one employee: to confirm that this goes to one customer."""
    body: dict[str, Any] = {
        "chat_type": "single",
        "external_userid": [handover.address],
        "sender": employee,
        "text": {"content": content.text},
    }
    if content.link:
        link = {"title": content.link_title or content.link, "url": content.link}
        body["attachments"] = [{"msgtype": "link", "link": link}]
    return json_request(_url(base, "externalcontact/add_msg_template", token), body)


def remind_request(base: str, token: str, task_id: str) -> Request:
    """Remind the employee of a task."""
    body = {"msgid": task_id}
    return json_request(_url(base, "externalcontact/remind_groupmsg_send", token), body)


def result_request(base: str, token: str, task_id: str, employee: str) -> Request:
    """Ask what became of a task."""
    body = {"msgid": task_id, "userid": employee, "limit": 1}
    return json_request(_url(base, "externalcontact/get_groupmsg_send_result", token), body)


def _url(base: str, path: str, token: str, more: Mapping[str, str] | None = None) -> str:
    return f"{base}/cgi-bin/{path}?{urlencode({'access_token': token, **(more or {})})}"
