"""An email's text part says what its HTML shows, and no link runs code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.markup import dangerous_link, to_text

PAGE = """<!doctype html>
<html><head><title>Not shown</title><style>p { color: red }</style></head>
<body><!-- not shown --><h1>Hello &amp; welcome</h1>
<p>Dear&nbsp;Ada,<br>look at <a href="https://shop.example/?a=1&amp;b=2">the <b>shop</b></a>.</p>
<ul>
  <li>one</li>
  <li>two</li>
</ul>
<table><tr><td>3 &lt; 4</td><td>and</td></tr><tr><td>5 > 4</td></tr></table>
<img src="cid:logo" alt="Our logo"><script>not("shown")</script>
<p>很高兴认识你。</p></body></html>"""

TEXT = """Hello & welcome

Dear Ada,
look at the shop (https://shop.example/?a=1&b=2).

- one
- two

3 < 4 and
5 > 4

Our logo

很高兴认识你。"""


def test_a_page_reads_as_text():
    assert to_text(PAGE) == TEXT


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("  a \n  b ", "a b"),
        ("<p>a</p><p>b</p>", "a\n\nb"),
        ("<div><div>a</div></div><div>b</div>", "a\n\nb"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ('<a href="#top">up</a>', "up"),
        ("<a>nowhere</a>", "nowhere"),
        ("<a href=https://x.example>x</a>", "x (https://x.example)"),
        ('<a title=">" href="https://x.example">x</a>', "x (https://x.example)"),
        ("</a>stray", "stray"),
        ("1 < 2 <b>and</b> 3 > 2", "1 < 2 and 3 > 2"),
        ("&lt;b&gt;", "<b>"),
        ("<style>hidden", ""),
        ("shown<!-- hidden", "shown"),
        ("&#x4f60;&#22909;", "你好"),
        ("<img src=x>", ""),
    ],
)
def test_markup_becomes_text(html: str, text: str):
    assert to_text(html) == text


@given(st.text())
def test_escaped_text_is_read_back_whatever_it_is(words: str):
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    assert to_text(f"<p>{escaped}</p>").split() == words.split()


@given(st.text(alphabet="<>!-/ab='\" &;\n"))
def test_broken_markup_is_read_somehow(html: str):
    to_text(html)
    dangerous_link(html)


@pytest.mark.parametrize(
    ("html", "scheme"),
    [
        ('<a href="javascript:alert(1)">', "javascript"),
        ("<a href='JaVaScRiPt:alert(1)'>", "javascript"),
        ("<a href=javascript:alert(1)>", "javascript"),
        ('<a href=" javascript:alert(1)">', "javascript"),
        ('<a href="java\nscript:alert(1)">', "javascript"),
        ('<a href="\x01javascript:alert(1)">', "javascript"),
        ('<a href="&#106;avascript:alert(1)">', "javascript"),
        ('<a href="javascript&colon;alert(1)">', "javascript"),
        ('<a href="java&Tab;script:alert(1)">', "javascript"),
        ('<a href = "javascript:alert(1)">', "javascript"),
        ('<a title=a"b href="javascript:alert(1)">', "javascript"),
        ('<a href="javascript:alert(1)"', "javascript"),
        ('<svg><a xlink:href="javascript:alert(1)">', "javascript"),
        ('<form action="javascript:alert(1)">', "javascript"),
        ('<button formaction="javascript:alert(1)">', "javascript"),
        ('<a href="vbscript:x">', "vbscript"),
        ('<img src="data:image/png;base64,AAAA">', "data"),
        ('<a href="data:text/html,x">', "data"),
        ('<a href="https://shop.example/javascript:x">', ""),
        ('<a href="/?next=javascript:x">', ""),
        ("<p>javascript: the language; data: the numbers</p>", ""),
        ('<a href="mailto:ada@example.com"><a href="tel:+14255550123"><a href="#x">', ""),
    ],
)
def test_links_that_run_or_smuggle_code_are_found(html: str, scheme: str):
    assert dangerous_link(html) == scheme
