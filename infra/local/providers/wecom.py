"""WeCom as it is to senders: nothing reaches a customer until an employee confirms it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from zoneinfo import ZoneInfo

from infra.local.providers.desk import Desk, Query
from infra.local.providers.outbox import Refusal, Shown, json_of, only
from shared.providers.http import Request

_CHINA: Final = ZoneInfo("Asia/Shanghai")
_MOST_REMINDERS: Final = 3  # of a task in a day


@dataclass
class Task:
    """What an employee was asked to send; `states` are those of its customers."""

    task_id: str
    employee: str
    text: str
    states: dict[str, int]  # 0 waiting, 1 sent, 2 no friend any more, 3 had one today
    reminders: int = 0


@dataclass
class WecomSimulator(Desk):
    """One company with one application."""

    NAME = "wecom"
    WRONG_TOKEN = (40014, "invalid access_token")

    corp_id: str = "ww0123456789abcdef"
    secret: str = "corp-secret"
    agent_id: int = 1_000_002
    employees: set[str] = field(default_factory=set)
    customers: dict[str, str] = field(default_factory=dict)  # external_userid → employee
    tasks: dict[str, Task] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin without a token."""
        super().__post_init__()
        self._ids = count(1)
        self._seen: dict[str, datetime] = {}
        self._had: set[tuple[str, str]] = set()

    def confirm(self, task_id: str) -> None:
        """The employee lets it go out; whoever had a message of the company today gets none."""
        task = self.tasks[task_id]
        day = f"{self.now().astimezone(_CHINA):%Y-%m-%d}"
        for customer, state in task.states.items():
            if state:
                continue
            if customer not in self.customers:
                task.states[customer] = 2
            elif (customer, day) in self._had:
                task.states[customer] = 3
            else:
                self._had.add((customer, day))
                task.states[customer] = 1
                self.outbox.shown.append(Shown("wecom", customer, "", task.text, self.now()))

    def _answer(self, name: str, request: Request, query: Query) -> dict[str, Any]:
        if name == "gettoken":
            return self._gettoken(query)
        self._check_token(query)
        body = json_of(request.body)
        match name:
            case "message/send":
                return self._application(body, request.body)
            case "externalcontact/add_msg_template":
                return self._task(body)
            case "externalcontact/remind_groupmsg_send":
                return self._remind(body)
            case "externalcontact/get_groupmsg_send_result":
                return self._result(body)
            case _:
                raise Refusal(40066, "invalid url")

    def _gettoken(self, query: Mapping[str, list[str]]) -> dict[str, Any]:
        if (query.get("corpid"), query.get("corpsecret")) != ([self.corp_id], [self.secret]):
            raise Refusal(40001, "invalid credential")
        anew = self._token is None or self._token[1] <= self.now()
        name = f"corp-token-{next(self._ids)}" if anew else ""
        return {"errcode": 0, "errmsg": "ok", **self._token_for(name, anew=anew)}

    def _application(self, body: dict[str, Any], raw: bytes) -> dict[str, Any]:
        needed = {"touser": str, "msgtype": str, "agentid": int, "enable_duplicate_check": int}
        only(body, needed, {"duplicate_check_interval": int, "text": dict, "textcard": dict})
        if body["agentid"] != self.agent_id:
            raise Refusal(301002, "not allow operate another agent")
        card = body.get(body["msgtype"])
        if body["msgtype"] == "text" and isinstance(card, dict):
            only(card, {"content": str}, {})
            title, text = "", card["content"]
        elif body["msgtype"] == "textcard" and isinstance(card, dict):
            only(card, {"title": str, "description": str, "url": str}, {})
            title, text = card["title"], card["description"]
        else:
            raise Refusal(40008, "invalid message type")
        if body["touser"] not in self.employees:
            return {"errcode": 0, "errmsg": "ok", "invaliduser": body["touser"], "msgid": "none"}
        interval = timedelta(seconds=body.get("duplicate_check_interval", 1_800))
        place = raw.decode()
        before = self._seen.get(place)
        if not body["enable_duplicate_check"] or before is None or self.now() - before >= interval:
            self._seen[place] = self.now()
            self.outbox.shown.append(Shown("wecom", body["touser"], title, text, self.now()))
        return {"errcode": 0, "errmsg": "ok", "msgid": f"msg-{next(self._ids)}"}

    def _task(self, body: dict[str, Any]) -> dict[str, Any]:
        needed = {"chat_type": str, "external_userid": list, "sender": str, "text": dict}
        only(body, needed, {"attachments": list})
        only(body["text"], {"content": str}, {})
        if body["chat_type"] != "single" or not body["external_userid"]:
            raise Refusal(40058, "chat_type or external_userid is missing")
        if body["sender"] not in self.employees:
            raise Refusal(60111, "userid not found")
        failed = [
            one for one in body["external_userid"] if self.customers.get(one) != body["sender"]
        ]
        states = dict.fromkeys((one for one in body["external_userid"] if one not in failed), 0)
        task_id = f"task-{next(self._ids)}"
        if states:
            text = body["text"]["content"]
            self.tasks[task_id] = Task(task_id, body["sender"], text, states)
        return {"errcode": 0, "errmsg": "ok", "fail_list": failed, "msgid": task_id}

    def _remind(self, body: dict[str, Any]) -> dict[str, Any]:
        only(body, {"msgid": str}, {})
        task = self._known(body["msgid"])
        task.reminders += 1
        if task.reminders > _MOST_REMINDERS:
            raise Refusal(45033, "reminded too often")
        return {"errcode": 0, "errmsg": "ok"}

    def _result(self, body: dict[str, Any]) -> dict[str, Any]:
        only(body, {"msgid": str, "userid": str}, {"limit": int, "cursor": str})
        task = self._known(body["msgid"])
        found = [
            {"external_userid": customer, "userid": task.employee, "status": state}
            for customer, state in task.states.items()
        ]
        return {"errcode": 0, "errmsg": "ok", "send_list": found}

    def _known(self, task_id: str) -> Task:
        if task_id not in self.tasks:
            raise Refusal(41044, "invalid msgid")
        return self.tasks[task_id]
