"""Findings to the letter: severity, place, and the figures in their words."""

from typing import Any

import pytest

from shared.domain.journeys.verify.finding import Finding
from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.lint import broken, lint, lint_content
from shared.domain.messages.lint_words import WORDS
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.reasons import Text
from shared.errors import InvalidInputError

LEAVE = '<a href="{{ links.unsubscribe }}">Leave</a>'


def warning(code: Any, path: str, **values: object) -> Finding:
    """By the words alone."""
    message, hint = WORDS[code]
    said = [
        Text(*(language.format(**values) for language in (text.en, text.zh)))
        for text in (message, hint)
    ]
    return Finding("warning", code, path, *said)


def found(purpose: Any = None, **fields: Any) -> list[Finding]:
    return list(lint(TEMPLATE.validate_python({"template_id": "t", **fields}), purpose))


def email(html: str, purpose: Any = None, **fields: Any) -> list[Finding]:
    return found(purpose, channel="email", subject="Hello", html=html, **fields)


def sms(text: str, purpose: Any = None, **fields: Any) -> list[Finding]:
    return found(purpose, channel="sms", text=text, **fields)


def test_one_finding_in_all_its_words():
    assert lint_content(SmsContent("x" * 161)) == (
        Finding(
            "warning",
            "sms_of_several_segments",
            "text",
            Text(
                "it takes 2 segments (GSM-7, 161 units), about $16.60 a thousand",
                "共 2 条（GSM-7，161 单位），每千人约 16.60 美元",
            ),
            Text("make it shorter", "请缩短内容"),
        ),
    )


def test_what_cannot_be_saved_is_one_error_in_the_words_of_the_error():
    error = InvalidInputError("no {brace}", where="template t", hint="do")
    said = "template t: no {brace} (do)"
    expected = Finding(
        "error",
        "template_broken",
        "",
        Text(said, f"模板无法使用：{said}"),
        Text("mend the template", "请修正模板"),
    )
    assert broken(error) == expected
    [only] = sms("{{ x.y }}")
    assert (only.severity, only.code, only.path) == ("error", "template_broken", "")
    assert only.message.en.startswith("template t, text: there is no variable x.y")


def test_every_variable_without_a_default_is_named_but_the_address():
    html = (
        f"{{{{ profile.b }}}}{{{{ profile.email }}}}{{{{ entry.n }}}}{{{{ coupon.code }}}}{LEAVE}"
    )
    assert email(html) == [
        warning("variable_without_default", "", variable=name)
        for name in ("profile.b", "entry.n", "coupon.code")
    ]
    assert sms("{{ profile.phone }}{{ profile.email }} reply R") == [
        warning("variable_without_default", "", variable="profile.email")
    ]


def test_languages_beside_one_without_a_name_are_told():
    html = f"<p>a</p>{LEAVE}"
    languages = {"zh": {"subject": "你好"}, "de": {"subject": "Hallo"}}
    unnamed = warning("language_unnamed", "language", languages="zh, de")
    assert email(html, languages=languages) == [unnamed]
    assert email(html, languages=languages, language="en") == []
    assert email(html, language="en") == email(html) == []


BARE = "<img src='a.png'><img alt='' src='b'><img src='c'><p>x</p>"


def test_html_is_looked_at_in_every_language():
    html = f"{BARE}<a href=' HTTP://a.example'>a</a><a href='http://a.example'>a</a>"
    html += "<a href='http://a.example'>again</a><a href='https://b.example'>b</a>"
    expected = [
        warning("image_without_alt", "html", count=2),
        warning("unencrypted_link", "html", link=" HTTP://a.example"),
        warning("unencrypted_link", "html", link="http://a.example"),
        warning("no_unsubscribe", "html"),
    ]
    assert email(html) == expected
    assert email(html, "marketing") == expected
    assert email(html, "service") == email(html, "transactional") == expected[:3]
    good = f"<p>a</p>{LEAVE}"
    assert email(good, language="en", languages={"zh": {"html": html}}) == [
        Finding(one.severity, one.code, "languages.zh.html", one.message, one.hint)
        for one in expected
    ]
    # What the languages share is said once of each place.
    assert email(html, language="en", languages={"zh": {"subject": "你好"}}) == [
        *expected,
        *(
            Finding(one.severity, one.code, "languages.zh.html", one.message, one.hint)
            for one in expected
        ),
    ]


@pytest.mark.parametrize(
    "way_out",
    [
        "{{ links.unsubscribe }}",
        "{{ links.preferences }}",
        "rapport:unsubscribe",
        "rapport:preferences",
    ],
)
def test_any_way_out_will_do(way_out: str):
    assert email(f"<p>x</p><a href='{way_out}'>x</a>") == []


@pytest.mark.parametrize(
    "way_out",
    [
        "退订",
        "拒收请致电",
        "回T",
        "回复R",
        "回复 TD",
        "reply stop",
        "STOP",
        "Unsubscribe",
        "opt out",
        "opt-out",
        "optout",
        "Reply R",
        "reply td",
        "REPLY T",
    ],
)
def test_any_words_of_leaving_will_do_in_a_text_message(way_out: str):
    assert sms(f"Hello, {way_out}.") == []


@pytest.mark.parametrize("none", ["stopping", "reply", "回复 TX", "reply tdx", "nonstop"])
def test_other_words_are_no_way_out(none: str):
    assert sms(none) == [warning("sms_without_way_out", "text")]
    assert sms(none, "marketing") == [warning("sms_without_way_out", "text")]
    assert sms(none, "service") == sms(none, "transactional") == []
    texts = sms("reply R", language="en", languages={"zh": {"text": none}})
    assert texts == [warning("sms_without_way_out", "languages.zh.text")]


def test_what_advertises_is_told_of_the_field_where_it_stands():
    fields = {"thing1": "限时特惠", "time2": "today", "thing3": "sale"}
    expected = [
        warning("advertises_on_wechat", "fields.thing1", words="特惠, 限时"),
        warning("advertises_on_wechat", "fields.thing3", words="sale"),
    ]
    for each in (
        {"channel": "wechat", "form": "template", "code": "x"},
        {"channel": "miniprogram", "code": "x"},
    ):
        assert found(**each, fields=fields) == expected
        assert found("transactional", **each, fields=fields) == expected
    assert found(channel="wechat", form="service", text="限时特惠") == []
    assert sms("sale, reply R") == []


@pytest.mark.parametrize(
    ("size", "kb"), [(102 * 1024, None), (102 * 1024 + 1, 103), (103 * 1024, 103), (110_000, 108)]
)
def test_html_is_measured_in_bytes_and_said_in_kilobytes_begun(size: int, kb: int | None):
    expected = () if kb is None else (warning("html_too_large", "html", kb=kb, most=102),)
    assert lint_content(EmailContent("Hello", "x" * size, "Hello")) == expected
    chinese = "你" * (size // 3) + "x" * (size % 3)
    assert lint_content(EmailContent("Hello", chinese, "Hello")) == expected


def test_an_email_without_words_is_told_of():
    for text in ("", " \n"):
        assert lint_content(EmailContent("Hello", "<img>", text)) == (
            warning("no_text_part", "text"),
        )
    shown = email("<img alt=''>{{ journey.step | remove: '1' }}", "service")
    assert shown == [warning("no_text_part", "text")]
    named = {"zh": {"html": "<img alt=''>"}}
    assert email("<p>a</p>", "service", language="en", languages=named) == [
        warning("no_text_part", "languages.zh.text")
    ]


def segments(n: int, encoding: str, units: int, cost: str) -> Finding:
    return warning(
        "sms_of_several_segments", "text", segments=n, encoding=encoding, units=units, cost=cost
    )


def costlier(characters: str, n: int, fewer: int) -> Finding:
    return warning(
        "sms_costlier_by_characters", "text", characters=characters, segments=n, fewer=fewer
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 160, ()),
        ("x" * 161, (segments(2, "GSM-7", 161, "16.60"),)),
        ("x" * 307, (segments(3, "GSM-7", 307, "24.90"),)),
        ("你" * 70, ()),
        ("你" * 71, (segments(2, "UCS-2", 71, "16.60"),)),
        # One letter makes of one segment two.
        ("\u2019" + "x" * 70, (segments(2, "UCS-2", 71, "16.60"), costlier("\u2019", 2, 1))),
        ("\u2019" + "x" * 69, ()),
        ("\u2019" + "x" * 159, (segments(3, "UCS-2", 160, "24.90"), costlier("\u2019", 3, 1))),
        ("\u2019" + "x" * 160, (segments(3, "UCS-2", 161, "24.90"), costlier("\u2019", 3, 2))),
        # Three kinds of them are a slip of the pen, four are not.
        (
            "\u201c\u201d\u2019" + "x" * 70,
            (segments(2, "UCS-2", 73, "16.60"), costlier("\u201c \u201d \u2019", 2, 1)),
        ),
        ("\u201c\u201d\u2019\u2026" + "x" * 70, (segments(2, "UCS-2", 74, "16.60"),)),
        # Nor are they where they are more than a tenth of the text.
        (
            "\u2019" * 8 + "x" * 72,
            (segments(2, "UCS-2", 80, "16.60"), costlier("\u2019", 2, 1)),
        ),
        ("\u2019" * 8 + "x" * 71, (segments(2, "UCS-2", 79, "16.60"),)),
        # Where it would be as many without them, it is not for them.
        ("x" * 321 + "\u2019" * 0, (segments(3, "GSM-7", 321, "24.90"),)),
    ],
)
def test_text_messages_are_measured_and_told_what_makes_them_dear(
    text: str, expected: tuple[Finding, ...]
):
    assert lint_content(SmsContent(text)) == expected


def test_a_text_message_is_measured_as_it_is_shown():
    text = "{{ profile.a | default: 'x' }}" + "x" * 160 + " R"
    assert [one.code for one in sms(text, "service")] == ["sms_of_several_segments"]
    zh = {"zh": {"text": "你" * 71}}
    assert [one.path for one in sms("x", "service", language="en", languages=zh)] == [
        "languages.zh.text"
    ]


def test_what_only_a_real_person_can_show_is_not_looked_at():
    assert email("<img alt=''>{{ 'soon' | date: '%Y' }}", "service") == []
