"""Capability windows to the letter: what a window is after every act."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from shared.domain.messages.model import TEMPLATE
from shared.domain.messages.quiet import Span
from shared.domain.messages.windows import (
    CHINA,
    MOST_ACTS,
    RULES,
    Hours,
    Needed,
    Opening,
    Rule,
    Window,
    digest_of,
    form_of,
    hours_of,
    needed_by,
    opened,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SERVICE, TOKEN = Needed("wechat_service"), Needed("subscription", "T-1")
WINDOW = Window(SERVICE, "d", 2, NOON + 48 * HOUR, NOON, ("a", "b"), "strand")
CONSENTED = Window(TOKEN, "d", 2, None, NOON, ("a", "b"), "strand")


def test_what_acts_allow():
    soon = Opening(MINUTE, 3)
    assert {
        "wechat_service": Rule(
            {
                "message": Opening(48 * HOUR, 5),
                "menu": soon,
                "follow": soon,
                "scan": soon,
            },
            adds=False,
        ),
        "subscription": Rule({"subscribed": Opening(None, 1)}, adds=True),
    } == RULES


def after(before: Window | None, act: Any, at: datetime, act_id: str = "new") -> Window | None:
    needed = before.needed if before else SERVICE
    return opened(before, needed, "d", act, act_id, at)


def test_the_first_act_opens_a_window():
    assert after(None, "message", NOON) == Window(SERVICE, "d", 5, NOON + 48 * HOUR, NOON, ("new",))
    assert after(None, "scan", NOON) == Window(SERVICE, "d", 3, NOON + MINUTE, NOON, ("new",))
    assert opened(None, TOKEN, "d", "subscribed", "new", NOON) == Window(
        TOKEN, "d", 1, None, NOON, ("new",)
    )
    assert Window(SERVICE, "d", 1, None, NOON) == Window(SERVICE, "d", 1, None, NOON, (), "")


@pytest.mark.parametrize(
    ("act", "at", "changes"),
    [
        # A message renews the window, whatever is left of it.
        ("message", NOON + HOUR, {"left": 5, "expires_at": NOON + 49 * HOUR}),
        ("message", NOON + 99 * HOUR, {"left": 5, "expires_at": NOON + 147 * HOUR}),
        # What allows less is only heard of while the window is open for longer, ...
        ("menu", NOON + HOUR, {}),
        ("menu", NOON + 48 * HOUR - 2 * MINUTE, {}),
        # ... and opens one of its own where it lasts as long, or the other is over.
        ("menu", NOON + 48 * HOUR - MINUTE, {"left": 3, "expires_at": NOON + 48 * HOUR}),
        ("menu", NOON + 48 * HOUR, {"left": 3, "expires_at": NOON + 48 * HOUR + MINUTE}),
        ("scan", NOON + 72 * HOUR, {"left": 3, "expires_at": NOON + 72 * HOUR + MINUTE}),
    ],
)
def test_every_later_act_is_heard_of(act: str, at: datetime, changes: dict[str, Any]):
    acts = ("a", "b", "new")
    assert after(WINDOW, act, at) == replace(WINDOW, acted_at=at, acts=acts, **changes)


def test_a_window_that_is_used_up_is_opened_anew_by_less():
    used_up = replace(WINDOW, left=0)
    at = NOON + HOUR
    assert after(used_up, "menu", at) == replace(
        used_up, left=3, expires_at=at + MINUTE, acted_at=at, acts=("a", "b", "new")
    )


def test_an_endless_window_takes_no_act_of_a_while():
    endless = replace(WINDOW, expires_at=None)
    at = NOON + HOUR
    assert after(endless, "message", at) == replace(endless, acted_at=at, acts=("a", "b", "new"))


@pytest.mark.parametrize("at", [NOON, NOON - HOUR])
def test_an_act_that_is_no_later_changes_nothing(at: datetime):
    assert after(WINDOW, "message", at) is None


@pytest.mark.parametrize(
    ("at", "acted_at"), [(NOON + HOUR, NOON + HOUR), (NOON, NOON), (NOON - HOUR, NOON)]
)
def test_consents_add_up_in_whatever_order_they_come(at: datetime, acted_at: datetime):
    assert after(CONSENTED, "subscribed", at) == replace(
        CONSENTED, left=3, acted_at=acted_at, acts=("a", "b", "new")
    )


def test_no_act_opens_twice_nor_one_of_another_kind():
    for window, act in ((WINDOW, "message"), (CONSENTED, "subscribed")):
        assert after(window, act, NOON + HOUR, "a") is None
        assert after(window, act, NOON + HOUR, "b") is None
    assert after(WINDOW, "subscribed", NOON + HOUR) is None
    assert after(CONSENTED, "message", NOON + HOUR) is None


def test_the_latest_twenty_acts_are_remembered():
    many = tuple(f"a{n}" for n in range(20))
    for window, act in ((WINDOW, "message"), (CONSENTED, "subscribed")):
        found = after(replace(window, acts=many), act, NOON + HOUR)
        assert found
        assert found.acts == (*many[1:], "new")
        found = after(replace(window, acts=many[1:]), act, NOON + HOUR)
        assert found
        assert found.acts == (*many[1:], "new")
    assert MOST_ACTS == 20


@pytest.mark.parametrize(
    ("left", "expires_at", "is_open"),
    [
        (1, None, True),
        (0, None, False),
        (1, NOON + MINUTE, True),
        (1, NOON, False),
        (0, NOON + MINUTE, False),
        (2, NOON + MINUTE, True),
    ],
)
def test_a_window_is_open_while_something_is_left_of_it(
    left: int, expires_at: datetime | None, is_open: bool
):
    assert replace(WINDOW, left=left, expires_at=expires_at).is_open(NOON) is is_open


def test_an_address_is_known_by_the_beginning_of_its_digest():
    assert digest_of("o-知己") == sha256("o-知己".encode()).hexdigest()[:16]


def test_the_hours_of_text_messages_to_china():
    night = Hours("sms", "+86", "marketing", (Span(22 * 60, 8 * 60),), CHINA)
    assert hours_of("sms", "+8613800138000", "marketing") == night
    assert hours_of("sms", "+85291234567", "marketing") is None
    assert hours_of("sms", "+8613800138000", "service") is None
    assert hours_of("email", "+86@b.cn", "marketing") is None
    assert CHINA.key == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("fields", "form", "needed"),
    [
        ({"channel": "email", "subject": "s", "html": "h"}, "", None),
        ({"channel": "wechat", "form": "service", "text": "x"}, "service", SERVICE),
        (
            {"channel": "wechat", "form": "template", "code": "c", "fields": {"thing1": "x"}},
            "template",
            None,
        ),
        ({"channel": "miniprogram", "code": "T-1", "fields": {"thing1": "x"}}, "", TOKEN),
        ({"channel": "wecom", "form": "customer_task", "text": "x"}, "customer_task", None),
        ({"channel": "wecom", "form": "application", "text": "x"}, "application", None),
    ],
)
def test_the_form_of_a_template_and_the_window_that_it_needs(
    fields: dict[str, Any], form: str, needed: Needed | None
):
    template = TEMPLATE.validate_python({"template_id": "t", **fields})
    assert form_of(template) == form
    assert needed_by(template) == needed
