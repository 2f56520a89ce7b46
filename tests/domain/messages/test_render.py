"""Rendering: people see what was meant, or the operator sees what is missing and where."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.liquid_engine import known_filters
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.render import check, render, variables_for
from shared.errors import InvalidInputError

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=8)))
REQUEST = MessageRequest(
    workspace_id="default",
    profile_id="p1",
    message_id="m1",
    enrolment_id="e1",
    journey_id="welcome-series",
    journey_version=1,
    step="say hello",
    visit=1,
    template_id="hello",
    purpose="marketing",
    requested_at=datetime(2026, 11, 22, tzinfo=UTC),
)


def email(html: str = "<p>Hello</p>", subject: str = "Hello", text: str = "") -> EmailTemplate:
    return EmailTemplate(template_id="hello", subject=subject, html=html, text=text)


def html_of(source: str, **traits: Any) -> str:
    content = render(email(source), variables_for(REQUEST, traits), NOW)
    assert isinstance(content, EmailContent)
    return content.html


def refusal(template: EmailTemplate | SmsTemplate, **traits: Any) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as error:
        render(template, variables_for(REQUEST, traits), NOW)
    return error.value


def problem(template: EmailTemplate | SmsTemplate) -> InvalidInputError:
    with pytest.raises(InvalidInputError) as error:
        check(template)
    return error.value


def test_an_email_has_subject_html_and_a_text_part_made_from_the_html():
    template = email("<p>Dear {{ profile.name }},</p><p>hello.</p>", "Hello {{ profile.name }}")

    content = render(template, variables_for(REQUEST, {"name": "Ada & Bob"}), NOW)

    assert content == EmailContent(
        subject="Hello Ada & Bob",
        html="<p>Dear Ada &amp; Bob,</p><p>hello.</p>",
        text="Dear Ada & Bob,\n\nhello.",
    )


def test_a_text_part_of_ones_own_is_kept_and_not_escaped():
    content = render(
        email(text="Dear {{ profile.name }}"), variables_for(REQUEST, {"name": "A<b>"}), NOW
    )

    assert isinstance(content, EmailContent)
    assert content.text == "Dear A<b>"


def test_a_text_message_is_plain():
    template = SmsTemplate(template_id="hello", text="{{ profile.name }} 你好 & hello")

    assert render(template, variables_for(REQUEST, {"name": "<Ada>"}), NOW) == SmsContent(
        "<Ada> 你好 & hello"
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ workspace.workspace_id }}", "default"),
        ("{{ journey.journey_id }}/{{ journey.step }}", "welcome-series/say hello"),
        ("{{ now | date: '%Y-%m-%d %H:%M' }}", "2026-11-22 23:30"),
        ("{{ today | date: '%d.%m.%Y' }}", "22.11.2026"),
        ("{{ profile.born | date: '%Y' }}", "1815"),
        ("{{ profile['name'] | upcase }}", "ADA"),
        ("{{ profile.nick | default: 'friend' }}", "friend"),
        ("{{ profile.nothing | default: 'friend' }}", "friend"),
        ("{% if profile.nick %}yes{% else %}no{% endif %}", "no"),
        ("{% unless profile.nick %}no{% endunless %}", "no"),
        ("{% if profile.nick == 'ada' %}yes{% else %}no{% endif %}", "no"),
        ("{% if profile.nick == nil %}none{% endif %}", "none"),
        ("{% if profile.points > 3 %}many{% endif %}", "many"),
        ("{% for item in profile.cart %}{{ item.title }};{% endfor %}", "Book;Pen &amp; ink;"),
        ("{{ profile.cart | map: 'title' | join: ', ' }}", "Book, Pen &amp; ink"),
        ("{{ profile.html | strip_html }}", "bold"),
        ("{{ profile.points | times: 2 }}", "14"),
    ],
)
def test_templates_can_show_what_is_known(source: str, shown: str):
    traits = {
        "name": "Ada",
        "born": "1815-12-10",
        "points": 7,
        "nothing": None,
        "html": "<b>bold</b>",
        "cart": [{"title": "Book"}, {"title": "Pen & ink"}],
    }

    check(email(source))
    assert html_of(source, **traits) == shown


@pytest.mark.parametrize("source", ["{{ profile.nick }}", "{{ profile.nick | upcase }}"])
def test_a_missing_trait_is_named_with_its_place_and_a_way_out(source: str):
    error = refusal(email(f"<p>\n  Dear {source}</p>"))

    assert error.where == "template hello, html, line 2, column 11"
    assert error.message == "profile.nick is not known for this profile"
    assert error.hint == 'say what to show instead: {{ profile.nick | default: "…" }}'


@pytest.mark.parametrize(
    "source",
    [
        "{{ profile.nick.first }}",
        "{% for x in profile.nick %}{{ x }}{% endfor %}",
        "{{ profile.nick | join: ',' }}",
        "{{ profile.nick | date: '%Y' }}",
        "{{ profile.nothing }}",
        "{{ profile.points | append: profile.nick }}",
    ],
)
def test_nobody_ever_sees_an_empty_place(source: str):
    assert "is not known" in refusal(email(source), points=1, nothing=None).message


def test_the_part_that_failed_is_named():
    assert "subject" in refusal(email(subject="{{ profile.nick }}")).where
    assert "text" in refusal(email(text="{{ profile.nick }}")).where
    sms = SmsTemplate(template_id="hello", text="{{ profile.nick }}")
    assert "template hello, text" in refusal(sms).where


HOSTILE = "<script>alert('&\"')</script>"


@pytest.mark.parametrize("name", sorted(known_filters()))
def test_no_filter_lets_markup_of_a_person_through(name: str):
    for arguments in ("", ": profile.evil", ": 'a'", ": 1", ": profile.evil, profile.evil"):
        source = f"<p>{{{{ profile.evil | {name}{arguments} }}}}</p>"
        for evil in (HOSTILE, [HOSTILE], {"a": HOSTILE}):
            try:
                shown = html_of(source, evil=evil)
            except InvalidInputError:
                continue
            assert "<" not in shown.removeprefix("<p>").removesuffix("</p>"), (source, shown)


@given(st.text(), st.text().filter(lambda text: "\r" not in text))
def test_traits_are_escaped_in_html_and_kept_in_text(first: str, second: str):
    template = email("<i title='{{ profile.a }}'>{{ profile.b }}</i>", text="{{ profile.b }}|")

    content = render(template, variables_for(REQUEST, {"a": first, "b": second}), NOW)

    assert isinstance(content, EmailContent)
    assert content.text == f"{second}|"
    inside = content.html.removeprefix("<i title='").removesuffix("</i>")
    title, body = inside.split("'>")
    assert not set("<>\"'") & set(title + body)


@pytest.mark.parametrize("evil", ["Ada\r\nBcc: eve@example.com", "Ada\n", "A\x00da", "A\u2028da"])
def test_a_trait_cannot_add_a_header(evil: str):
    error = refusal(email(subject="Hello {{ profile.name }}"), name=evil)

    assert error.message == "a subject is one line"


def test_a_subject_can_be_squeezed_into_one_line():
    content = render(
        email(subject="Hello {{ profile.name | squish }}"),
        variables_for(REQUEST, {"name": " Ada\r\n Lovelace\n"}),
        NOW,
    )

    assert isinstance(content, EmailContent)
    assert content.subject == "Hello Ada Lovelace"


def test_a_trait_cannot_put_code_into_a_link():
    template = email('<a href="{{ profile.url }}">x</a>')

    assert "javascript" in refusal(template, url="javascript:alert(1)").message
    assert "data" in refusal(template, url=" DATA:text/html,x").message
    assert html_of(template.html, url="https://shop.example/?a=1&b=2") == (
        '<a href="https://shop.example/?a=1&amp;b=2">x</a>'
    )


def test_what_no_provider_would_take_is_refused_here():
    sms = SmsTemplate(template_id="hello", text="{{ profile.name }}")

    assert refusal(sms, name="a" * 1_601).message == "a text message has at most 1600 characters"
    assert refusal(sms, name=" ").message == "the text is empty"
    assert "500" in refusal(email(subject="{{ profile.name }}"), name="a" * 501).message
    assert refusal(email(subject="{{ profile.name }}"), name=" ").message == "the subject is empty"


def test_half_a_character_is_an_error_and_not_a_crash():
    assert refusal(email("{{ profile.name }}"), name="\ud800").where.startswith("template hello")


def test_rendering_never_asks_the_clock():
    long_ago = datetime(1999, 12, 31, 23, 59, tzinfo=UTC)
    source = "{{ now | date: '%Y' }} {{ today | date: '%Y' }}"

    content = render(SmsTemplate(template_id="hello", text=source), {}, long_ago)

    assert content == SmsContent("1999 1999")
    words = "{{ 'now' | date: '%Y' }} {{ 'March 14' | date: '%Y-%m-%d' }}"
    content = render(SmsTemplate(template_id="hello", text=words), {}, long_ago)
    assert content == SmsContent("1999 1999-03-14")
    assert "is not a date" in refusal(email("{{ 'soon' | date: '%Y' }}")).message


# --- when a template is saved ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("template", "where", "message"),
    [
        (email("{{ profile.name "), "html, line 1, column 1", "expected"),
        (email("{% if profile.name %}"), "html", "endif"),
        (email("a\n{% nonsense %}"), "html, line 2, column 4", "unexpected tag 'nonsense'"),
        (email("{{ name }}"), "html", "there is no variable name"),
        (email("{{ event.total }}"), "html", "there is no variable event.total"),
        (email("{{ journey.nmae }}"), "html", "there is no variable journey.nmae"),
        (email("{{ journey }}"), "html", "there is no variable journey"),
        (email("{{ profile }}"), "html", "profile alone shows nothing"),
        (email("{{ profile.a | default: nick }}"), "html", "there is no variable nick"),
        (email("{{ profile[nick] }}"), "html", "there is no variable nick"),
        (email("{{ profile.a | uppercase }}"), "html", "there is no filter 'uppercase'"),
        (email("{{ profile.a | safe }}"), "html", "there is no filter 'safe'"),
        (email("{% include 'other' %}"), "html, line 1, column 4", "unexpected tag"),
        (email("{% render 'other' %}"), "html, line 1, column 4", "unexpected tag"),
        (email(subject="{{ nick }}"), "subject", "there is no variable nick"),
        (email(subject="Hello\nBcc: x"), "subject", "a subject is one line"),
        (email(text="{{ nick }}"), "text", "there is no variable nick"),
        (email("<a href='javascript:x'>"), "html", "links with javascript: are not sent"),
        (
            SmsTemplate(template_id="hello", text="{{ nick }}"),
            "text",
            "there is no variable nick",
        ),
    ],
    ids=str,
)
def test_a_template_is_refused_when_it_is_saved(
    template: EmailTemplate | SmsTemplate, where: str, message: str
):
    error = problem(template)

    assert error.where == f"template hello, {where}"
    assert message in error.message


@pytest.mark.parametrize(
    "source",
    [
        "{% assign nick = profile.nick %}{{ nick }}",
        "{% capture nick %}x{% endcapture %}{{ nick }}",
        "{% for item in profile.cart %}{{ item.title }} {{ forloop.index }}{% endfor %}",
        "{% comment %}{{ anything }}{% endcomment %}",
        "<a href='{{ profile.url }}'>",
    ],
)
def test_what_a_template_names_itself_is_not_unknown(source: str):
    check(email(source))


@given(st.text(alphabet="{}%| .'\"profileandvsuc<>=:\n()[]0", max_size=60))
def test_any_source_is_accepted_or_refused_and_nothing_else(source: str):
    template = email(f"x{source}")
    for use in (check, lambda it: render(it, variables_for(REQUEST, {"a": "b"}), NOW)):
        with suppress(InvalidInputError):
            use(template)
