"""What brought a person here is read from the campaign, the page or its referrer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.profiles.touches import MAX_BYTES, PARTS, read_touch, touch_of
from tests.conftest import NOON

AT = "2026-11-22T12:00:00.000Z"


def touch(make_event, **fields):
    text = touch_of(make_event("$page", at=NOON, **fields))
    return None if text is None else read_touch(text)


def test_the_campaign_of_the_context_is_a_touch(make_event):
    campaign = {"source": "wechat", "medium": "social", "name": "双十一", "term": "灯", "x": "y"}

    assert touch(make_event, context={"campaign": campaign}) == {
        "at": AT, "source": "wechat", "medium": "social", "campaign": "双十一", "term": "灯",
    }  # fmt: skip


def test_the_parameters_of_the_page_are_a_touch(make_event):
    url = "https://shop.example/?utm_source=news&utm_campaign=%E6%98%A5&utm_medium=&q=1#utm_term=x"
    known = {"at": AT, "source": "news", "campaign": "春"}

    assert touch(make_event, context={"page": {"url": url}}) == known
    assert touch(make_event, properties={"url": url}) == known


def test_what_the_client_says_goes_before_the_parameters(make_event):
    page = {"url": "https://shop.example/?utm_source=url&utm_medium=mail"}

    assert touch(make_event, context={"page": page, "campaign": {"source": "client"}}) == {
        "at": AT, "source": "client", "medium": "mail",
    }  # fmt: skip


def test_a_page_elsewhere_that_led_here_is_a_touch(make_event):
    page = {"url": "https://www.shop.example/a", "referrer": "https://www.google.com/search"}

    assert touch(make_event, context={"page": page}) == {
        "at": AT, "referrer": "https://www.google.com/search",
    }  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        {},
        {"url": "https://shop.example/a"},
        {"url": "https://shop.example/a", "referrer": "https://www.shop.example/b"},
        {"url": "https://shop.example/a", "referrer": "$direct"},
        {"url": "http://[", "referrer": "http://["},
        {"url": 7, "referrer": None},
        "no object",
    ],
)
def test_anything_else_is_no_touch(make_event, page):
    assert touch(make_event, context={"page": page, "campaign": None}) is None


@given(st.fixed_dictionaries({name: st.text(max_size=200) for name in PARTS}))
def test_a_touch_is_small_whatever_is_in_it(make_event, parts):
    campaign = {"name": parts.pop("campaign"), **parts}
    page = {"referrer": f"https://x.example/{parts['referrer']}"}

    text = touch_of(make_event(context={"campaign": campaign, "page": page}))

    assert text is not None
    assert len(text.encode()) <= MAX_BYTES
    assert text.startswith('{"at":"')
