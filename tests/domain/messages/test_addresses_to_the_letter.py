"""Addresses of every channel, and who can be written to in a rehearsal."""

from typing import Any

import pytest

from shared.domain.channels.catalog import ADDRESSES
from shared.domain.messages.addresses import (
    belongs_to_nobody,
    can_rehearse,
    canonical,
    form_of,
    is_valid,
    trait_of,
)
from shared.domain.messages.advertising import advertising_in

TRAITS = {
    "email": "email",
    "sms": "phone",
    "wechat": "wechat_openid",
    "miniprogram": "miniprogram_openid",
    "wecom": "wecom_external_userid",
}


@pytest.mark.parametrize("channel", ADDRESSES)
def test_a_channel_has_its_trait_and_form(channel: Any):
    assert form_of(channel) == ADDRESSES[channel].form
    found = trait_of(channel)
    assert found == (ADDRESSES[channel].trait or None)
    if channel in TRAITS:
        assert found == TRAITS[channel]
    assert (found is None) == (ADDRESSES[channel].source != "trait")


@pytest.mark.parametrize(
    ("channel", "address", "valid", "nobody"),
    [
        ("email", "Ada@Example.COM", True, True),
        ("email", " ada@example.com ", False, True),
        ("email", "ada@shop.cn", True, False),
        ("email", "ada@1.2.3.4", False, False),
        ("sms", "+12125550123", True, True),
        ("sms", "+12125550123\n", False, True),
        ("sms", "+8613800138000", True, False),
        ("wechat", "nobody-1", True, True),
        ("wechat", "NOBODY-1", True, False),
        ("wechat", "o-abc123", True, False),
        ("wechat", "o-abc", False, False),
        ("wechat", "o-abc123\n", False, False),
        ("miniprogram", "nobody-1", True, True),
        ("wecom", "nobody-1", True, True),
        ("wecom", "wm", True, False),
        ("wecom", "", False, False),
    ],
)
def test_what_an_address_looks_like(channel: Any, address: str, valid: bool, nobody: bool):
    assert is_valid(channel, address) is valid
    assert belongs_to_nobody(channel, address) is nobody


def test_spellings_of_an_email_address_are_one_and_of_others_are_not():
    assert canonical("email", " Ada@Shop.CN\n") == "ada@shop.cn"
    assert canonical("wechat", " O-Abc ") == "O-Abc"


REAL, NOBODY = {"email": "ada@shop.cn"}, {"email": "ada@example.com"}


@pytest.mark.parametrize(
    ("traits", "inbox"),
    [
        ({}, False),
        (NOBODY, True),
        (REAL, False),
        ({**NOBODY, "phone": "+8613800138000"}, False),
        ({**NOBODY, "phone": "+12125550123"}, True),
        ({**NOBODY, "phone": "13800138000"}, True),  # an address of no channel
        ({**NOBODY, "phone": ""}, True),
        ({**NOBODY, "phone": 7, "name": "ada@shop.cn"}, True),
        ({"email": 7}, False),
        ({"email": ""}, False),
        ({"email": "ada"}, False),
    ],
)
def test_what_needs_no_address_is_rehearsed_with_who_can_be_nobody(
    traits: dict[str, Any], inbox: bool
):
    assert can_rehearse("inbox", "p1", traits) is inbox
    # By a channel with addresses, only that address counts.
    assert can_rehearse("email", "ada@example.com", traits)
    assert not can_rehearse("email", "ada@shop.cn", traits)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("优惠券", ("优惠券",)),
        ("红包 领取红包", ("领取红包",)),
        ("Sale! SALE, now 20% OFF", ("sale", "% off")),
        ("shop now", ("shop now",)),
        ("on sale: 限时优惠券", ("优惠券", "限时", "sale")),
        ("wholesale", ()),
        ("sales", ()),
        ("a1sale1", ("sale",)),
        ("don't miss the last chance", ("don't miss", "last chance")),
        ("flash sale", ("flash sale",)),
        ("", ()),
    ],
)
def test_words_that_advertise(text: str, words: tuple[str, ...]):
    found = advertising_in(text)
    assert sorted(found) == sorted(words)
    assert [len(word) for word in found if not word.isascii()] == sorted(
        (len(word) for word in found if not word.isascii()), reverse=True
    )
