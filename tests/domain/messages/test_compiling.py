"""Blocks stand in their places and MJML is HTML before anything is sent; Liquid stays whole."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.blocks import MAX_DEPTH, Block, in_place, shown_in, users_of
from shared.domain.messages.compiling import compile_template
from shared.domain.messages.mjml_pages import to_html
from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.render import render
from shared.errors import InvalidInputError

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MAIL = {"template_id": "hello", "channel": "email", "subject": "Hello"}


def block(name, **texts):
    return Block(block_id=name, **texts)


def blocks(*several):
    return {one.block_id: one for one in several}


def placed(source, known, kind="html", language=""):
    return in_place(source, kind, known, language, "here")


def refused(source, known, kind="html"):
    with pytest.raises(InvalidInputError) as error:
        placed(source, known, kind)
    assert error.value.where == "here"
    return error.value.message


# --- blocks ---------------------------------------------------------------------------------------


def test_a_block_sees_what_the_template_sees():
    item = block("item", html="<li>{{ item.title }}, {{ profile.city }}</li>")
    template = TEMPLATE.validate_python(
        {**MAIL, "html": '<ul>{% for item in items %}{% render "item" %}{% endfor %}</ul>'}
    )

    ready = compile_template(template, blocks(item))
    content = render(ready, {"items": [{"title": "A&B"}], "profile": {"city": "Köln"}}, NOW)

    assert content.html == "<ul><li>A&amp;B, Köln</li></ul>"


def test_a_template_without_blocks_and_mjml_is_sent_as_it_was_written():
    template = TEMPLATE.validate_python({**MAIL, "html": "<p>{{ profile.x }}</p>"})

    assert compile_template(template, {}) is template


def test_every_part_takes_the_text_of_its_kind_and_language():
    foot = block(
        "foot",
        html="<b>Foot</b>",
        text="Foot",
        languages={"zh": {"html": "<b>脚</b>", "text": "脚"}},
    )
    written = {
        **MAIL,
        "html": "{% render 'foot' %}",
        "text": "{% render 'foot' %}",
        "languages": {"zh-CN": {"subject": "你好"}},
    }

    ready = compile_template(TEMPLATE.validate_python(written), blocks(foot))

    assert (ready.html, ready.text) == ("<b>Foot</b>", "Foot")
    chinese = ready.variant_in("zh-CN")
    assert (chinese.subject, chinese.html, chinese.text) == ("你好", "<b>脚</b>", "脚")


def test_marks_for_blanks_take_them_away():
    assert placed("a \n{%- render 'x' -%}\n b", blocks(block("x", html="X"))) == "aXb"
    assert placed("a {% render 'x' %} b", blocks(block("x", html="X"))) == "a X b"


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ((), 'there is no block "x"'),
        ((block("x", text="only text"),), 'block "x" has no html'),
        ((block("x", html="{% render 'x' %}"),), "blocks go in a circle: x → x"),
        (
            (block("x", html="{% render 'y' %}"), block("y", html="{% render 'x' %}")),
            "blocks go in a circle: x → y → x",
        ),
        ((block("x", html="{% render 'y', a: 1 %}"),), "a block is shown by its name alone"),
    ],
)
def test_what_cannot_be_put_in_place_is_refused(known, said):
    assert refused("{% render 'x' %}", blocks(*known)) == said


def test_blocks_are_only_so_deep_and_only_so_long():
    chain = [block(f"b{n}", html=f"{{% render 'b{n + 1}' %}}") for n in range(MAX_DEPTH)]
    assert "levels deep" in refused("{% render 'b0' %}", blocks(*chain))
    doubling = [block(f"b{n}", html=f"{{% render 'b{n + 1}' %}}" * 30) for n in range(4)]
    last = block("b4", html="x" * 1_000)
    assert "characters" in refused("{% render 'b0' %}", blocks(*doubling, last))


def test_who_shows_a_block_is_found_through_others():
    known = blocks(
        block("a", html="{% render 'b' %}"),
        block("b", text='{%- render "c" %}'),
        block("c", html="c"),
    )

    assert users_of("c", known) == {"a", "b", "c"}
    assert users_of("a", known) == {"a"}
    assert shown_in({"languages": {"zh": {"html": "{% render 'c' %}"}}}) == {"c"}


# --- MJML -----------------------------------------------------------------------------------------

FRAME = "<mjml><mj-body>{}</mj-body></mjml>"
COLUMN = FRAME.format("<mj-section><mj-column>{}</mj-column></mj-section>")

PLACES = {
    "a text": COLUMN.format("<mj-text>Dear {}</mj-text>"),
    "HTML in a text": COLUMN.format("<mj-text><b class='x'>{}</b><br/></mj-text>"),
    "an attribute": COLUMN.format("<mj-button href='https://shop.example/{}'>Go</mj-button>"),
    "an attribute of HTML": COLUMN.format('<mj-text><a href="{}">Go</a></mj-text>'),
    "between elements": COLUMN.format("{}<mj-text>x</mj-text>"),
    "between sections": FRAME.format("{}<mj-section><mj-column></mj-column></mj-section>"),
    "raw HTML": COLUMN.format("<mj-raw><p>{}</p></mj-raw>"),
    "the preview line": "<mjml><mj-head><mj-preview>{}</mj-preview></mj-head>"
    "<mj-body></mj-body></mjml>",
    "a table": COLUMN.format("<mj-table><tr><td>{}</td></tr></mj-table>"),
}
LIQUID = (
    '{{ profile.name | default: "you & me" }}',
    "{{- items[0].title | escape -}}",
    "{% if a < b and c > d %}",
    "{%- for item in items limit:3 -%}",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("liquid", LIQUID)
def test_liquid_comes_through_mjml_as_it_was_written(place, liquid):
    html = to_html(PLACES[place].format(liquid), "here")

    for tag in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", liquid):
        assert tag in html
    assert "lqd" not in html


@given(st.lists(st.sampled_from(LIQUID), min_size=1, max_size=12))
def test_every_tag_comes_through_once_and_in_its_order(tags):
    html = to_html(COLUMN.format("<mj-text>" + " ".join(tags) + "</mj-text>"), "here")

    assert re.findall(r"\{\{.*?\}\}|\{%.*?%\}", html) == tags


def test_an_email_in_mjml_is_sent_as_html():
    foot = block(
        "foot", mjml="<mj-section><mj-column><mj-text>Foot</mj-text></mj-column></mj-section>"
    )
    each = "{% for item in items %}<mj-text>{{ item }}</mj-text>{% endfor %}"
    body = f"<mj-section><mj-column>{each}</mj-column></mj-section>"
    template = TEMPLATE.validate_python(
        {**MAIL, "mjml": FRAME.format(body + "{% render 'foot' %}")}
    )

    content = render(compile_template(template, blocks(foot)), {"items": ["One", "<Two>"]}, NOW)

    assert content.html.count('<div style="font-family') == 3
    assert "&lt;Two&gt;" in content.html
    assert content.text.split() == ["One", "<Two>", "Foot"]
    assert "mj-" not in re.sub(r"mj-(outlook|column|full)[a-z0-9-]*", "", content.html)
    with pytest.raises(InvalidInputError, match="compiled before"):
        render(template, {}, NOW)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("<p>no MJML</p>", "no MJML"),
        ("<mjml><mj-body>", "no MJML"),
        (COLUMN.format("<mj-foo/>"), "MJML has no <mj-foo>"),
        (COLUMN.format("<mj-include path='/etc/passwd'/>"), "no MJML"),
        (COLUMN.format("<mj-text>" + "<b>" * 300 + "</b>" * 300 + "</mj-text>"), "deep"),
        ("{{ x }}" + FRAME.format(""), "MJML"),
    ],
)
def test_what_is_no_mjml_is_refused(source, said):
    with pytest.raises(InvalidInputError, match=re.escape(said)):
        to_html(source, "here")
