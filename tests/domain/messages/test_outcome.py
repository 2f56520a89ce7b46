"""Every answer of a provider ends a message in one way, and only a refused one is tried again."""

import pytest

from shared.domain.messages.handover import Accepted, NotTaken, Rejected, Unclear
from shared.domain.messages.outcome import MAX_ATTEMPTS, Outcome, TryAgain, conclude


def test_an_accepted_message_is_sent_under_the_providers_id():
    assert conclude(Accepted("ses", "id-1"), "email", 1) == Outcome(
        status="sent", channel="email", provider="ses", provider_message_id="id-1"
    )


def test_a_message_that_was_surely_not_taken_is_tried_again_a_few_times():
    answers = [
        conclude(NotTaken("sns", "Throttled: "), "sms", n) for n in range(1, MAX_ATTEMPTS + 1)
    ]

    assert answers[:-1] == [TryAgain("Throttled: ")] * (MAX_ATTEMPTS - 1)
    assert answers[-1] == Outcome(
        status="rejected",
        channel="sms",
        reason="provider_unavailable",
        detail="Throttled: ",
        provider="sns",
    )


@pytest.mark.parametrize("attempt", range(1, MAX_ATTEMPTS + 2))
@pytest.mark.parametrize("gone", [False, True])
def test_a_message_that_may_have_been_taken_is_never_tried_again(attempt: int, gone: bool):
    assert conclude(Rejected("ses", "no", gone), "email", attempt) == Outcome(
        status="rejected",
        channel="email",
        reason="provider_rejected",
        detail="no",
        provider="ses",
        provider_message_id="",
    )
    assert conclude(Unclear("sns", "?"), "sms", attempt) == Outcome(
        status="unknown", channel="sms", reason="no_answer", detail="?", provider="sns"
    )


def test_an_outcome_says_nothing_that_nobody_told():
    assert Outcome(status="sent", channel=None) == Outcome(
        status="sent", channel=None, reason=None, detail="", provider="", provider_message_id=""
    )
    assert MAX_ATTEMPTS == 3
