"""Messages as they go out, to the letter: which links lead where, and what is put beside them."""

from typing import Any

import pytest

from shared.domain.messages.dress import Dress, path_of
from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.links import (
    Answer,
    Click,
    Meaning,
    Open,
    Preferences,
    Ref,
    Trap,
    Unsubscribe,
    sign,
)

REF = Ref("default", "p1", "m1")
LEAVE = Unsubscribe("marketing", "sale", "email")


def key_of(purpose: str, workspace_id: str) -> bytes:
    return f"{purpose} of {workspace_id}".encode()


def link(path: str, meaning: Meaning) -> str:
    return f"https://l.example/{path}/{sign(REF, meaning, key_of)}"


def dress(**values: Any) -> Dress:
    known: dict[str, Any] = {"purpose": "marketing", "topic": "sale", "channel": "email"}
    known |= {"base": "https://l.example", "ref": REF, "tracked": False, "key_of": key_of}
    return Dress(**{**known, **values})


def put_on(html: str, text: str = "t", **values: Any) -> tuple[str, str]:
    found = dress(**values).put_on(EmailContent("subject", html, text))
    assert isinstance(found, EmailContent)
    assert found.subject == "subject"
    return found.html, found.text


PIXEL = f'<img src="{link("o", Open())}.gif" width="1" height="1" alt="">'
TRAP = (
    f'<a href="{link("r", Trap())}" style="display:none;max-height:0;overflow:hidden"'
    f' aria-hidden="true" tabindex="-1"></a>{PIXEL}'
)


@pytest.mark.parametrize(
    ("meaning", "path"),
    [
        (Click(0, 1, "x"), "r"),
        (Trap(), "r"),
        (Open(), "o"),
        (Unsubscribe("marketing", "", "sms"), "u"),
        (Preferences(), "p"),
        (Answer("q", ""), "f"),
    ],
)
def test_every_link_has_its_page(meaning: Meaning, path: str):
    assert path_of(meaning) == path
    assert dress().url(meaning) == link(path, meaning)


@pytest.mark.parametrize(
    ("written", "path", "meaning"),
    [
        ("rapport:unsubscribe", "u", LEAVE),
        ("rapport:preferences", "p", Preferences()),
        ("rapport:answer/nps", "f", Answer("nps", "")),
        ("rapport:answer/nps/10", "f", Answer("nps", "10")),
        ("rapport:answer/how%20was%20it/%E5%A5%BD", "f", Answer("how was it", "好")),
        ("rapport:answer/a%2Fb", "f", Answer("a/b", "")),
        ("rapport:answer/q/a/b", "f", Answer("q", "a/b")),
        ("rapport:answer/a+b~c.d-e/x_y", "f", Answer("a+b~c.d-e", "x_y")),
    ],
)
@pytest.mark.parametrize("tracked", [False, True])
def test_our_own_links_mean_what_they_say(written: str, path: str, meaning: Meaning, tracked: bool):
    html, text = put_on(f'<a href="{written}">', f"({written}.)", tracked=tracked)
    assert html == f'<a href="{link(path, meaning)}">' + (PIXEL if tracked else "")
    assert text == f"({link(path, meaning)}.)"
    sms = dress(channel="email").put_on(SmsContent(written, "code", (("a", written),)))
    assert sms == SmsContent(link(path, meaning), "code", (("a", link(path, meaning)),))


def test_whoever_leaves_leaves_what_the_message_is_about():
    for purpose, meaning in (
        ("marketing", Unsubscribe("marketing", "sale", "email")),
        ("service", Unsubscribe("service", "sale", "email")),
    ):
        html, _ = put_on("rapport:unsubscribe", purpose=purpose)
        assert html == link("u", meaning)
    assert put_on("rapport:unsubscribe", purpose="transactional")[0] == link("p", Preferences())


def test_only_marketing_says_in_its_headers_how_one_leaves():
    content = EmailContent("s", "h", "t", {"X": "y"})
    found = dress().put_on(content)
    assert isinstance(found, EmailContent)
    assert found.headers == {
        "List-Unsubscribe": f"<{link('u', LEAVE)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    for purpose in ("service", "transactional"):
        found = dress(purpose=purpose).put_on(content)
        assert isinstance(found, EmailContent)
        assert found.headers == {}


A, B = "https://a.example/?x=1&y=2", "HTTP://b.example"


def test_tracked_links_go_through_us():
    html, text = put_on(
        '<p>x<a data-link=" one " href="https://a.example/?x=1&amp;y=2">1</a>y'
        f"<a href=' {B} '>2</a>z<a href=#top>3</a>",
        f"go to {A}, or https://c.example/d.e! ftp://x.example",
        tracked=True,
    )
    one, two = Click(0, 3, A, "one"), Click(1, 3, B)
    three = Click(2, 3, "https://c.example/d.e")
    assert html == (
        f'<p>x<a data-link=" one " href="{link("r", one)}">1</a>y'
        f"<a href='{link('r', two)}'>2</a>z<a href=#top>3</a>{TRAP}"
    )
    # In the text a link is called what it is called in the HTML.
    assert text == f"go to {link('r', one)}, or {link('r', three)}! ftp://x.example"


def test_a_link_that_is_there_twice_keeps_its_place_and_the_names_are_its_own():
    html, _ = put_on(
        f'<a href="{A}" data-link="x"></a><a href="https://l.example.com/"></a><a href="{A}"></a>',
        tracked=True,
    )
    other = Click(1, 2, "https://l.example.com/")
    assert html == (
        f'<a href="{link("r", Click(0, 2, A, "x"))}" data-link="x"></a>'
        f'<a href="{link("r", other)}"></a><a href="{link("r", Click(0, 2, A))}"></a>{TRAP}'
    )


def test_what_leads_to_us_or_is_too_long_stays_as_it_is():
    ours = "https://l.example/u/abc"
    fits, long = (f"https://a.example/{'x' * (length - 18)}" for length in (2_000, 2_001))
    html, text = put_on(f'<a href="{ours}"><a href="{long}">', f"{ours} {long}", tracked=True)
    assert (html, text) == (f'<a href="{ours}"><a href="{long}">{PIXEL}', f"{ours} {long}")
    html, text = put_on(f'<a href="{fits}">', fits, tracked=True)
    through = link("r", Click(0, 1, fits))
    assert (html, text) == (f'<a href="{through}">{TRAP}', through)


def test_names_of_links_are_cut():
    for length in (100, 101):
        html, _ = put_on(f'<a href="{B}" data-link="{"n" * length}">', tracked=True)
        assert link("r", Click(0, 1, B, "n" * 100)) in html


@pytest.mark.parametrize(
    ("html", "before", "after"),
    [
        ("<p>x</p>", "<p>x</p>", ""),
        ("<body>x</body></html>", "<body>x", "</body></html>"),
        ("<body>x</BODY \n>y", "<body>x", "</BODY \n>y"),
        ("a</body>b</body>c", "a</body>b", "</body>c"),
        ("", "", ""),
    ],
)
def test_the_pixel_stands_at_the_end_of_the_body(html: str, before: str, after: str):
    assert put_on(html, tracked=True)[0] == f"{before}{PIXEL}{after}"
    assert put_on(html)[0] == html


@pytest.mark.parametrize(
    "plain",
    [
        "see (https://a.example/x) now",
        "<https://a.example/x>",
        "'https://a.example/x';",
        "https://a.example/x: [y]",
        "https://a.example/x?!",
    ],
)
def test_a_link_in_a_text_ends_before_the_marks_around_it(plain: str):
    _, text = put_on("x", plain, tracked=True)
    click = link("r", Click(0, 1, "https://a.example/x"))
    assert text == plain.replace("https://a.example/x", click)
