"""Addresses and numbers are hashed as the platforms' own documents show it."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.audiences.hashing import hashed_email, hashed_phone


def digest(text):
    return sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    ("said", "google", "meta"),
    [
        ("ada@example.com", "ada@example.com", "ada@example.com"),
        (" Ada.Lovelace@Example.com ", "ada.lovelace@example.com", "ada.lovelace@example.com"),
        ("Ada.Love.Lace@GMail.com", "adalovelace@gmail.com", "ada.love.lace@gmail.com"),
        ("a.d.a@googlemail.com", "ada@googlemail.com", "a.d.a@googlemail.com"),
        ("a.b+news@gmail.com", "ab+news@gmail.com", "a.b+news@gmail.com"),
        ("a.b@mygmail.com", "a.b@mygmail.com", "a.b@mygmail.com"),
    ],
)
def test_an_address_is_hashed_in_the_spelling_of_the_platform(said, google, meta):
    assert hashed_email("google", said) == digest(google)
    assert hashed_email("meta", said) == digest(meta)


@pytest.mark.parametrize(
    ("said", "google", "meta"),
    [
        ("+8613900001111", "+8613900001111", "8613900001111"),
        ("+1 (425) 555-0123", "+14255550123", "14255550123"),
        ("0044 20 7946 0000", "+442079460000", "442079460000"),
    ],
)
def test_a_number_is_hashed_in_the_spelling_of_the_platform(said, google, meta):
    assert hashed_phone("google", said) == digest(google)
    assert hashed_phone("meta", said) == digest(meta)


@given(st.sampled_from(["google", "meta"]), st.emails())
def test_spaces_and_case_make_no_difference(platform, address):
    assert hashed_email(platform, address) == hashed_email(platform, f" {address.upper()}\t")


def test_a_known_hash_is_met():
    known = "973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b"
    assert hashed_email("meta", "Test@Example.com") == known
