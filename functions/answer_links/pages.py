"""The pages behind links: small, without scripts, in English and Chinese, for every reader.

Nothing on them comes from elsewhere, and nothing on them says whose they are.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import Final, Literal
from urllib.parse import quote

from shared.runtime.http import RETRY_AFTER_SECONDS, Response

Language = Literal["en", "zh"]

_STYLE: Final = (
    "body{font:1.05rem/1.6 system-ui,sans-serif;color:#1a1a1a;background:#fff;margin:0}"
    "main{max-width:36rem;margin:0 auto;padding:2rem 1.25rem}"
    "h1{font-size:1.5rem;line-height:1.3}"
    "button{font:inherit;color:#fff;background:#0b57a4;border:0;border-radius:.4rem;"
    "padding:.7rem 1.2rem;margin:.4rem .4rem .4rem 0;min-height:2.75rem}"
    "button.second{color:#0b57a4;background:#fff;border:2px solid #0b57a4}"
    "button:focus,a:focus,input:focus{outline:3px solid #ffb000;outline-offset:2px}"
    "table{border-collapse:collapse}th,td{text-align:left;padding:.5rem 1rem .5rem 0}"
    "input{width:1.4rem;height:1.4rem}label{display:block;padding:.4rem 0}a{color:#0b57a4}"
    "@media (prefers-color-scheme:dark){body{color:#eee;background:#16181b}a{color:#8ec1f5}"
    "button.second{color:#8ec1f5;background:#16181b;border-color:#8ec1f5}}"
)
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}

_WORDS: Final[dict[str, tuple[str, str]]] = {
    "gone": ("This link does not work", "此链接无效"),
    "gone_text": (
        "It may have been cut off on its way. Please open it from the message once more.",
        "链接可能不完整，请从消息中重新打开。",
    ),
    "busy": ("That did not work yet", "暂时无法完成"),
    "busy_text": (
        "Nothing was changed or noted. Please try once more in a moment.",
        "没有任何更改，请稍后再试一次。",
    ),
    "leave": ("Stop these messages?", "停止接收此类消息？"),
    "leave_all": (
        "You will get no more advertising by {channel} from us.",
        "您将不再收到我们通过{channel}发送的营销消息。",
    ),
    "leave_topic": (
        "You will get no more messages about “{topic}” by {channel} from us.",
        "您将不再收到我们通过{channel}发送的“{topic}”消息。",
    ),
    "leave_service": (
        "You will get no more notices of our service by {channel}.",
        "您将不再收到我们通过{channel}发送的服务通知。",
    ),
    "leave_button": ("Unsubscribe", "退订"),
    "left": ("You are unsubscribed", "您已退订"),
    "needed": (
        "What belongs to your orders, such as receipts, still comes.",
        "与订单有关的消息（如收据）仍会发送。",
    ),
    "to_preferences": ("Choose what you get", "选择接收的内容"),
    "preferences": ("What would you like to get from us?", "您希望收到哪些消息？"),
    "about": ("Messages about", "消息主题"),
    "everything": ("Everything else", "其他营销消息"),
    "personalisation": ("Choose content by what I do and like", "根据我的行为和喜好推荐内容"),
    "tracking": ("Note which links in messages I open", "记录我打开了消息中的哪些链接"),
    "save": ("Save", "保存"),
    "stop_all": ("Stop all advertising", "停止所有营销消息"),
    "saved": ("Saved. This is what holds now.", "已保存，当前设置如下。"),
    "ask": ("Your answer", "您的回答"),
    "send": ("Send", "提交"),
    "thanks": ("Thank you!", "谢谢！"),
    "thanks_text": ("We have noted your answer.", "我们已记录您的回答。"),
    "other": ("Something else", "选择其他回答"),
    "language": ("中文", "English"),
}
_CHANNELS: Final[dict[str, tuple[str, str]]] = {
    "email": ("email", "邮件"),
    "sms": ("text message", "短信"),
    "push": ("push message", "推送"),
    "wechat": ("WeChat", "微信"),
    "wecom": ("WeCom", "企业微信"),
    "miniprogram": ("mini-program", "小程序"),
    "inbox": ("inbox", "站内信"),
    "web": ("web page", "网页"),
    "webhook": ("other ways", "其他方式"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One box that can be ticked: the name of its field, what it is about, and its state."""

    name: str
    label: str
    ticked: bool


def language_of(lang: str, accepted: str) -> Language:
    """The language that was asked for, else the first of ours that the browser names."""
    if lang in ("en", "zh"):
        return "zh" if lang == "zh" else "en"
    for part in accepted.lower().split(","):
        name = part.split(";")[0].strip()
        if name.startswith(("zh", "en")):
            return "zh" if name.startswith("zh") else "en"
    return "en"


def word(name: str, language: Language) -> str:
    """One of our own sentences."""
    return _WORDS[name][language == "zh"]


def channel_word(channel: str, language: Language) -> str:
    """What a channel is called."""
    return _CHANNELS.get(channel, (channel, channel))[language == "zh"]


def gone(language: Language) -> Response:
    """A link that was never given out, or only a part of one."""
    text = _paragraph(word("gone_text", language))
    return _page(404, word("gone", language), text, language)


def busy(language: Language) -> Response:
    """Something behind the page did not answer in time; mail programs try again by the status."""
    response = _page(503, word("busy", language), _paragraph(word("busy_text", language)), language)
    response["headers"]["retry-after"] = str(RETRY_AFTER_SECONDS)
    return response


def leaving(
    language: Language, channel: str, topic: str, purpose: str, preferences: str
) -> Response:
    """Asks whether to unsubscribe; opening it changes nothing."""
    name = "leave_service" if purpose == "service" else "leave_topic" if topic else "leave_all"
    says = word(name, language).format(channel=channel_word(channel, language), topic=topic)
    form = _form(_button(word("leave_button", language)))
    body = _paragraph(says) + form + _needed(language, preferences)
    return _page(200, word("leave", language), body, language)


def left(language: Language, preferences: str) -> Response:
    """Says that it is done."""
    return _page(200, word("left", language), _needed(language, preferences), language)


def preferences(
    language: Language,
    channels: Sequence[str],
    rows: Sequence[tuple[str, Sequence[Cell]]],
    more: Sequence[Cell],
    *,
    saved: bool,
) -> Response:
    """Shows what can be chosen: a row a topic, a column a channel, and what concerns all."""
    head = "".join(
        f'<th scope="col">{escape(channel_word(one, language))}</th>' for one in channels
    )
    lines = "".join(
        f'<tr><th scope="row">{escape(title)}</th>'
        + "".join(f"<td>{_box(cell, hidden_label=True)}</td>" for cell in cells)
        + "</tr>"
        for title, cells in rows
    )
    table = (
        f'<table><thead><tr><th scope="col">{word("about", language)}</th>{head}</tr></thead>'
        f"<tbody>{lines}</tbody></table>"
    )
    boxes = "".join(f"<label>{_box(cell)} {escape(cell.label)}</label>" for cell in more)
    buttons = _button(word("save", language)) + _button(
        word("stop_all", language), name="stop", value="all", second=True
    )
    note = f'<p role="status">{word("saved", language)}</p>' if saved else ""
    body = note + _form(table + boxes + f"<p>{buttons}</p>") + _needed(language)
    return _page(200, word("preferences", language), body, language)


def question(
    language: Language, text: str, chosen: tuple[str, str] | None, others: Mapping[str, str]
) -> Response:
    """Asks a question; `chosen` is the (value, label) that was tapped, `others` value → label."""
    body = ""
    if chosen:
        body = _form(_button(chosen[1], name="answer", value=chosen[0]))
    if others:
        buttons = "".join(
            _button(label, name="answer", value=value, second=True)
            for value, label in others.items()
        )
        title = f"<h2>{word('other', language)}</h2>" if chosen else ""
        body += title + _form(buttons)
    return _page(200, text or word("ask", language), body, language)


def thanks(language: Language) -> Response:
    """Says that an answer was taken."""
    return _page(200, word("thanks", language), _paragraph(word("thanks_text", language)), language)


def _page(status: int, title: str, body: str, language: Language) -> Response:
    other = "en" if language == "zh" else "zh"
    lang = "zh-CN" if language == "zh" else "en"
    switch = f'<p><a href="?lang={other}" hreflang="{other}">{word("language", language)}</a></p>'
    html = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>{escape(title)}</h1>{body}{switch}</main></body></html>"
    )
    return {"statusCode": status, "headers": dict(_HEADERS), "body": html}


def _needed(language: Language, preferences: str = "") -> str:
    link = ""
    if preferences:
        lang = quote(language)
        link = (
            f'<p><a href="{escape(preferences)}?lang={lang}">'
            f"{word('to_preferences', language)}</a></p>"
        )
    return _paragraph(word("needed", language)) + link


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>"


def _form(inside: str) -> str:
    return f'<form method="post">{inside}</form>'


def _button(label: str, *, name: str = "", value: str = "", second: bool = False) -> str:
    field = f' name="{escape(name)}" value="{escape(value)}"' if name else ""
    kind = ' class="second"' if second else ""
    return f'<button type="submit"{field}{kind}>{escape(label)}</button>'


def _box(cell: Cell, *, hidden_label: bool = False) -> str:
    ticked = " checked" if cell.ticked else ""
    label = f' aria-label="{escape(cell.label)}"' if hidden_label else ""
    return f'<input type="checkbox" name="{escape(cell.name)}" value="1"{label}{ticked}>'
