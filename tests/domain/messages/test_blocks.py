"""Blocks to the letter: which text stands in which place, and who shows whom."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.messages.blocks import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    Block,
    in_place,
    shown_in,
    users_of,
)
from shared.domain.messages.compiling import compile_template, needs_compiling
from shared.domain.messages.mjml_pages import to_html
from shared.domain.messages.model import TEMPLATE, AnyTemplate
from shared.errors import InvalidInputError


def block(name: str, **texts: Any) -> Block:
    return Block(block_id=name, **texts)


def known(*several: Block) -> dict[str, Block]:
    return {one.block_id: one for one in several}


ALL = block(
    "x",
    html="H",
    mjml="M",
    text="T",
    languages={"zh": {"html": "中H", "text": "中T"}, "de": {"mjml": "dM"}},
)


@pytest.mark.parametrize(
    ("kind", "language", "text"),
    [
        ("html", "", "H"),
        ("mjml", "", "M"),
        ("text", "", "T"),
        ("html", "zh-CN", "中H"),
        ("text", "zh", "中T"),
        ("mjml", "zh", "M"),  # none of its own
        ("mjml", "de-AT", "dM"),
        ("html", "de", "H"),
        ("html", "fr", "H"),
    ],
)
def test_a_block_has_a_text_of_each_kind_in_each_language(kind: Any, language: str, text: str):
    assert ALL.source(kind, language) == text
    placed = in_place('a{% render "x" %}b', kind, known(ALL), language, "here")
    assert placed == f"a{text}b"
    outer = block(
        "y", html="({%- render 'x' -%})", mjml="({%render 'x'%})", text="({% render 'x' %})"
    )
    placed = in_place("{% render 'y' %}", kind, known(ALL, outer), language, "here")
    assert placed == f"({text})"


@pytest.mark.parametrize(
    ("source", "placed"),
    [
        ("a {% render 'x' %} b", "a H b"),
        ("a {%- render 'x' %} b", "aH b"),
        ("a {% render 'x' -%} b", "a Hb"),
        ('a \n {%-  render  "x"  -%}\t b', "aHb"),
        ("{% render 'x' %}{% render 'x' %}", "HH"),
        ("a", "a"),
        ("", ""),
    ],
)
def test_blanks_around_a_block_stay_unless_it_takes_them(source: str, placed: str):
    assert in_place(source, "html", known(ALL), "", "here") == placed


@pytest.mark.parametrize(
    "source",
    [
        "{% render x %}",
        "{% render 'x\" %}",
        "{% render 'X' %}",
        "{%- render 'x', a: 1 -%}",
        "{%render%}",
    ],
)
def test_a_block_is_shown_by_its_name_alone(source: str):
    with pytest.raises(InvalidInputError) as error:
        in_place(f"a {source}", "html", known(ALL), "", "here")
    assert error.value.where == "here"


def test_blocks_are_as_deep_and_as_long_as_they_may_be():
    def chain(levels: int) -> dict[str, Block]:
        inner = [block(f"b{n}", html=f"{{% render 'b{n + 1}' %}}") for n in range(levels - 1)]
        return known(*inner, block(f"b{levels - 1}", html="end"))

    assert in_place("{% render 'b0' %}", "html", chain(MAX_DEPTH), "", "here") == "end"
    with pytest.raises(InvalidInputError, match="5 levels deep"):
        in_place("{% render 'b0' %}", "html", chain(MAX_DEPTH + 1), "", "here")
    long = known(block("x", html="x" * 40_000))
    five = "{% render 'x' %}" * 5
    assert len(in_place(five, "html", long, "", "here")) == MAX_CHARACTERS == 200_000
    with pytest.raises(InvalidInputError, match="200,000"):
        in_place(f"{five}y", "html", long, "", "here")


def test_a_block_is_html_mjml_or_text():
    for kind in ("html", "mjml", "text"):
        assert block("x", **{kind: "y"}).source(kind, "") == "y"  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        block("x", languages={"zh": {"html": "y"}})


def test_who_shows_whom():
    several = known(
        block("a", html="{% render 'b' %}"),
        block("b", languages={"zh": {"text": "{% render 'c' %}"}}, mjml="x"),
        block("c", mjml="x{%- render 'd' -%}y"),
        block("d", html="end"),
        block("e", html="{% render 'd' %}{% render 'a' %}"),
        block("f", html="render 'd'"),
    )
    assert users_of("d", several) == {"a", "b", "c", "d", "e"}
    assert users_of("b", several) == {"a", "b", "e"}
    assert users_of("f", several) == {"f"}
    circle = known(block("a", html="{% render 'b' %}"), block("b", html="{% render 'a' %}"))
    assert users_of("a", circle) == {"a", "b"}
    assert shown_in({"a": "{% render 'x' %}", "b": {"c": '{%- render "y" -%}'}, "d": 7}) == {
        "x",
        "y",
    }
    assert shown_in("{% render 'x' %}{% render 'z' %}") == {"x", "z"}


# --- templates ------------------------------------------------------------------------------------


def template(**fields: Any) -> AnyTemplate:
    return TEMPLATE.validate_python({"template_id": "t", **fields})


MAIL = {"channel": "email", "subject": "s"}
COLUMN = "<mj-section><mj-column><mj-text>{}</mj-text></mj-column></mj-section>"
PAGE = f"<mjml><mj-body>{COLUMN}</mj-body></mjml>"


@pytest.mark.parametrize(
    ("fields", "needed"),
    [
        ({**MAIL, "html": "h"}, False),
        ({**MAIL, "html": "{% render 'x' %}"}, True),
        ({**MAIL, "html": "h", "languages": {"zh": {"text": "{% render 'x' %}"}}}, True),
        ({**MAIL, "mjml": "<mjml/>"}, True),
        ({**MAIL, "html": "h", "languages": {"zh": {"mjml": "<mjml/>"}}}, True),
        ({**MAIL, "html": "h", "languages": {"zh": {"html": "z"}}}, False),
        ({"channel": "sms", "text": "x"}, False),
        ({"channel": "sms", "text": "{% render 'x' %}"}, True),
    ],
)
def test_what_is_anything_but_what_is_sent_is_compiled(fields: dict[str, Any], needed: bool):
    assert needs_compiling(template(**fields)) is needed


def test_every_language_is_compiled_with_its_own_blocks():
    written = template(
        **MAIL,
        title="a title",
        topic="news",
        language="en",
        html="{% render 'x' %}",
        text="{% render 'x' %}",
        languages={
            "zh-CN": {"subject": "{{ profile.a }}"},
            "de": {"mjml": PAGE.format("{% render 'x' %}{{ profile.b }}")},
        },
    )
    html = to_html(PAGE.format("dM{{ profile.b }}"), "here")
    assert compile_template(written, known(ALL)) == template(
        **MAIL,
        title="a title",
        topic="news",
        language="en",
        html="H",
        text="T",
        languages={
            "zh-CN": {"subject": "{{ profile.a }}", "html": "中H", "text": "中T", "mjml": ""},
            "de": {"subject": "s", "html": html, "text": "T", "mjml": ""},
        },
    )


def test_of_a_template_with_fields_each_is_compiled():
    written = template(
        channel="wechat",
        form="template",
        code="c",
        fields={"thing1": "a{% render 'x' %}", "time2": "now"},
        link="https://a.example",
    )
    compiled = compile_template(written, known(ALL))
    assert compiled.model_dump()["fields"] == {"thing1": "aT", "time2": "now"}
    assert compiled.model_dump()["link"] == "https://a.example"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"html": "{% render 'y' %}"}, "template t, html"),
        ({"html": "h", "text": "{% render 'y' %}"}, "template t, text"),
        ({"html": "{% render 'y' %}", "language": "en"}, "template t (en), html"),
        (
            {"html": "h", "languages": {"zh": {"subject": "{% render 'y' %}"}}},
            "template t (zh), subject",
        ),
        ({"mjml": "<mjml>{% render 'y' %}</mjml>"}, "template t, mjml"),
        ({"mjml": "<p>x</p>"}, "template t, mjml"),
        ({"html": "h", "languages": {"zh": {"mjml": "<p>x</p>"}}}, "template t (zh), mjml"),
    ],
)
def test_where_it_goes_wrong_is_said(fields: dict[str, Any], where: str):
    with pytest.raises(InvalidInputError) as error:
        compile_template(template(**MAIL, **fields), known(ALL))
    assert error.value.where == where
