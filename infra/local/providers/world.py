"""All simulated providers together, as one thing that can be called."""

import json
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from infra.local.providers.outbox import Now, Outbox
from infra.local.providers.sms import SmsSimulator
from infra.local.providers.wechat import WechatSimulator
from infra.local.providers.wecom import WecomSimulator
from shared.providers.http import Request, Response

NAMES: Final = ("wechat", "wecom", "aliyun", "tencent")


@dataclass
class Providers:
    """The providers at one clock, with one outbox."""

    now: Now
    outbox: Outbox = field(default_factory=Outbox)

    def __post_init__(self) -> None:
        """Make them."""
        self.wechat = WechatSimulator(self.outbox, self.now)
        self.wecom = WecomSimulator(self.outbox, self.now)
        self.sms = SmsSimulator(self.outbox, self.now)

    def __call__(self, request: Request) -> Response:
        """Answer a call to a provider's own address, or to `…/<name>/<its path>`."""
        host, path = urlsplit(request.url).hostname or "", urlsplit(request.url).path
        name = next((one for one in NAMES if path.startswith(f"/{one}/")), _OWN.get(host, ""))
        request = Request(
            request.method,
            request.url.replace(f"/{name}/", "/", 1)
            if path.startswith(f"/{name}/")
            else request.url,
            request.headers,
            request.body,
        )
        match name:
            case "wechat":
                found = self.wechat.answer(request)
            case "wecom":
                found = self.wecom.answer(request)
            case "aliyun":
                found = self.sms.aliyun(request)
            case "tencent":
                found = self.sms.tencent(request)
            case _:
                return Response(404, b"{}")
        return Response(200, json.dumps(found, ensure_ascii=False).encode())


_OWN: Final = {
    "api.weixin.qq.com": "wechat",
    "qyapi.weixin.qq.com": "wecom",
    "dysmsapi.aliyuncs.com": "aliyun",
    "sms.tencentcloudapi.com": "tencent",
}
