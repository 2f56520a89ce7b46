"""Words that stop messages: whole replies only, however they are typed."""

import pytest

from shared.domain.consents.words import START_WORDS, STOP_WORDS, opt_out, reply_means


@pytest.mark.parametrize(
    "text",
    [
        *("退订", " 退订。", "TD", "td", "ＴＤ", "T", "t", "R", "Ｒ", "STOP", "Stop!", "stop\n"),
        *(
            "UNSUBSCRIBE",
            "取消",
            "取消订阅",
            "【退订】",
            "“T”",
            "opt  out",
            "OptOut",
            "\u3000退订\u3000",
        ),
    ],
)
def test_these_words_stop_messages(text):
    assert opt_out(text)
    assert reply_means(text) == "stop"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "。", "TT", "no", "N", "stop sending on Sundays only", "我不想退订", "订"),
        *("How do I unsubscribe?", "取消订单 123", "test"),
    ],
)
def test_these_words_stop_nothing(text):
    assert not opt_out(text)
    assert reply_means(text) is None


def test_a_workspace_may_have_words_of_its_own():
    assert not opt_out("basta")
    assert opt_out("Ｂasta!", ["BASTA"])


def test_start_words_take_it_back_and_stop_nothing():
    assert reply_means(" Start ") == "start"
    assert reply_means("恢复") == "start"
    assert not STOP_WORDS & START_WORDS
