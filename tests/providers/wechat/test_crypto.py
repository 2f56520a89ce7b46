"""Our seal opens what wechatpy closes, and wechatpy opens what ours closes."""

from base64 import b64encode
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature

from shared.errors import UnauthorizedError
from shared.providers.wechat.crypto import Seal, is_signed, signature

TOKEN, APP = "token-1", "wx0123456789abcdef"
KEY = b64encode(bytes(range(32))).decode().rstrip("=")
SEAL = Seal.of(TOKEN, KEY, APP)
THEIRS = WeChatCrypto(TOKEN, KEY, APP)

messages = st.text(
    alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&]"), max_size=300
).map(lambda text: f"<xml><Content>{text}</Content></xml>")
numbers = st.integers(1, 2**31).map(str)


@given(messages, numbers, numbers)
def test_what_wechatpy_seals_we_open(message, timestamp, nonce):
    sealed = ElementTree.fromstring(THEIRS.encrypt_message(message, nonce, timestamp))

    opened = SEAL.open(
        sealed.findtext("Encrypt"), sealed.findtext("MsgSignature"), timestamp, nonce
    )

    assert opened.decode() == message


@given(messages, st.binary(min_size=16, max_size=16), numbers, numbers)
def test_what_we_seal_wechatpy_opens(message, salt, timestamp, nonce):
    sealed, signed = SEAL.close(message.encode(), salt, timestamp, nonce)

    body = f"<xml><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"

    assert THEIRS.decrypt_message(body, signed, timestamp, nonce) == message


@given(numbers, numbers)
def test_plain_signatures_are_the_same(timestamp, nonce):
    signed = signature(TOKEN, timestamp, nonce)

    check_signature(TOKEN, signed, timestamp, nonce)  # raises where they differ
    assert is_signed(signed, TOKEN, timestamp, nonce)
    assert not is_signed(signed[:-1] + "x", TOKEN, timestamp, nonce)


@given(st.binary(min_size=16, max_size=16), st.integers(0, 10_000), st.integers(1, 255))
def test_whatever_is_changed_is_refused(salt, place, by):
    sealed, signed = SEAL.close(b"<xml/>", salt, "1", "2")
    place %= len(sealed)
    other = sealed[:place] + chr((ord(sealed[place]) + by) % 128) + sealed[place + 1 :]
    if other == sealed:
        return
    with pytest.raises(UnauthorizedError):
        SEAL.open(other, signed, "1", "2")
    # Also by somebody who knows the token, as long as the key is not known.
    with pytest.raises(UnauthorizedError):
        Seal.of(TOKEN, b64encode(bytes(32)).decode().rstrip("="), APP).open(
            sealed, signed, "1", "2"
        )


def test_what_was_sealed_for_another_app_is_refused():
    sealed, signed = Seal.of(TOKEN, KEY, "wx-other").close(b"<xml/>", bytes(16), "1", "2")
    with pytest.raises(UnauthorizedError):
        SEAL.open(sealed, signed, "1", "2")


@pytest.mark.parametrize("key", ["", "short", KEY + "A", "!" * 43])
def test_a_key_that_is_none_is_said(key):
    with pytest.raises(UnauthorizedError, match="encoding_aes_key"):
        Seal.of(TOKEN, key, APP)
