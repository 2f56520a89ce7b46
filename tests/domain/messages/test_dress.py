"""Links of messages: ours always lead to us, others only where clicks are tracked."""

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.dress import (
    LIST_UNSUBSCRIBE,
    LIST_UNSUBSCRIBE_POST,
    LONGEST_TARGET,
    Dress,
)
from shared.domain.messages.handover import EmailContent, SmsContent
from shared.domain.messages.links import (
    Answer,
    Click,
    Open,
    Preferences,
    Ref,
    Trap,
    Unsubscribe,
    read,
)

BASE = "https://links.example"
REF = Ref("default", "p1", "m1")


def key_of(purpose: str, workspace_id: str) -> bytes:
    return f"{purpose} of {workspace_id}".encode()


def dress(**values) -> Dress:
    known = {
        "base": BASE,
        "ref": REF,
        "purpose": "marketing",
        "topic": "",
        "channel": "email",
        "tracked": False,
    }
    return Dress(**{**known, **values}, key_of=key_of)


def mail(html: str, text: str = "hello", **values) -> EmailContent:
    return dress(**values).put_on(EmailContent("s", html, text))


def meanings(text: str) -> list:
    """What the links of ours in a text mean, in their order."""
    tokens = re.findall(rf"{BASE}/[a-z]/([\w-]+)", text, re.ASCII)
    found = [read(token, key_of) for token in tokens]
    assert all(one and one.ref == REF for one in found)
    return [one.meaning for one in found]


def test_without_tracking_other_links_stay_as_they_are():
    html = '<a href="https://shop.example/?a=1&amp;b=2">x</a><img src="https://shop.example/i.png">'
    dressed = mail(html, "see https://shop.example/?a=1&b=2")
    assert (dressed.html, dressed.text) == (html, "see https://shop.example/?a=1&b=2")


def test_links_of_ours_say_what_they_are_for():
    html = (
        '<a href="rapport:unsubscribe">a</a><a href="rapport:preferences">b</a>'
        '<a href="rapport:answer/how%20was%20it/%E5%A5%BD">c</a><a href="rapport:answer/nps">d</a>'
    )
    wanted = [
        Unsubscribe("marketing", "sale", "email"),
        Preferences(),
        Answer("how was it", "好"),
        Answer("nps", ""),
    ]
    dressed = mail(html, "Unsubscribe (rapport:unsubscribe). rapport:answer/nps/5!", topic="sale")
    assert meanings(dressed.html) == wanted
    assert meanings(dressed.text) == [wanted[0], Answer("nps", "5")]
    assert dressed.text.endswith("!")


def test_text_messages_have_links_of_ours_as_well():
    content = dress(channel="sms", tracked=True).put_on(
        SmsContent("Leave: rapport:unsubscribe https://shop.example")
    )
    assert meanings(content.text) == [Unsubscribe("marketing", "", "sms")]
    assert content.text.endswith(" https://shop.example")


def test_marketing_email_is_left_with_one_click_and_no_other_message_says_so():
    headers = mail("<p>x</p>", topic="sale").headers
    assert headers[LIST_UNSUBSCRIBE_POST] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(r"<https://[^ <>,]+>", headers[LIST_UNSUBSCRIBE])
    assert meanings(headers[LIST_UNSUBSCRIBE]) == [Unsubscribe("marketing", "sale", "email")]
    for purpose in ("service", "transactional"):
        assert mail("<p>x</p>", purpose=purpose).headers == {}


def test_receipts_cannot_be_left_but_lead_to_what_can_be_chosen():
    [meaning] = meanings(mail('<a href="rapport:unsubscribe">x</a>', purpose="transactional").html)
    assert meaning == Preferences()


def test_tracked_links_are_numbered_by_where_they_lead():
    html = (
        '<html><body><a data-link="serum" href="https://a.example/1?x=1&amp;y=2">one</a>'
        "<a href='https://b.example'>two</a><a href=https://a.example/1?x=1&amp;y=2>again</a>"
        '<a href="mailto:shop@example.com">write</a><a href="rapport:preferences">p</a>'
        "</body></html>"
    )
    dressed = mail(html, "see https://b.example, or https://c.example/.", tracked=True)
    one = Click(0, 3, "https://a.example/1?x=1&y=2", "serum")
    two = Click(1, 3, "https://b.example")
    again = Click(0, 3, "https://a.example/1?x=1&y=2")
    assert meanings(dressed.html) == [one, two, again, Preferences(), Trap(), Open()]
    assert meanings(dressed.text) == [two, Click(2, 3, "https://c.example/")]
    assert "mailto:shop@example.com" in dressed.html
    assert dressed.html.endswith('.gif" width="1" height="1" alt=""></body></html>')


def test_without_links_there_is_no_trap():
    assert meanings(mail("<p>hello</p>", tracked=True).html) == [Open()]


def led_to(text: str, html: str = "<p>x</p>") -> tuple[list[str], str]:
    """Where the links of a text part lead, and the text with `·` in their places."""
    shown = mail(html, text, tracked=True).text
    targets = [one.target for one in meanings(shown) if isinstance(one, Click)]
    return targets, re.sub(rf"{BASE}/r/[\w-]+", "·", shown, flags=re.ASCII)


@pytest.mark.parametrize(
    ("text", "targets", "shown"),
    [
        (
            "详情见https://a.example/a，回复TD退订。",
            ["https://a.example/a"],
            "详情见·，回复TD退订。",
        ),
        ("https://a.example谢谢", ["https://a.example"], "·谢谢"),
        ("https://a.example,谢谢", ["https://a.example"], "·,谢谢"),
        (
            "https://a.example/1、https://b.example/2。",
            ["https://a.example/1", "https://b.example/2"],
            "·、·。",
        ),
        ("https://a.example/?q=%E4%B8%AD&b=2！", ["https://a.example/?q=%E4%B8%AD&b=2"], "·！"),
        ("http://shop:8080/x？", ["http://shop:8080/x"], "·？"),
        ("http://shop，", ["http://shop"], "·，"),
        # Where it goes on in other letters, it is better not tracked than led astray.
        ("https://会员.example/a", [], "https://会员.example/a"),
        ("https://www.会员.example/a", [], "https://www.会员.example/a"),
        ("https://shop会员.example/a", [], "https://shop会员.example/a"),
        ("https://shop.café.example/x", [], "https://shop.café.example/x"),
        ("https://a.example/路径/a", [], "https://a.example/路径/a"),
        ("https://a.example/?q=鞋&utm=1", [], "https://a.example/?q=鞋&utm=1"),
        ("https://，http://", [], "https://，http://"),
    ],
)
def test_a_bare_link_ends_where_chinese_goes_on_without_a_blank(text, targets, shown):
    assert led_to(text) == (targets, shown)


@pytest.mark.parametrize(
    "target", ["https://a.example/会员/a", "https://会员.example", "https://a.example/s?q=中&b=1"]
)
def test_a_bare_link_in_other_letters_is_one_where_the_html_leads_there(target):
    html = f'<a href="{target.replace("&", "&amp;")}">x</a><a href="https://a.example/会">y</a>'
    assert led_to(f"详情见{target}，谢谢", html) == ([target], "详情见·，谢谢")


@pytest.mark.parametrize("letter", ["x", "é", "中", "😀"])
def test_only_what_fits_into_a_token_is_tracked_and_that_is_counted_in_bytes(letter):
    start, size = "https://a.example/", len(letter.encode())
    most = (LONGEST_TARGET - len(start)) // size
    for longer in (0, 1):
        target = start + letter * (most + longer)
        dressed = mail(f'<a href="{target}">x</a>', tracked=True)
        clicks = [one.target for one in meanings(dressed.html) if isinstance(one, Click)]
        assert clicks == ([] if longer else [target])


urls = st.from_regex(r"https?://[a-z]{1,9}\.example/[a-z0-9?=&;%#'\"<> é好]{0,30}", fullmatch=True)


@given(st.lists(urls, max_size=5))
def test_a_tracked_link_leads_where_the_template_said(targets):
    quoted = [
        one.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") for one in targets
    ]
    html = "".join(f'<a href="{one}">x</a>' for one in quoted)
    through = [one for one in meanings(mail(html, tracked=True).html) if isinstance(one, Click)]
    assert [one.target for one in through] == [one.strip() for one in targets]


@given(st.text("<>a href=\"'https://x.example/rapport:unsubscribe&;", max_size=200))
def test_no_html_makes_it_fail_and_what_is_shown_stays(html):
    dressed = mail(html, tracked=True)
    kept = re.sub(rf"{BASE}/[a-z]/[\w-]+", "", unescape(dressed.html))
    assert kept.count("example") <= unescape(html).count("example")
