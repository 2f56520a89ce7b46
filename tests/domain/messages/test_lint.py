"""What an operator hears of a template, and that nobody is told what is not so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.advertising import CHINESE, ENGLISH, advertising_in
from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.lint import MOST_HTML_KB, lint, lint_content
from shared.domain.messages.lint_words import WORDS
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.needs import needs_of, sample_of
from shared.domain.messages.render import render
from tests.conftest import NOON

LEAVE = '<a href="{{ links.unsubscribe }}">Leave</a>'


def found(purpose=None, **fields):
    template = TEMPLATE.validate_python({"template_id": "t", **fields})
    return [(one.code, one.path) for one in lint(template, purpose)]


def email(html, purpose=None, **fields):
    return found(purpose, channel="email", subject="Hello", html=html, **fields)


def sms(text, purpose=None):
    return found(purpose, channel="sms", text=text)


def wechat(text):
    fields = {"thing1": text, "time2": "today"}
    return found(channel="wechat", form="template", code="x", fields=fields)


SAID = {
    "template_broken": lambda: email("{{ nobody.knows }}"),
    "variable_without_default": lambda: email(f"<p>{{{{ profile.name }}}}</p>{LEAVE}"),
    "html_too_large": lambda: email("<p>" + "x" * MOST_HTML_KB * 1024 + "</p>" + LEAVE),
    "no_unsubscribe": lambda: email("<p>Hello</p>"),
    "image_without_alt": lambda: email(f"<img src='https://a.example/a.png'>{LEAVE}"),
    "unencrypted_link": lambda: email(f"<a href='http://a.example'>a</a>{LEAVE}"),
    "no_text_part": lambda: email("<img alt=''>" + "{{ '' }}", "transactional"),
    "sms_of_several_segments": lambda: sms("Reply R. " + "long " * 40),
    "sms_costlier_by_characters": lambda: sms("Reply R. It\u2019s " + "nice " * 15),
    "sms_without_way_out": lambda: sms("Hello"),
    "advertises_on_wechat": lambda: wechat("限时特惠"),
    "language_unnamed": lambda: email(f"<p>a</p>{LEAVE}", languages={"zh": {"subject": "你好"}}),
}


@pytest.mark.parametrize("code", WORDS)
def test_each_is_said_where_it_is_so(code):
    assert code in [said for said, _ in SAID[code]()]


@pytest.mark.parametrize(
    "nothing",
    [
        lambda: email(f"<p>Hello</p>{LEAVE}"),
        lambda: email("<p>Hello</p>", "transactional"),
        lambda: email("<p>Hello <a href='rapport:preferences'>choose</a></p>"),
        lambda: email(f"<img src='https://a.example/a.png' alt=''><p>a</p>{LEAVE}"),
        lambda: email(
            f"<p>{{{{ profile.name | default: 'you' }}}} {{{{ profile.email }}}}</p>{LEAVE}"
        ),
        lambda: sms("Hello, reply R to stop"),
        lambda: sms("您好，回T退订"),
        lambda: sms("Hello", "service"),
        lambda: wechat("订单已发货"),
        lambda: found(channel="wechat", form="service", text="限时特惠"),
    ],
)
def test_nothing_is_said_where_nothing_is_amiss(nothing):
    assert nothing() == []


def test_every_language_is_looked_at_in_its_place():
    variant = {"zh": {"html": "<img src='https://a.example/a.png'><p>你好</p>"}}
    assert email(f"<p>Hello</p>{LEAVE}", language="en", languages=variant) == [
        ("image_without_alt", "languages.zh.html"),
        ("no_unsubscribe", "languages.zh.html"),
    ]


def test_only_what_cannot_be_saved_is_an_error():
    for say in SAID.values():
        assert [code for code, _ in say()] == list(dict.fromkeys(code for code, _ in say()))
    broken = TEMPLATE.validate_python({"template_id": "t", "channel": "sms", "text": "{{ x.y }}"})
    [error] = lint(broken)
    assert (error.severity, error.code) == ("error", "template_broken")


def test_words_are_said_in_both_languages():
    for code, (message, hint) in WORDS.items():
        assert all((message.en, message.zh, hint.en, hint.zh)), code
        assert message.en != message.zh


def test_a_message_is_looked_at_as_the_person_sees_it():
    large = EmailContent("Hello", "x" * (MOST_HTML_KB * 1024 + 1), "Hello")
    assert [one.code for one in lint_content(large)] == ["html_too_large"]
    assert lint_content(EmailContent("Hello", "x" * MOST_HTML_KB * 1024, "Hello")) == ()
    two = SmsContent("你" * 71)
    assert [one.code for one in lint_content(two)] == ["sms_of_several_segments"]
    assert lint_content(SmsContent("你" * 70)) == ()


@pytest.mark.parametrize("word", [*CHINESE, *ENGLISH])
def test_every_word_that_advertises_is_found_in_a_text(word):
    assert advertising_in(f"a {word.upper()} b")


@pytest.mark.parametrize("text", ["wholesaler", "compromotional", "您的订单已发货", ""])
def test_words_within_other_words_do_not_count(text):
    assert advertising_in(text) == ()


PIECES = st.sampled_from(
    [
        "{{ profile.a }}",
        "{{ profile.a | default: 'x' }}",
        "{% if profile.b %}{{ profile.b }}{% endif %}",
        "{{ entry.total }}",
        "{{ coupon.code }}",
        "{% for item in items %}{{ item.title }}{% endfor %}",
        "{{ entry.c | upcase }}",
        "{{ links.unsubscribe }}",
    ]
)


@given(st.lists(PIECES, max_size=5))
def test_a_template_renders_with_all_that_it_needs_and_not_without_any_of_it(pieces):
    template = TEMPLATE.validate_python(
        {"template_id": "t", "channel": "sms", "text": "Hello " + "".join(pieces)}
    )
    needs = needs_of(template)
    sample = sample_of(template)

    assert render(template, sample, NOON)
    for root, names in (("profile", needs.traits), ("entry", needs.values)):
        for name in names:
            lacking = {key: one for key, one in sample.items() if key != name}
            lacking[root] = {key: one for key, one in sample[root].items() if key != name}
            with pytest.raises(Exception, match="not known"):
                render(template, lacking, NOON)


def test_a_word_inside_of_a_longer_one_is_not_named_beside_it():
    assert set(advertising_in("限时：领取红包，再送优惠券")) == {"限时", "领取红包", "优惠券"}
    assert advertising_in("优惠") == ("优惠",)
