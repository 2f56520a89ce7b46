"""Why a message was not sent, or nobody knows whether it was: a closed set, in two languages."""

from typing import Final, Literal, NamedTuple

Reason = Literal[
    "no_address",
    "invalid_address",
    "rehearsal_address",
    "no_sender",
    "no_consent",
    "no_personalisation",
    "suppressed",
    "journey_paused",
    "money_budget",
    "journey_not_published",
    "enrolment_ended",
    "template_missing",
    "render_failed",
    "provider_rejected",
    "provider_unavailable",
    "no_answer",
    "interrupted",
    "quiet_hours",
    "channel_hours",
    "throughput",
    "contact_budget",
    "window_closed",
    "expired",
    "shared_address",
]


class Text(NamedTuple):
    """One sentence for the operator, in English and in Chinese."""

    en: str
    zh: str


TEXTS: Final[dict[Reason, Text]] = {
    "no_address": Text(
        "The profile has no address for this channel.",
        "该用户没有此渠道的联系地址。",
    ),
    "invalid_address": Text(
        "The address is not one that can be written to; telephone numbers begin with + and the"
        " country code.",
        "联系地址格式无效；手机号须以 + 和国家代码开头。",
    ),
    "rehearsal_address": Text(
        "The workspace is in rehearsal, and the address could belong to a real person.",
        "工作空间处于演练模式，而该地址可能属于真实用户。",
    ),
    "no_sender": Text(
        "The workspace has no sender address (setting email_from).",
        "工作空间未设置发件地址（email_from）。",
    ),
    "no_consent": Text(
        "The profile has not agreed to messages of this purpose, topic and channel.",
        "用户未授权接收此类用途、主题和渠道的消息。",
    ),
    "no_personalisation": Text(
        "The profile has switched personalised messages off, and this one cannot go out without"
        " being personal.",
        "用户已关闭个性化推荐，而该消息无法以非个性化方式发送。",
    ),
    "suppressed": Text(
        "The address is on the suppression list.",
        "该地址在禁发名单中。",
    ),
    "money_budget": Text(
        "The journey's money for messages is used up, so it is paused.",
        "该旅程的消息预算已用完，旅程已暂停。",
    ),
    "journey_paused": Text(
        "The journey is paused.",
        "旅程已暂停。",
    ),
    "journey_not_published": Text(
        "The journey is not published, or no longer.",
        "旅程未发布或已下线。",
    ),
    "enrolment_ended": Text(
        "The enrolment had ended before the message was sent.",
        "消息发出之前，旅程实例已结束。",
    ),
    "template_missing": Text(
        "The template does not exist.",
        "模板不存在。",
    ),
    "render_failed": Text(
        "The template could not be rendered for this profile.",
        "无法用该用户的数据渲染模板。",
    ),
    "provider_rejected": Text(
        "The provider refused the message.",
        "服务商拒绝了该消息。",
    ),
    "provider_unavailable": Text(
        "The provider did not accept the message after several tries.",
        "多次尝试后服务商仍未接收该消息。",
    ),
    "no_answer": Text(
        "The provider did not answer clearly, so it may or may not have sent the message; it is"
        " never sent again.",
        "服务商没有明确答复，消息可能已发出；系统不会重发。",
    ),
    "interrupted": Text(
        "The work stopped between the claim and the outcome, so the message may or may not have"
        " been sent; it is never sent again.",
        "处理在认领之后、得到结果之前中断，消息可能已发出；系统不会重发。",
    ),
    "quiet_hours": Text(
        "It is quiet hours where the profile lives.",
        "用户所在地正处于免打扰时段。",
    ),
    "throughput": Text(
        "The provider takes only so many messages a second; the message waits for its turn.",
        "服务商每秒接收的消息数量有限，消息正在排队。",
    ),
    "channel_hours": Text(
        "The channel takes no such messages at this hour.",
        "该渠道在此时段不接收此类消息。",
    ),
    "contact_budget": Text(
        "The profile has been written to as often as the contact budget allows.",
        "对该用户的触达次数已达频控上限。",
    ),
    "window_closed": Text(
        "The channel takes a message only for a while after the profile has acted, and that is"
        " over or used up.",
        "该渠道仅在用户互动后的一段时间内可下发，当前窗口已关闭或额度已用完。",
    ),
    "expired": Text(
        "The message could not go out before it expired.",
        "消息在有效期内未能发出。",
    ),
    "shared_address": Text(
        "Another profile with the same address got this broadcast.",
        "同一地址的另一用户已收到该群发消息。",
    ),
}

Deferring = Literal["quiet_hours", "channel_hours", "contact_budget", "throughput"]
"""Why a message waits."""
