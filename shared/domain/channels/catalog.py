"""Every channel, once: its template, what it hands over, and its addresses."""

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import ConfigDict, Field, TypeAdapter

from shared.domain.channels import (
    email,
    inbox,
    miniprogram,
    push,
    sms,
    web,
    webhook,
    wechat,
    wecom,
)
from shared.domain.channels.base import Address
from shared.domain.messages.channels import Channel

ADDRESSES: Final[Mapping[Channel, Address]] = {
    "email": email.ADDRESS,
    "sms": sms.ADDRESS,
    "push": push.ADDRESS,
    "wechat": wechat.ADDRESS,
    "wecom": wecom.ADDRESS,
    "miniprogram": miniprogram.ADDRESS,
    "inbox": inbox.ADDRESS,
    "web": web.ADDRESS,
    "webhook": webhook.ADDRESS,
}

# What goes out without anybody having said by whom.
CARRIED_ANYWAY: Final[frozenset[str]] = frozenset({"email", "sms", "push", "inbox", "web"})

AnyTemplate = (
    email.EmailTemplate
    | sms.SmsTemplate
    | push.PushTemplate
    | wechat.WechatTemplate
    | wecom.WecomTemplate
    | miniprogram.MiniprogramTemplate
    | inbox.InboxTemplate
    | web.WebTemplate
    | webhook.WebhookTemplate
)
Template = Annotated[AnyTemplate, Field(discriminator="channel")]
TEMPLATE: Final[TypeAdapter[AnyTemplate]] = TypeAdapter(
    Template, config=ConfigDict(defer_build=True)
)

Content = (
    email.EmailContent
    | sms.SmsContent
    | push.PushContent
    | wechat.WechatContent
    | wecom.WecomContent
    | miniprogram.MiniprogramContent
    | inbox.InboxContent
    | web.WebContent
    | webhook.WebhookContent
)
