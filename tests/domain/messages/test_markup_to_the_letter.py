"""HTML of emails, to the letter: where links stand, what images say, how each element reads."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.markup import (
    dangerous_link,
    images_without_alternative,
    links_of_tags,
    to_text,
)


@pytest.mark.parametrize(
    ("html", "links"),
    [
        ('<a href="x">', [("x", "")]),
        ("<a href='x y'>", [("x y", "")]),
        ("<a href=x>", [("x", "")]),
        ("<A HREF = 'x' ><AREA href=y>", [("x", ""), ("y", "")]),
        ('<a href="">', [("", "")]),
        ("<a>x</a></a href='x'><b href='x'><abbr href='y'>", []),
        ('a < b <a title=">" href="x">', [("x", "")]),
        (
            '<a data-link="one" href="x"><a href="y" DATA-LINK = \' t&amp;w \'>',
            [("x", "one"), ("y", "t&w")],
        ),
        ("<a data-link=one href=x>", [("x", "")]),
        ("<a href='a\"b'>", [('a"b', "")]),
        ('<a href="it\'s">', [("it's", "")]),
        ("<a title='href' href=\"z\">", [("z", "")]),
        ("<a href=Xy><a href='Xy'>", [("Xy", ""), ("Xy", "")]),
        ("<a href=x/y?z=1&amp;w=2>", [("x/y?z=1&amp;w=2", "")]),
    ],
)
def test_links_stand_where_their_targets_are(html: str, links: list[tuple[str, str]]):
    found = links_of_tags(html)
    assert [(html[one.start : one.end], one.name) for one in found] == links


targets = st.lists(
    st.tuples(st.sampled_from(["'", '"', ""]), st.from_regex(r"[a-z:/?&;]{1,9}", fullmatch=True))
)


@given(targets)
def test_a_target_can_be_cut_out_and_another_be_put_in(several: list[tuple[str, str]]):
    html = "".join(f"t<a id=1 href={quote}{target}{quote}>x</a>" for quote, target in several)
    found = links_of_tags(html)
    assert [html[one.start : one.end] for one in found] == [target for _, target in several]
    for one in found:
        before, after = html[: one.start], html[one.end :]
        assert re.search(r"href=[\"']?$", before)
        assert re.match(r"[\"']?>x</a>", after)


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("", 0),
        ("<img>", 1),
        ("<IMG src=x><img ALT = 'x'><img src='alt=1'>", 2),
        ("<img alt=''><p><imgx>", 0),
        ('<img alt="a > b"><img src=x>', 1),
    ],
)
def test_images_that_say_nothing_are_counted(html: str, count: int):
    assert images_without_alternative(html) == count


@pytest.mark.parametrize(
    ("html", "text"),
    [
        # Paragraphs are apart by an empty line, and never by more.
        *((f"a<{name}>b</{name}>c", "a\n\nb\n\nc") for name in ("p", "H3", "section", "pre", "ul")),
        ("a<hr>b", "a\n\nb"),
        ("a<p><p><div></div>b", "a\n\nb"),
        # Lines.
        *((f"a<{name}>b</{name}>c", "ab\nc") for name in ("tr", "dt", "dd", "address", "TR")),
        ("a<br>b<br/>c</br>d", "a\nb\nc\nd"),
        ("a <br> b", "a\nb"),
        ("a<br><br><br><br>b", "a\n\nb"),
        # Cells and items.
        ("<td>a</td><th>b</th>c", "a b c"),
        ("x<li>a</li><LI>b</li>", "x\n- a\n- b"),
        ("a<b>b</b><span>c</span>", "abc"),
        # Links.
        ("<a href='x'>a</a>b", "a (x)b"),
        ("<A HREF=x>a</A>b", "a (x)b"),
        ("<a href='x'>a<a href='y'>b</a>c</a>d", "ab (y)c (x)d"),
        ("<a href='#x'>a</a>", "a"),
        ("<a href=' #x'>a</a>", "a"),
        ("<a href=''>a</a>", "a"),
        ("<a>a</a>", "a"),
        ("<a href='XyX'>a</a><a href=Xy>b</a>", "a (XyX)b (Xy)"),
        ("a</a>b", "ab"),
        ('<a href=" x&amp;y ">a</a>', "a (x&y)"),
        # Images.
        ("a<img alt='b &amp; c'>d", "ab & cd"),
        ("a<img alt='b\n \t c'>d", "ab cd"),
        ('a<IMG ALT="b">', "ab"),
        ("a<img alt=''>b<img>c", "abc"),
        # What is not shown.
        *((f"a<{name}>b</{name} >c", "ac") for name in ("head", "STYLE", "script", "title")),
        ("a<!-- b > c -->d", "ad"),
        ("a<!doctype b>c", "ac"),
        ("a<style>b", "a"),
        ("a<!-- b -->c<style>d", "ac"),
        ("a<!-- b --><!-- c -->d<!-- e --><title>f", "ad"),
        ("<!-- a -->b", "b"),
        ("<title>a</title>b", "b"),
        ("a<!-- b", "a"),
        ("a<header>b</header>", "a\n\nb"),
        ("a<titles>b</titles>", "ab"),
        ("a<!-- <p>b</p> --><!-- c -->d", "ad"),
        # Blanks.
        ("a\u00a0 \t\r\n\f b", "a b"),
        ("a &nbsp; b", "a b"),
        (" a ", "a"),
        ("a<b> </b> b", "a b"),
        ("a &lt;p&gt; b", "a <p> b"),
    ],
)
def test_how_each_element_reads(html: str, text: str):
    assert to_text(html) == text


@pytest.mark.parametrize(
    "attribute", ["href", "src", "srcset", "action", "background", "poster", "data", "cite"]
)
@pytest.mark.parametrize("quote", ["'", '"', "`", ""])
@pytest.mark.parametrize("scheme", ["javascript", "vbscript", "data"])
def test_links_that_run_or_smuggle_are_found_wherever_they_stand(
    attribute: str, quote: str, scheme: str
):
    assert dangerous_link(f"<p {attribute} = {quote}{scheme.title()} :x{quote}>") == scheme
    assert dangerous_link(f"<p x{quote}{scheme}:x>") == ""
