"""MJML with Liquid in it is the MJML that one would write by hand for it, or is refused by name."""

import re

import pytest
from mjml import mjml2html

from shared.domain.messages.mjml_pages import MAX_DEPTH, to_html
from shared.errors import InvalidInputError

FRAME = "<mjml><mj-body>{}</mj-body></mjml>"
COLUMN = FRAME.format("<mj-section><mj-column>{}</mj-column></mj-section>")


def by_hand(source: str) -> str:
    """What the compiler makes of MJML in which Liquid stands where it takes any text."""
    return str(mjml2html(source, disable_comments=True, fonts={}))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("<mj-text>{{ a }}</mj-text>", "<mj-text>{{ a }}</mj-text>"),
        (
            "{{ a }}<mj-text>{{ b }}</mj-text>{{ c }}",
            "<mj-raw>{{ a }}</mj-raw><mj-text>{{ b }}</mj-text><mj-raw>{{ c }}</mj-raw>",
        ),
        # An element that closes itself holds nothing.
        (
            "<mj-image src='a.png'/>{{ a }}<mj-text>x</mj-text>",
            "<mj-image src='a.png'/><mj-raw>{{ a }}</mj-raw><mj-text>x</mj-text>",
        ),
        ("<mj-text/>{{ a }}", "<mj-text/><mj-raw>{{ a }}</mj-raw>"),
        ("<mj-divider />{{ a }}", "<mj-divider /><mj-raw>{{ a }}</mj-raw>"),
        # Nor do those of HTML that never close.
        (
            "<mj-text>a<br>{{ b }}<img src='x'>{{ c }}<area>{{ d }}</mj-text>{{ e }}",
            "<mj-text>a<br>{{ b }}<img src='x'>{{ c }}<area>{{ d }}</mj-text>"
            "<mj-raw>{{ e }}</mj-raw>",
        ),
        (
            "<mj-text><b>{{ a }}</b>{{ b }}<i>{{ c }}</i></mj-text>{{ d }}",
            "<mj-text><b>{{ a }}</b>{{ b }}<i>{{ c }}</i></mj-text><mj-raw>{{ d }}</mj-raw>",
        ),
        (
            "<mj-table><tr><td>{{ a }}</td></tr></mj-table>{{ b }}",
            "<mj-table><tr><td>{{ a }}</td></tr></mj-table><mj-raw>{{ b }}</mj-raw>",
        ),
        ("<mj-raw>{{ a }}</mj-raw>", "<mj-raw>{{ a }}</mj-raw>"),
        (
            "<mj-button href='{{ a }}'>{{ b }}</mj-button>",
            "<mj-button href='{{ a }}'>{{ b }}</mj-button>",
        ),
        (
            "<mj-image alt='a > {{ b }}' src='x' />{{ c }}",
            "<mj-image alt='a > {{ b }}' src='x' /><mj-raw>{{ c }}</mj-raw>",
        ),
        # An element in a comment opens nothing.
        (
            "<!-- <mj-text> -->{{ a }}<mj-text>x</mj-text>",
            "<mj-raw>{{ a }}</mj-raw><mj-text>x</mj-text>",
        ),
        (
            "<mj-text>lqdx lqd</mj-text>{{ a }}",
            "<mj-text>lqdx lqd</mj-text><mj-raw>{{ a }}</mj-raw>",
        ),
    ],
)
def test_liquid_stands_where_one_would_put_it(written: str, meant: str):
    assert to_html(COLUMN.format(written), "here") == by_hand(COLUMN.format(meant))


HEAD = "<mjml><mj-head>{}</mj-head><mj-body></mj-body></mjml>"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{{ a }}", "<mj-raw>{{ a }}</mj-raw>"),
        ("<mj-title/>{{ a }}", "<mj-title/><mj-raw>{{ a }}</mj-raw>"),
        (
            "{{ a }}<mj-title>{{ b }}</mj-title>{{ c }}",
            "<mj-raw>{{ a }}</mj-raw><mj-title>{{ b }}</mj-title><mj-raw>{{ c }}</mj-raw>",
        ),
        (
            "<mj-style>{{ a }}</mj-style>{{ b }}{{ c }}",
            "<mj-style>{{ a }}</mj-style><mj-raw>{{ b }}</mj-raw><mj-raw>{{ c }}</mj-raw>",
        ),
        (
            "<mj-raw><b>{{ a }}</b>{{ b }}</mj-raw>{{ c }}",
            "<mj-raw><b>{{ a }}</b>{{ b }}</mj-raw><mj-raw>{{ c }}</mj-raw>",
        ),
        (
            "<mj-raw><area>{{ a }}</mj-raw>{{ b }}<mj-title>x</mj-title>",
            "<mj-raw><area>{{ a }}</mj-raw><mj-raw>{{ b }}</mj-raw><mj-title>x</mj-title>",
        ),
        (
            "<mj-attributes><mj-all color='red'/></mj-attributes>{{ a }}",
            "<mj-attributes><mj-all color='red'/></mj-attributes><mj-raw>{{ a }}</mj-raw>",
        ),
        (
            "<!-- <mj-style> -->{{ a }}<mj-preview>{{ b }}</mj-preview>",
            "<mj-raw>{{ a }}</mj-raw><mj-preview>{{ b }}</mj-preview>",
        ),
    ],
)
def test_in_the_head_too_where_no_bare_text_may_stand(written: str, meant: str):
    assert to_html(HEAD.format(written), "here") == by_hand(HEAD.format(meant))


def test_twelve_tags_come_each_to_their_own_place():
    tags = [f"{{{{ a{n} }}}}" for n in range(12)]
    html = to_html(COLUMN.format("".join(f"<mj-text>{tag}</mj-text>" for tag in tags)), "here")
    assert re.findall(r"\{\{.*?\}\}", html) == tags


def test_a_tag_may_go_over_several_lines():
    tag = "{{ a\n | default: 'b' }}"
    other = "{% if a\n %}"
    html = to_html(COLUMN.format(f"<mj-text>{tag}{other}</mj-text>"), "here")
    assert f"{tag}{other}" in html


def test_no_font_is_fetched_from_elsewhere_and_no_comment_goes_out():
    head = "<mj-head><mj-attributes><mj-all font-family='Roboto'/></mj-attributes></mj-head>"
    source = COLUMN.format("<!-- secret --><mj-text>x</mj-text>").replace("<mjml>", f"<mjml>{head}")
    assert "googleapis" in mjml2html(source)
    html = to_html(source, "here")
    assert "Roboto" in html
    assert "googleapis" not in html
    assert "secret" not in html


def refused(source: str) -> tuple[str, str]:
    with pytest.raises(InvalidInputError) as error:
        to_html(source, "here")
    assert error.value.where == "here"
    return error.value.message, error.value.hint


def test_what_would_be_lost_is_named_the_first_of_it():
    said = refused(COLUMN.format("<!-- {{ a }} {{ b }} --><mj-text>{{ c }}</mj-text>"))
    assert said[0] == "{{ a }} stands where MJML shows nothing"
    assert said[1]
    said = refused(COLUMN.format("<mj-text>{{ a }}</mj-text><!-- {{ b }} {{ c }} -->"))
    assert said[0] == "{{ b }} stands where MJML shows nothing"


def test_a_word_of_the_compilers_own_is_refused():
    for word in ("lqd0dql", "lqd12dql"):
        assert "the compiler's own" in refused(COLUMN.format(f"<mj-text>{word}</mj-text>"))[0]


@pytest.mark.parametrize("name", ["mj-nothing", "MJ-TEXT"])
def test_an_element_that_mjml_does_not_know_is_named(name: str):
    message, _ = refused(COLUMN.format(f"<mj-text>x</mj-text><{name}>y</{name}>"))
    assert message == f"MJML has no <{name}> in this place"


def test_elements_of_html_end_whatever_their_case():
    table = COLUMN.format("<mj-table>" + "<TR><TD>{{ a }}</td></tr>" * 120 + "</mj-table>")
    assert to_html(table, "here").count("{{ a }}") == 120
    text = COLUMN.format("<mj-text>" + "<P>{{ a }}<br></p>" * 210 + "</mj-text>")
    assert to_html(text, "here").count("{{ a }}") == 210


def test_elements_are_as_deep_as_they_may_be():
    def deep(levels: int) -> str:
        inside = levels - 5  # beside mjml, body, section, column and text
        return COLUMN.format(
            "<mj-text>" + "<b>" * inside + "{{ a }}" + "</b>" * inside + "</mj-text>"
        )

    assert "{{ a }}" in to_html(deep(MAX_DEPTH), "here")
    assert "deep" in refused(deep(MAX_DEPTH + 1))[0]
    assert MAX_DEPTH == 200
    for flat in ("<br>", "<br/>", "<!-- <b> -->", "<b></b>"):
        text = f"<mj-text>{flat * 300}{{{{ a }}}}</mj-text>"
        assert "{{ a }}" in to_html(COLUMN.format(text), "here")
