"""The bytes of signed links, by a second writer of them, and what is signed and still no link."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.links import (
    LONGEST_TOKEN,
    Answer,
    Click,
    Meaning,
    Open,
    Preferences,
    Ref,
    Signed,
    Trap,
    Unsubscribe,
    read,
    sign,
)
from shared.domain.workspace.purposes import PURPOSES

REF = Ref("default", "00ff", "m1")


def key_of(purpose: str, workspace_id: str) -> bytes:
    return f"{purpose} of {workspace_id}".encode()


def number(value: int) -> bytes:
    rest, low = divmod(value, 128)
    return bytes([low + 128]) + number(rest) if rest else bytes([low])


def field(text: str) -> bytes:
    is_hex = len(text) >= 2 and len(text) % 2 == 0 and not text.strip("0123456789abcdef")
    data = bytes.fromhex(text) if is_hex else text.encode()
    return number(2 * len(data) + is_hex) + data


def signed(payload: bytes, *, key: int = 1, workspace_id: str = "default") -> str:
    mac = hmac.new(key_of(f"links {key}", workspace_id), payload, sha256).digest()[:16]
    return urlsafe_b64encode(payload + mac).decode().rstrip("=")


def written(letter: str, *values: str, ref: tuple[str, ...] = REF, key: int = 1) -> str:
    payload = bytes([key]) + letter.encode() + b"".join(map(field, (*ref, *values)))
    return signed(payload, key=key, workspace_id=ref[0] if ref else "default")


MEANINGS: list[tuple[Meaning, str, tuple[str, ...]]] = [
    (
        Click(3, 12, "https://a.example/?b=1", "serum"),
        "c",
        ("3", "12", "https://a.example/?b=1", "serum"),
    ),
    (Click(0, 1, "x"), "c", ("0", "1", "x", "")),
    (Open(), "o", ()),
    (Trap(), "t", ()),
    (Unsubscribe("marketing", "sale", "email"), "u", ("marketing", "sale", "email")),
    (Preferences(), "p", ()),
    (Answer("nps", "10"), "a", ("nps", "10")),
]


@pytest.mark.parametrize(("meaning", "letter", "values"), MEANINGS)
def test_a_link_is_its_bytes(meaning: Meaning, letter: str, values: tuple[str, ...]):
    token = sign(REF, meaning, key_of)
    assert token == written(letter, *values)
    assert read(token, key_of) == Signed(REF, meaning)
    assert sign(REF, meaning, key_of, key_id=7) == written(letter, *values, key=7)


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.text("0af", max_size=9)


@given(texts, texts)
def test_any_text_is_written_as_long_as_it_is(one: str, other: str):
    token = sign(REF, Answer(one, other), key_of)
    assert token == written("a", one, other)
    assert read(token, key_of) == Signed(REF, Answer(one, other))


@pytest.mark.parametrize("length", [62, 63, 64, 65, 127, 128, 1_000, 2_000])
def test_the_length_of_a_text_takes_as_many_bytes_as_it_needs(length: int):
    for text in ("x" * length, "ab" * length):
        assert sign(REF, Answer(text, ""), key_of) == written("a", text, "")


def test_however_a_token_ends():
    for n in range(300):
        token = sign(REF, Answer(str(n), ""), key_of)
        assert token == written("a", str(n), "")
        assert read(token, key_of) == Signed(REF, Answer(str(n), ""))


@pytest.mark.parametrize("purpose", PURPOSES)
def test_each_purpose_can_be_left(purpose: Any):
    assert read(written("u", purpose, "", "sms"), key_of) == Signed(
        REF, Unsubscribe(purpose, "", "sms")
    )


@pytest.mark.parametrize(
    "token",
    [
        "",
        "A",
        "AQ",
        signed(b""),
        signed(b"\x01"),
        signed(b"\x01o"),
        written("o", ref=()),
        written("o", ref=("default", "p")),
        written("o", ref=("", "p", "m")),
        written("o", "more"),
        written("t", "more"),
        written("p", "more"),
        written("x"),
        written("O"),
        written("c", "1", "2", "target"),
        written("c", "1", "2", "target", "name", "more"),
        written("u", "marketing", ""),
        written("u", "everything", "", "sms"),
        written("u", "marketing", "", "sms", "more"),
        written("a", "question"),
        written("a", "question", "answer", "more"),
        written("o", key=0),
        written("o", key=2),
        signed(b"\x01o" + field("default") + field("p") + b"\x04m"),  # two bytes, one is there
        signed(b"\x01o" + field("default") + field("p") + b"\x80"),  # a length that goes on
        signed(b"\x01o" + field("default") + field("p") + b"\x02\xff"),  # no UTF-8
        signed(b"\x01o" + field("default") + field("p") + b"\x82\x80\x80\x80\x00m"),
        written("o") + "A",
        " " + written("o"),
    ],
)
def test_what_is_signed_and_says_nothing_is_no_link(token: str):
    assert read(token, key_of) is None


def test_a_length_of_four_bytes_is_read():
    payload = b"\x01o" + field("default") + field("p") + b"\x82\x80\x80\x00m"
    assert read(signed(payload), key_of) == Signed(Ref("default", "p", "m"), Open())


def test_who_may_be_nobody_and_where_may_not():
    assert read(written("o", ref=("w", "", "")), key_of) == Signed(Ref("w", "", ""), Open())


def test_a_token_is_as_long_as_it_may_be():
    beside = len(written("a", "x" * 4_000, "")) * 3 // 4 - 4_000
    fits = sign(REF, Answer("x" * (LONGEST_TOKEN * 3 // 4 - beside), ""), key_of)
    assert len(fits) == LONGEST_TOKEN == 6_000
    assert read(fits, key_of)
    longer = sign(REF, Answer("x" * (LONGEST_TOKEN * 3 // 4 - beside + 1), ""), key_of)
    assert len(longer) == LONGEST_TOKEN + 2
    assert read(longer, key_of) is None
