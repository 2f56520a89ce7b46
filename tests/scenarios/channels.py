"""People in WeChat and WeCom, and the providers of a workspace on the local stack."""

import time
from typing import Any
from uuid import uuid4

import httpx

from infra.local.providers.outbox import Shown
from infra.local.providers.shown import CALLBACK_KEY, CALLBACK_TOKEN
from infra.local.stack import LocalStack
from shared.providers.wechat.crypto import Seal
from tests.scenarios.admin import Admin
from tests.scenarios.people import Person

APP, CORP, AGENT, CLERK = "wx0123456789abcdef", "ww0123456789abcdef", 1_000_002, "clerk"


def use_providers(stack: LocalStack, admin: Admin) -> None:
    """Let the simulated WeChat, mini-program and WeCom carry out their channels."""
    secret = stack.provider_secret
    account = {"type": "wechat", "app_id": APP, "secret_arn": secret}
    admin.call("PUT", "/providers/wechat", account)
    admin.call("PUT", "/providers/miniprogram", account)
    company = {"type": "wecom", "corp_id": CORP, "agent_id": AGENT, "secret_arn": secret}
    admin.call("PUT", "/providers/wecom", {**company, "employee": CLERK})
    stack.providers.wecom.employees.add(CLERK)


class Chat:
    """Somebody's WeChat; their openid is one that can belong to nobody, as rehearsals want it."""

    def __init__(self, stack: LocalStack, person: Person) -> None:
        self.stack, self.person = stack, person
        self.openid = f"nobody-{uuid4().hex[:20]}"
        self.customer = f"nobody-{uuid4().hex[:20]}"
        # The shop's app knows who signs in with which openid.
        named = [{"id": self.openid, "type": "wechat_openid"}]
        traits = {"miniprogram_openid": self.openid, "wecom_external_userid": self.customer}
        person._send({"type": "identify", "traits": traits, "context": {"externalIds": named}})
        stack.providers.wecom.customers[self.customer] = CLERK
        person.admin.until(lambda: "wechat_openid" in person.profile()["traits"])

    # --- what people do ---------------------------------------------------------------------------

    def follows(self, scene: str) -> None:
        """Follow the service account by a code that was scanned."""
        self.stack.providers.wechat.acts(self.openid, "follow")
        self._tells("wechat", Event="subscribe", EventKey=f"qrscene_{scene}", Ticket="t")

    def writes(self, text: str) -> None:
        """Write to the service account."""
        self.stack.providers.wechat.acts(self.openid, "message")
        self._tells("wechat", MsgType="text", Content=text, MsgId=str(uuid4().int % 10**12))

    def subscribes(self, code: str, *, times: int) -> None:
        """Agree to messages of a template of the mini-program, one for each time."""
        for _ in range(times):
            self.stack.providers.wechat.subscribes(self.openid, code)
            inside = (
                f"<SubscribeMsgPopupEvent><List><TemplateId>{code}</TemplateId>"
                "<SubscribeStatusString>accept</SubscribeStatusString></List>"
                "</SubscribeMsgPopupEvent>"
            )
            self._tells("miniprogram", inside, Event="subscribe_msg_popup_event",
                        MsgId=str(uuid4().int % 10**12))  # fmt: skip

    def _tells(self, channel: str, inside: str = "", **fields: str) -> None:
        """The callback of one act, sealed as WeChat seals it; it comes twice, as some do."""
        now = str(int(time.time()))
        told = {"ToUserName": "gh", "FromUserName": self.openid, "CreateTime": now,
                "MsgType": "event", **fields}  # fmt: skip
        xml = "".join(f"<{name}><![CDATA[{text}]]></{name}>" for name, text in told.items())
        seal = Seal.of(CALLBACK_TOKEN, CALLBACK_KEY, APP)
        message = f"<xml>{xml}{inside}</xml>".encode()
        sealed, signed = seal.close(message, uuid4().bytes, now, "n")
        query = {"timestamp": now, "nonce": "n", "msg_signature": signed, "encrypt_type": "aes"}
        body = f"<xml><ToUserName>gh</ToUserName><Encrypt>{sealed}</Encrypt></xml>"
        for _ in range(2):
            answer = httpx.post(
                f"{self.stack.api_url}/v1/callbacks/{channel}",
                params=query,
                content=body,
                headers={"content-type": "text/xml"},
                timeout=60,
            )
            assert (answer.status_code, answer.text) == (200, "success"), answer.text

    # --- what they see ----------------------------------------------------------------------------

    def shown(self) -> list[Shown]:
        """What WeChat and WeCom showed to this person."""
        found = self.stack.providers.outbox.shown
        return [one for one in found if one.to in (self.openid, self.customer)]

    def tasks(self) -> list[Any]:
        """The tasks of employees in WeCom that are about this customer."""
        found = self.stack.providers.wecom.tasks.values()
        return [one for one in found if self.customer in one.states]
