"""A text costs what its segments cost, and segments follow the alphabet."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.sms import SmsLength, measure

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "sms_lengths.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=str)
def test_lengths_are_those_of_the_standard(vector: dict[str, Any]):
    text = vector["text"] * vector.get("repeat", 1) + vector.get("then", "")

    assert measure(text) == SmsLength(vector["encoding"], vector["units"], vector["segments"])


@given(st.text(max_size=400), st.text(max_size=50))
def test_a_longer_text_never_takes_fewer_segments_of_the_same_alphabet(text: str, more: str):
    short, long = measure(text), measure(text + more)

    assert short.encoding != long.encoding or short.segments <= long.segments


@given(st.text(max_size=800))
def test_segments_are_as_few_as_can_hold_the_units(text: str):
    length = measure(text)
    single, joined = (160, 153) if length.encoding == "gsm7" else (70, 67)
    floor = 1 if length.units <= single else -(-length.units // joined)

    # Not splitting a character can waste one unit of each segment, never more.
    assert floor <= length.segments <= max(1, -(-length.units // (joined - 1)))
