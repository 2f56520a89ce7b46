"""Rendering to the letter: which variables there are, what is checked of each part, and errors."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from shared.domain.messages.model import TEMPLATE, AnyTemplate
from shared.domain.messages.render import (
    LINKS,
    check,
    for_reader,
    in_every_language,
    render,
    variables_for,
)
from shared.errors import InvalidInputError
from tests.domain.messages.test_render import REQUEST

NOW = datetime(2026, 11, 22, 23, 30, tzinfo=timezone(timedelta(hours=8)))
ALWAYS = {
    "links": {"unsubscribe": "rapport:unsubscribe", "preferences": "rapport:preferences"},
    "workspace": {"workspace_id": "default"},
    "journey": {"journey_id": "welcome-series", "step": "say hello"},
}


def template(**fields: Any) -> AnyTemplate:
    return TEMPLATE.validate_python({"template_id": "hello", **fields})


def sms(text: str, **fields: Any) -> AnyTemplate:
    return template(channel="sms", text=text, **fields)


def email(html: str = "h", **fields: Any) -> AnyTemplate:
    return template(channel="email", html=html, **{"subject": "s", **fields})


@pytest.mark.parametrize(
    ("values", "traits", "found"),
    [
        ({}, {}, {"profile": {}, "entry": {}}),
        ({"a": None, "b": 0}, {"c": None, "d": ""}, {"profile": {"d": ""}, "entry": {"b": 0}}),
        (
            {"coupon": "TEN"},
            {},
            {"profile": {}, "entry": {"coupon": "TEN"}, "coupon": {"code": "TEN"}},
        ),
        ({"coupon": None}, {}, {"profile": {}, "entry": {}}),
        ({"items": [1]}, {}, {"profile": {}, "entry": {"items": [1]}, "items": [1]}),
        (
            {"items": [1]},
            {"recommended_items": [2]},
            {"profile": {"recommended_items": [2]}, "entry": {"items": [1]}, "items": [1]},
        ),
        (
            {},
            {"recommended_items": [2]},
            {"profile": {"recommended_items": [2]}, "entry": {}, "items": [2]},
        ),
        (
            {"items": None},
            {"recommended_items": []},
            {"profile": {"recommended_items": []}, "entry": {}, "items": []},
        ),
    ],
)
def test_what_templates_may_use(
    values: dict[str, Any], traits: dict[str, Any], found: dict[str, Any]
):
    request = replace(REQUEST, values=values)
    assert variables_for(request, traits) == {**ALWAYS, **found}
    assert variables_for(request, traits, personalised=False) == {
        **ALWAYS,
        "profile": {},
        "entry": {},
    }
    assert ALWAYS["links"] == LINKS


LETTER = email(
    language="en",
    languages={
        "zh": {"subject": "你好"},
        "de": {"html": "{{ profile.x }}"},
        "en-GB": {"text": "x"},
    },
)


@pytest.mark.parametrize(
    ("traits", "tag"),
    [
        ({}, "en"),
        ({"language": "zh-TW"}, "zh"),
        ({"locale": "de_AT"}, "de"),
        ({"language": "en"}, "en"),
        ({"language": "en-US"}, "en"),
        ({"language": "en-GB"}, "en-GB"),
        ({"language": "fr"}, "en"),
    ],
)
def test_a_template_is_read_in_the_closest_of_its_languages(traits: dict[str, Any], tag: str):
    expected = LETTER if tag == "en" else LETTER.variant_in(tag)
    assert for_reader(LETTER, traits) == expected
    assert in_every_language(LETTER) == (
        LETTER,
        LETTER.variant_in("zh"),
        LETTER.variant_in("de"),
        LETTER.variant_in("en-GB"),
    )


def test_a_template_of_one_language_is_read_as_it_is():
    alone = email()
    assert for_reader(alone, {"language": "zh"}) is alone
    unnamed = email(languages={"zh": {"subject": "你好"}})
    assert for_reader(unnamed, {"language": "de"}) is unnamed
    assert for_reader(unnamed, {"language": "zh"}).language == "zh"


def error_of(use: Any, *arguments: Any) -> tuple[str, str, str]:
    with pytest.raises(InvalidInputError) as error:
        use(*arguments)
    return error.value.where, error.value.message, error.value.hint


def shown(each: AnyTemplate, **traits: Any) -> tuple[str, str, str]:
    return error_of(render, each, variables_for(REQUEST, traits), NOW)


def missing(variable: str) -> tuple[str, str]:
    return (
        f"{variable} is not known for this profile",
        f'say what to show instead: {{{{ {variable} | default: "…" }}}}',
    )


@pytest.mark.parametrize(
    ("source", "place", "said", "hint"),
    [
        ("a\n  {{ profile.x }}", ", line 2, column 6", *missing("profile.x")),
        ("{{ profile.x.y }}", ", line 1, column 4", *missing("profile.x")),
        ("{{ profile.aX }}", ", line 1, column 4", *missing("profile.aX")),
        ("{{ profile['a b'] }}", ", line 1, column 4", *missing("profile['a b']")),
        ("{{ items[3] }}", ", line 1, column 4", *missing("items")),
        ("{{ coupon.code }}", ", line 1, column 4", *missing("coupon")),
        ("{{ profile.l[9] }}", ", line 1, column 4", "index out of range", ""),
        ("{{ 'x' | date: '%Y' }}", ", line 1, column 1", "'x' is not a date", ""),
        ("a\n{{ 1 | uppercase }}", ", line 2, column 8", "unknown filter 'uppercase'", ""),
        ("{{ 1 | divided_by: 0 }}", ", line 1, column 8", "divided_by: can't divide by 0", ""),
        (
            "{% for i in (1..1001) %}{% endfor %}",
            ", line 1, column 4",
            "loop iteration limit reached",
            "",
        ),
        ("{% if profile.l %}", "", "expected tag endif, found end of expression", ""),
    ],
)
def test_what_goes_wrong_is_said_with_its_place(source: str, place: str, said: str, hint: str):
    assert shown(sms(source), l=[1]) == (f"template hello, text{place}", said, hint)
    assert shown(sms(source, language="de"), l=[1])[0] == f"template hello (de), text{place}"
    assert shown(email(source), l=[1])[0] == f"template hello, html{place}"


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("{{ profile.a", ", line 1, column 1", "expected '}}', found end of file"),
        ("x\n {{ profile.a", ", line 2, column 2", "expected '}}', found end of file"),
        ("{{ profile.a | uppercase | another }}", "", "there is no filter 'another'"),
        ("{{ nobody.x }}", "", "there is no variable nobody.x"),
        ("{{ journey.x.y }}", "", "there is no variable journey.x.y"),
        ("{{ journey.step.y }}", "", "there is no variable journey.step.y"),
        ("{{ coupon }}", "", "there is no variable coupon"),
        ("{{ links.leave }}", "", "there is no variable links.leave"),
        ("{{ workspace.name }}", "", "there is no variable workspace.name"),
        ("{{ entry }}", "", "entry alone shows nothing"),
        ("{{ profile }}", "", "profile alone shows nothing"),
    ],
)
def test_what_can_be_known_without_a_person_is_said_when_it_is_saved(
    source: str, place: str, said: str
):
    for each, where in (
        (sms(source), "template hello, text"),
        (email(source), "template hello, html"),
        (email(subject=source), "template hello, subject"),
        (email(text=source), "template hello, text"),
        (email(languages={"zh": {"html": source}}), "template hello (zh), html"),
    ):
        assert error_of(check, each)[:2] == (f"{where}{place}", said)


def test_what_to_name_of_a_root_is_said():
    assert error_of(check, sms("{{ profile }}"))[2] == "name a trait"
    assert error_of(check, sms("{{ entry }}"))[2] == "name one of the step's values"


def test_what_is_nested_too_deeply_is_said_in_these_words():
    deep = email("{% if " + "true and " * 9_000 + "true %}{% endif %}")
    assert shown(deep) == error_of(check, deep) == ("template hello, html", "nested too deeply", "")


@pytest.mark.parametrize(
    "source",
    [
        "{{ now }}{{ today }}{{ now | date: '%Y' }}{{ items }}{{ items[0].a.b }}",
        "{{ entry.a.b.c }}{{ profile.a.b }}{{ profile['a b'] }}{{ coupon.code }}",
        "{{ links.unsubscribe }}{{ links.preferences }}{{ workspace.workspace_id }}",
        "{{ journey.journey_id }}{{ journey.step }}",
    ],
)
def test_all_known_variables_may_be_shown(source: str):
    check(sms(source))
    check(email(source))


# --- of each part ---------------------------------------------------------------------------------

CONTROLS = ["\n", "\r", "\x00", "\x1f", "\x7f", "\x85", "\u2028", "\u2029"]


@pytest.mark.parametrize("control", CONTROLS)
def test_one_line_is_one_line(control: str):
    said = ("template hello, subject", "a subject is one line", "try the filter squish")
    assert shown(email(subject="{{ profile.a }}"), a=f"x{control}y") == said
    assert error_of(check, email(subject=f"x{control}y")) == said
    link = template(channel="wecom", form="application", text="x", link="{{ profile.a }}")
    assert shown(link, a=f"x{control}") == (
        "template hello, link",
        "a link is one line",
        "try the filter squish",
    )
    assert render(email("{{ profile.a }}"), {"profile": {"a": f"x{control}y"}}, NOW)


def test_what_may_be_written_is_as_long_as_it_may_be():
    subject, text = email(subject="{{ profile.a }}"), sms("{{ profile.a }}")
    for each, most, where, said in (
        (subject, 500, "subject", "a subject has at most 500 characters"),
        (text, 1_600, "text", "a text message has at most 1600 characters"),
    ):
        for letter in "x你":
            assert render(each, {"profile": {"a": letter * most}}, NOW)
            assert shown(each, a=letter * (most + 1)) == (f"template hello, {where}", said, "")
    service = template(channel="wechat", form="service", text="{{ profile.a }}")
    fits = "你" * 682 + "xx"  # 2,048 bytes
    assert render(service, {"profile": {"a": fits}}, NOW)
    for longer in (f"{fits}x", "你" * 683):
        assert shown(service, a=longer) == (
            "template hello, text",
            "a text has at most 2048 bytes",
            "",
        )


def test_a_source_may_be_longer_than_what_it_becomes():
    fields = {"phrase1": "{{ profile.a | default: 'a long word instead' }}"}
    long = template(channel="wechat", form="template", code="x", fields=fields)
    check(long)
    assert render(long, {"profile": {"a": "short"}}, NOW)
    assert shown(long)[1] == "a field has at most 5 characters"
    title = "{% comment %}" + "x" * 120 + "{% endcomment %}a"
    check(template(channel="wecom", form="application", text="x", link_title=title))


def test_what_must_not_be_empty_is_not():
    assert shown(sms("{{ profile.a }}"), a=" \n") == (
        "template hello, text",
        "the text is empty",
        "",
    )
    assert error_of(check, sms(" ")) == ("template hello, text", "the text is empty", "")
    assert render(email("{{ profile.a }}"), {"profile": {"a": ""}}, NOW)


@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "data"])
def test_code_is_in_no_link(scheme: str):
    said = f"links with {scheme}: are not sent"
    for wrong in (f"{scheme}:x", f" {scheme.upper()} :x"):
        push = template(channel="wecom", form="application", text="x", link="{{ profile.a }}")
        assert shown(push, a=wrong) == ("template hello, link", said, "")
        assert shown(email("<a href='{{ profile.a }}'>"), a=wrong)[1] == said
        assert error_of(check, email(f"<a href='{wrong}'>")) == ("template hello, html", said, "")
        assert render(push, {"profile": {"a": f"https://a.example/{wrong.strip()}"}}, NOW)
        assert render(sms("{{ profile.a }}"), {"profile": {"a": wrong}}, NOW)


def test_only_html_is_escaped():
    each = email("{{ profile.a }}", subject="{{ profile.a }}", text="{{ profile.a }}")
    content = render(each, {"profile": {"a": "<&>"}}, NOW)
    assert (content.subject, content.html, content.text) == ("<&>", "&lt;&amp;&gt;", "<&>")  # type: ignore[union-attr]


def test_a_template_is_rendered_for_its_reader():
    content = render(LETTER, {"profile": {"language": "de", "x": "1"}}, NOW)
    assert (content.subject, content.html) == ("s", "1")  # type: ignore[union-attr]
    assert render(LETTER, {}, NOW).html == "h"  # type: ignore[union-attr]
    assert shown(LETTER, language="de")[0] == "template hello (de), html, line 1, column 4"


def test_dates_are_of_the_instant_that_is_handed_in():
    text = "{{ now | date: '%d %H:%M' }} {{ today }} {{ 'today' | date: '%d' }}"
    assert render(sms(text), {}, NOW).text == "22 23:30 2026-11-22 22"  # type: ignore[union-attr]
    assert render(sms(text), {}, NOW.astimezone(UTC)).text == "22 15:30 2026-11-22 22"  # type: ignore[union-attr]
