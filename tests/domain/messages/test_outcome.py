"""Every answer of a provider ends a message in one way, and only a refused one is tried again."""

import pytest

from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
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
@pytest.mark.parametrize("answer", [Rejected("ses", "no"), Unclear("ses", "?")])
def test_a_message_that_may_have_been_taken_is_never_tried_again(answer: Answer, attempt: int):
    outcome = conclude(answer, "email", attempt)

    assert isinstance(outcome, Outcome)
    assert (outcome.status, outcome.reason) in {
        ("rejected", "provider_rejected"),
        ("unknown", "no_answer"),
    }
