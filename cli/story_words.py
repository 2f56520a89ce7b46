"""The words of a person's story, in English and Chinese."""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "zh"]
Words = Mapping[str, str]
EN: Final = "en"

_EN: Final[Words] = {
    "profile": "Profile",
    "agreed": "agreed to {purpose} messages on {at}",
    "refused": "refused {purpose} messages on {at}",
    "personal": "agreed to personalised messages on {at}",
    "impersonal": "switched personalised messages off on {at}",
    "stage": "{stage}: {events} events, the last one on {at}",
    "tag": "{title}: {value}, since {at}",
    "redirected": "{profile} is a part of this person",
    "touch_first": "first came on {at}: {parts}",
    "touch_last": "last came on {at}: {parts}",
    "group": "in the group {group} since {at}",
    "revenue": "{event} ×{times}: revenue {revenue}",
    "segments": "in {titles}",
    "older": "… older events are left out",
    "left_out": "… {enrolments} older enrolments and {messages} older messages are left out",
    "repeated": " ×{times}, until {at}",
    "did": "did {name}",
    "entered_segment": "entered the segment “{title}”",
    "left_segment": "left the segment “{title}”",
    "message": "message",
    "to": "{channel} to {address}",
    "completed": "→ went through to the end",
    "outcome": "→ {where}: {status}. {text}",
    "unsent": "→ no message from “{step}”: {text}",
    "status_requested": "requested",
    "status_claimed": "claimed",
    "status_sent": "sent",
    "status_unknown": "unknown",
    "status_rejected": "rejected",
    "status_suppressed": "suppressed",
}
_ZH: Final[Words] = {
    "profile": "用户画像",
    "agreed": "{at} 授权 {purpose} 消息",
    "refused": "{at} 拒绝 {purpose} 消息",
    "personal": "{at} 开启个性化推荐",
    "impersonal": "{at} 关闭个性化推荐",
    "stage": "{stage}：共 {events} 个事件，最近一次在 {at}",
    "tag": "{title}：{value}（自 {at}）",
    "redirected": "{profile} 已并入该用户",
    "touch_first": "首次触点 {at}：{parts}",
    "touch_last": "最近触点 {at}：{parts}",
    "group": "{at} 起属于群组 {group}",
    "revenue": "{event} ×{times}：收入 {revenue}",
    "segments": "所在人群：{titles}",
    "older": "… 更早的事件未列出",
    "left_out": "… 更早的 {enrolments} 个旅程实例和 {messages} 条消息未列出",
    "repeated": " ×{times}，至 {at}",
    "did": "发生 {name}",
    "entered_segment": "进入人群“{title}”",
    "left_segment": "离开人群“{title}”",
    "message": "消息",
    "to": "{channel} 发往 {address}",
    "completed": "→ 已走完全程",
    "outcome": "→ {where}：{status}。{text}",
    "unsent": "→ “{step}”没有消息：{text}",
    "status_requested": "待下发",
    "status_claimed": "下发中",
    "status_sent": "已下发",
    "status_unknown": "结果未知",
    "status_rejected": "被拒绝",
    "status_suppressed": "未下发",
}
WORDS: Final[Mapping[Language, Words]] = {"en": _EN, "zh": _ZH}
