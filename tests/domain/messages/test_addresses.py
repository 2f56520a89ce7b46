"""Only well-formed addresses are written to, and in a rehearsal only those of nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.addresses import belongs_to_nobody, canonical, is_valid
from shared.domain.messages.model import Channel

EMAILS = [
    "ada@example.com",
    "ada.lovelace+news@mail.example.co.uk",
    "a@b.cn",
    "o'neil_2@x-y.example",
    f"{'a' * 64}@example.com",
    "success@simulator.amazonses.com",
]
NO_EMAILS = [
    "",
    "ada",
    "ada@",
    "@example.com",
    "ada@example",
    "ada@@example.com",
    "ada lovelace@example.com",
    " ada@example.com",
    "ada@example.com\n",
    "ada@example.com\r\nBcc: eve@example.com",
    "ada@example.com,eve@example.com",
    "Ada <ada@example.com>",
    ".ada@example.com",
    "ada.@example.com",
    "ad..a@example.com",
    "ada@-example.com",
    "ada@example-.com",
    "ada@exa_mple.com",
    "ada@example..com",
    "ada@127.0.0.1",
    "ada@[127.0.0.1]",
    "ада@example.com",
    "ada@例子.com",
    f"{'a' * 65}@example.com",
    f"ada@{'a' * 64}.com",
    f"ada@{'a.' * 130}com",
]
PHONES = ["+14255550123", "+8613800138000", "+4915112345678", "+999123456789012"]
NO_PHONES = [
    "",
    "13800138000",
    "+0123456789",
    "+1 425 555 0123",
    "+1-425-555-0123",
    "+1425555012a",
    "+14255550123\n",
    "+123456",
    "+1234567890123456",
    "+１４２５５５５０１２３",
    "004915112345678",
]


@pytest.mark.parametrize("address", EMAILS)
def test_an_email_address_in_good_form_is_valid(address: str):
    assert is_valid("email", address)


@pytest.mark.parametrize("address", NO_EMAILS)
def test_anything_else_is_not_an_email_address(address: str):
    assert not is_valid("email", address)


@pytest.mark.parametrize("number", PHONES)
def test_a_telephone_number_is_e164(number: str):
    assert is_valid("sms", number)


@pytest.mark.parametrize("number", NO_PHONES)
def test_anything_else_is_not_a_telephone_number(number: str):
    assert not is_valid("sms", number)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "ada@example.com"),
        ("email", "ada@EXAMPLE.org"),
        ("email", "ada@example.net"),
        ("email", "ada@shop.example"),
        ("email", "ada@mail.shop.test"),
        ("email", "ada@nowhere.invalid"),
        ("email", "bounce+1@simulator.amazonses.com"),
        ("sms", "+12025550100"),
        ("sms", "+14255550199"),
    ],
)
def test_reserved_addresses_belong_to_nobody(channel: Channel, address: str):
    assert is_valid(channel, address)
    assert belongs_to_nobody(channel, address)


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "ada@gmail.com"),
        ("email", "ada@example.cn"),
        ("email", "ada@notexample.com"),
        ("email", "ada@example.com.evil.io"),
        ("email", "example.com@evil.io"),
        ("email", "ada@test.io"),
        ("sms", "+14255550099"),
        ("sms", "+14255550200"),
        ("sms", "+14255551100"),
        ("sms", "+11255550100"),
        ("sms", "+442025550100"),
        ("sms", "+8613800138000"),
    ],
)
def test_an_address_that_could_be_somebodys_is_not_nobodys(channel: Channel, address: str):
    assert is_valid(channel, address)
    assert not belongs_to_nobody(channel, address)


@given(st.sampled_from(EMAILS), st.booleans())
def test_every_spelling_of_an_email_address_is_suppressed_as_one(address: str, upper: bool):
    assert canonical("email", address.upper() if upper else address) == address.lower()
