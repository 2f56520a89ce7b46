"""Signed links: what was signed is read again, and nothing else is."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.links import (
    Answer,
    Click,
    Open,
    Preferences,
    Ref,
    Trap,
    Unsubscribe,
    read,
    sign,
)
from shared.domain.workspace.purposes import PURPOSES


def key_of(purpose: str, workspace_id: str) -> bytes:
    return f"{purpose} of {workspace_id}".encode()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)
hexes = st.binary(min_size=16, max_size=16).map(bytes.hex)
ids = st.one_of(hexes, texts.filter(bool))
refs = st.builds(Ref, ids, ids, ids)
meanings = st.one_of(
    st.builds(Click, st.integers(0, 999), st.integers(0, 999), texts, texts),
    st.just(Open()),
    st.just(Trap()),
    st.builds(Unsubscribe, st.sampled_from(PURPOSES), texts, texts),
    st.just(Preferences()),
    st.builds(Answer, texts, texts),
)


@given(refs, meanings)
def test_what_was_signed_is_read_again(ref, meaning):
    token = sign(ref, meaning, key_of)
    assert read(token, key_of) == (ref, meaning)
    assert token.replace("-", "a").replace("_", "a").isalnum()


@pytest.mark.parametrize("length", [0, 1, 63, 64, 65, 127, 128, 129])
def test_a_text_of_any_length_is_read_again(length):
    meaning = Answer("x" * length, "y")
    assert read(sign(Ref("a", "b", "c"), meaning, key_of), key_of)[1] == meaning


@given(refs, meanings, st.data())
def test_no_bit_of_it_can_be_changed(ref, meaning, data):
    token = sign(ref, meaning, key_of)
    raw = bytearray(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    place = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[place // 8] ^= 1 << place % 8
    assert read(urlsafe_b64encode(raw).rstrip(b"=").decode(), key_of) is None


@given(refs, meanings, st.integers(0, 400))
def test_a_part_of_it_is_worth_nothing(ref, meaning, length):
    token = sign(ref, meaning, key_of)
    if length < len(token):
        assert read(token[:length], key_of) is None


@given(st.text(max_size=200))
def test_anything_else_is_no_link(text):
    assert read(text, key_of) is None


@given(refs, meanings)
def test_one_link_is_written_in_one_way(ref, meaning):
    token = sign(ref, meaning, key_of)
    for other in (f"{token}=", f"{token}\n", f"{token[:4]}!{token[4:]}"):
        assert read(other, key_of) is None


@given(refs, meanings)
def test_keys_of_other_deployments_and_purposes_sign_nothing_here(ref, meaning):
    def elsewhere(purpose: str, workspace_id: str) -> bytes:
        return f"another {purpose} of {workspace_id}".encode()

    assert read(sign(ref, meaning, elsewhere), key_of) is None


@given(refs, meanings)
def test_a_link_is_signed_with_a_key_of_its_own_workspace(ref, meaning):
    asked = set()

    def noting(purpose: str, workspace_id: str) -> bytes:
        asked.add(workspace_id)
        return key_of(purpose, workspace_id)

    assert read(sign(ref, meaning, noting), noting) == (ref, meaning)
    assert asked == {ref.workspace_id}


@given(refs, meanings)
def test_a_key_that_is_not_known_yet_or_any_more_is_not_believed(ref, meaning):
    assert read(sign(ref, meaning, key_of, key_id=2), key_of) is None


@pytest.mark.parametrize(
    ("meaning", "most"), [(Open(), 82), (Unsubscribe("marketing", "", "email"), 108)]
)
def test_links_are_short(meaning, most):
    ref = Ref("default", "9f8c2f0a6d1b4e57a3c0d2e4f6a8b0c1", "3a1f9e0c5b7d42869c1e0f2a4b6d8c7e")
    assert len(sign(ref, meaning, key_of)) <= most
