"""Every reason can be shown to an operator in both languages."""

from typing import get_args

from shared.domain.messages.reasons import TEXTS, Reason


def test_every_reason_has_a_text_and_every_text_a_reason():
    assert set(TEXTS) == set(get_args(Reason))


def test_every_text_is_a_sentence_in_english_and_in_chinese():
    for text in TEXTS.values():
        assert text.en.endswith(".")
        assert text.en.isascii()
        assert text.zh.endswith("。")
