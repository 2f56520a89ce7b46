"""Capability windows: what an act opens, what it never takes away, and who needs one."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.windows import (
    RULES,
    Act,
    Needed,
    Window,
    digest_of,
    hours_of,
    needed_by,
    opened,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SERVICE, TOKEN = Needed("wechat_service"), Needed("subscription", "T-1")


def after(*acts: tuple[Act, datetime], needed: Needed = SERVICE) -> Window | None:
    window = None
    for number, (act, at) in enumerate(acts):
        window = opened(window, needed, "d", act, f"a{number}", at) or window
    return window


def test_a_message_opens_two_days_and_a_click_one_minute():
    window = after(("message", NOON))
    assert window
    assert (window.left, window.expires_at) == (5, NOON + 48 * HOUR)
    assert window.is_open(NOON + 48 * HOUR - MINUTE)
    assert not window.is_open(NOON + 48 * HOUR)
    for act in ("menu", "follow", "scan"):
        window = after((act, NOON))
        assert window
        assert (window.left, window.expires_at) == (3, NOON + MINUTE)


def test_an_act_that_allows_less_takes_nothing_away():
    window = after(("message", NOON), ("menu", NOON + HOUR))
    assert window
    assert (window.left, window.expires_at) == (5, NOON + 48 * HOUR)
    window = after(("menu", NOON), ("message", NOON + MINUTE / 2))
    assert window
    assert (window.left, window.expires_at) == (5, NOON + MINUTE / 2 + 48 * HOUR)


def test_consents_to_a_subscription_add_up_and_last():
    window = after(*(("subscribed", NOON + n * HOUR) for n in range(3)), needed=TOKEN)
    assert window
    assert (window.left, window.expires_at) == (3, None)
    assert window.is_open(NOON + 9_000 * HOUR)


def test_a_repeated_act_and_one_of_before_open_nothing():
    window = after(("message", NOON))
    assert opened(window, SERVICE, "d", "message", "a0", NOON + HOUR) is None
    assert opened(window, SERVICE, "d", "message", "late", NOON - HOUR) is None
    assert opened(None, SERVICE, "d", "subscribed", "x", NOON) is None
    assert opened(None, TOKEN, "d", "message", "x", NOON) is None


acts = st.lists(
    st.tuples(st.sampled_from(["message", "menu", "scan"]), st.integers(0, 5_000)), max_size=12
)


@given(acts)
def test_no_window_allows_more_than_some_act_of_the_person_does(done: list[tuple[Act, int]]):
    told = [(act, NOON + n * MINUTE) for act, n in sorted(done, key=lambda one: one[1])]
    window = after(*told)
    if window is None:
        assert not done
        return
    openings = RULES["wechat_service"].openings
    allowed = [(openings[act].sends, at + (openings[act].lasts or timedelta())) for act, at in told]
    assert any(
        window.left <= sends and window.expires_at and window.expires_at <= until
        for sends, until in allowed
    )


@pytest.mark.parametrize(
    ("template", "needed"),
    [
        ({"channel": "email", "subject": "s", "html": "<p>x</p>"}, None),
        ({"channel": "sms", "text": "x"}, None),
        ({"channel": "wechat", "form": "service", "text": "x"}, SERVICE),
        ({"channel": "wechat", "form": "template", "code": "c", "fields": {"thing1": "x"}}, None),
        ({"channel": "miniprogram", "code": "T-1", "fields": {"thing1": "x"}}, TOKEN),
    ],
)
def test_who_needs_a_window(template: dict[str, object], needed: Needed | None):
    assert needed_by(TEMPLATE.validate_python({"template_id": "t", **template})) == needed


def test_every_act_opens_something():
    assert {act for rule in RULES.values() for act in rule.openings} == set(get_args(Act))
    assert len(digest_of("o-1")) == 16


def test_marketing_by_text_message_to_china_has_hours_and_nothing_else_has():
    assert hours_of("sms", "+8613800138000", "marketing")
    assert hours_of("sms", "+8613800138000", "transactional") is None
    assert hours_of("sms", "+14255550123", "marketing") is None
    assert hours_of("email", "+8613800138000", "marketing") is None
