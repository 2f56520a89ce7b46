"""WeChat as it is to senders: tokens, followers, windows, subscriptions, and strict requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from infra.local.providers.desk import Desk, Query
from infra.local.providers.outbox import Refusal, Shown, json_of, only
from shared.providers.http import Request

OPENINGS: Final = {
    "message": (timedelta(hours=48), 5),
    "menu": (timedelta(minutes=1), 3),
    "follow": (timedelta(minutes=1), 3),
    "scan": (timedelta(minutes=1), 3),
}
MOST_A_DAY: Final = 100_000
LONGEST: Final = {"thing": 20, "character_string": 32, "phrase": 5, "amount": 12, "name": 10}
_CLIENT_ID: Final = 32
_SEEN_FOR: Final = timedelta(minutes=10)


@dataclass
class Window:
    """How long and how often somebody can be answered."""

    until: datetime
    left: int


@dataclass
class WechatSimulator(Desk):
    """One account; `templates` are the codes that it knows."""

    NAME = "wechat"
    WRONG_TOKEN = (40001, "invalid credential, access_token is invalid or not latest")

    app_id: str = "wx0123456789abcdef"
    secret: str = "app-secret"
    templates: set[str] = field(default_factory=set)
    followers: set[str] = field(default_factory=set)
    windows: dict[str, Window] = field(default_factory=dict)
    subscriptions: dict[tuple[str, str], int] = field(default_factory=dict)
    fetched: int = 0  # how often a token was made
    any_template: bool = False  # take every code, and everybody as a follower

    def __post_init__(self) -> None:
        """Begin without a token."""
        super().__post_init__()
        self._ids = count(200_000_001)
        self._seen: dict[tuple[str, str], datetime] = {}
        self._today: dict[str, int] = {}

    # --- what people do -------------------------------------------------------------------------

    def acts(self, openid: str, act: str) -> None:
        """Somebody follows, writes, scans or uses the menu."""
        self.followers.add(openid)
        lasts, sends = OPENINGS[act]
        before = self.windows.get(openid)
        until = self.now() + lasts
        if before is None or before.until < until or before.until <= self.now():
            self.windows[openid] = Window(until, sends)

    def subscribes(self, openid: str, code: str) -> None:
        """Somebody agrees to one message of a template."""
        place = (openid, code)
        self.subscriptions[place] = self.subscriptions.get(place, 0) + 1

    # --- what senders do ------------------------------------------------------------------------

    def _answer(self, name: str, request: Request, query: Query) -> dict[str, Any]:
        body = json_of(request.body)
        if request.method != "POST":
            raise Refusal(43002, "require POST method")
        if name == "stable_token":
            return self._stable_token(body)
        self._check_token(query)
        match name:
            case "message/template/send":
                return self._template(body)
            case "message/custom/send":
                return self._custom(body)
            case "message/subscribe/send":
                return self._subscription(body)
            case _:
                raise Refusal(40066, "invalid url")

    def forget_token(self) -> None:
        """Somebody elsewhere fetched another token by force: the one in use is dead."""
        self._token = None

    def _stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        needed = {"grant_type": str, "appid": str, "secret": str}
        only(body, needed, {"force_refresh": bool})
        if body["grant_type"] != "client_credential":
            raise Refusal(40002, "invalid grant_type")
        if (body["appid"], body["secret"]) != (self.app_id, self.secret):
            raise Refusal(40125, "invalid appsecret")
        alive = self._token is not None and self._token[1] > self.now()
        anew = not alive or bool(body.get("force_refresh"))
        self.fetched += anew
        return self._token_for(f"token-{self.fetched}", anew=anew)

    def _template(self, body: dict[str, Any]) -> dict[str, Any]:
        needed = {"touser": str, "template_id": str, "data": dict}
        only(body, needed, {"url": str, "client_msg_id": str, "miniprogram": dict})
        to, code = body["touser"], body["template_id"]
        self._known(to, code)
        shown = self._data(body["data"])
        client_id = body.get("client_msg_id", "")
        if len(client_id) > _CLIENT_ID:
            raise Refusal(40035, "client_msg_id is too long")
        day = f"{self.now():%Y-%m-%d}"
        self._today[day] = self._today.get(day, 0) + 1
        if self._today[day] > MOST_A_DAY:
            raise Refusal(45009, "reach max api daily quota limit")
        place, now = (to, client_id), self.now()
        before = self._seen.get(place)
        if not client_id or before is None or now - before >= _SEEN_FOR:
            self._seen[place] = now
            self._show("wechat", to, code, shown)
        return self._taken()

    def _custom(self, body: dict[str, Any]) -> dict[str, Any]:
        only(body, {"touser": str, "msgtype": str, "text": dict}, {})
        only(body["text"], {"content": str}, {})
        to, text = body["touser"], body["text"]["content"]
        if body["msgtype"] != "text" or not text or len(text.encode()) > 2_048:
            raise Refusal(45002, "content size out of limit")
        window = self.windows.get(to)
        if window is None or window.until <= self.now():
            raise Refusal(45015, "response out of time limit or subscription is canceled")
        if window.left == 0:
            raise Refusal(45047, "out of response count limit")
        window.left -= 1
        self._show("wechat", to, "", text)
        return {"errcode": 0, "errmsg": "ok"}

    def _subscription(self, body: dict[str, Any]) -> dict[str, Any]:
        needed = {"touser": str, "template_id": str, "data": dict, "miniprogram_state": str}
        only(body, needed, {"page": str, "lang": str})
        if body["miniprogram_state"] not in ("formal", "trial", "developer"):
            raise Refusal(47003, "miniprogram_state is none")
        shown = self._data(body["data"])
        place = (body["touser"], body["template_id"])
        if not self.subscriptions.get(place):
            raise Refusal(43101, "user refuse to accept the msg")
        self.subscriptions[place] -= 1
        self._show("miniprogram", body["touser"], body["template_id"], shown)
        return self._taken()

    def _known(self, openid: str, code: str) -> None:
        if self.any_template:
            return
        if openid not in self.followers:
            raise Refusal(43004, "require subscribe")
        if code not in self.templates:
            raise Refusal(40037, "invalid template_id")

    def _data(self, data: Mapping[str, Any]) -> str:
        if not data:
            raise Refusal(47003, "argument invalid! data is empty")
        for name, one in data.items():
            if (
                not isinstance(one, dict)
                or set(one) != {"value"}
                or not isinstance(one["value"], str)
            ):
                raise Refusal(47003, f"argument invalid! data.{name}.value is no text")
            most = LONGEST.get(name.rstrip("0123456789"))
            if not one["value"] or (most is not None and len(one["value"]) > most):
                raise Refusal(47003, f"argument invalid! data.{name}.value is empty or too long")
        return "\n".join(f"{name}: {one['value']}" for name, one in data.items())

    def _show(self, provider: str, to: str, title: str, text: str) -> None:
        self.outbox.shown.append(Shown(provider, to, title, text, self.now()))

    def _taken(self) -> dict[str, Any]:
        return {"errcode": 0, "errmsg": "ok", "msgid": next(self._ids)}
