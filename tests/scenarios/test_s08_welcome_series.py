"""S08: a welcome series after sign-up or first order, in stages and not all at once."""

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("welcome"), day=3):
        yield


def test_sign_up_and_first_order_are_followed_by_stages_of_their_own(person):
    idle, buyer = person(first_name="Lan"), person()
    idle.does("signed_up")
    buyer.does("signed_up")
    buyer.stands("welcome-after-sign-up", "five more days")
    buyer.got("welcome-after-sign-up", "welcome-brand", "welcome-how-to")
    buyer.does("order_completed", revenue=80)

    buyer.ends("welcome-after-sign-up", "exited", "order_completed", heard=["five more days"])
    assert buyer.way("welcome-after-sign-up")[-2:] == [
        ("five more days", "goal"),
        ("five more days", "exit_rule"),
    ]

    idle.ends("welcome-after-sign-up", "completed")
    idle.got("welcome-after-sign-up", "welcome-brand", "welcome-how-to", "welcome-coupon")
    idle.rewarded("welcome-after-sign-up", {"coupon": "first-order-10"})
    assert buyer.messages("welcome-after-sign-up") == ["welcome-brand", "welcome-how-to"]
    buyer.rewarded("welcome-after-sign-up")
    assert idle.way("welcome-after-sign-up") == [
        ("", "entered"),
        ("brand", "requested"),
        ("two days", "waiting"),
        ("two days", "elapsed"),
        ("how to", "requested"),
        ("five more days", "waiting"),
        ("five more days", "elapsed"),
        ("coupon", "acted"),
        ("coupon mail", "requested"),
    ]
    assert sum("Welcome, Lan" in mail for mail in idle.mail()) == 2

    buyer.ends("welcome-after-first-order", "completed")
    buyer.got(
        "welcome-after-first-order",
        "first-order-brand",
        "first-order-how-to",
        "second-order-coupon",
    )
    buyer.rewarded("welcome-after-first-order", {"coupon": "second-order-10"})
    assert buyer.way("welcome-after-first-order")[-3:] == [
        ("second order by itself", "timed_out"),
        ("coupon", "acted"),
        ("coupon mail", "requested"),
    ]
    assert idle.runs("welcome-after-first-order") == [None, None]
    assert not any("Ten off your first order" in mail for mail in buyer.mail())
