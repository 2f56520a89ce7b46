"""Segments of text messages against a second reckoning: letter by letter into boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.messages.sms import SmsLength, measure

GSM = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
GSM += "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
TWO = "\f^{}\\[~]|€"


def boxes(widths: list[int], size: int) -> int:
    filled = [0]
    for width in widths:
        if filled[-1] + width > size:
            filled.append(0)
        filled[-1] += width
    return len(filled)


def by_boxes(text: str) -> SmsLength:
    if all(letter in GSM or letter in TWO for letter in text):
        widths = [1 + (letter in TWO) for letter in text]
        return SmsLength("gsm7", sum(widths), 1 if sum(widths) <= 160 else boxes(widths, 153))
    widths = [len(letter.encode("utf-16-be")) // 2 for letter in text]
    return SmsLength("ucs2", sum(widths), 1 if sum(widths) <= 70 else boxes(widths, 67))


@given(
    st.text(GSM + TWO, max_size=40).flatmap(
        lambda text: st.sampled_from([text, text * 5, text * 12])
    )
)
def test_texts_of_the_alphabet_are_measured_by_boxes(text: str):
    assert measure(text) == by_boxes(text)


@given(st.text(max_size=60).flatmap(lambda text: st.sampled_from([text, text * 2, text * 7])))
def test_any_texts_are_measured_by_boxes(text: str):
    assert measure(text) == by_boxes(text)


@pytest.mark.parametrize(
    "size", [159, 160, 161, 305, 306, 307, 459, 460, 69, 70, 71, 133, 134, 135]
)
@pytest.mark.parametrize("letters", ["a", "€", "a€", "你", "😀", "a😀", "\uffff", "\U00010000"])
def test_at_the_limits_too(size: int, letters: str):
    for text in (letters * size, letters * (size // 2), letters * (size // len(letters))):
        assert measure(text) == by_boxes(text)
