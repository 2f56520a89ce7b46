"""S25: content by skin, age and browsing; from activation over repurchase to referral."""

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
ACTIVATE, AGAIN, LIVE = "beauty-activate", "beauty-repurchase", "beauty-live"


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("beauty"), day=2.5):
        yield


def test_content_fits_the_person_and_orders_lead_on_to_a_referral(person):
    loyal, idle = person(skin_type="dry", age=24), person(skin_type="dry", age=36)
    for _ in range(2):
        idle.does("product_viewed", category="anti-ageing")
    loyal.is_tagged("skin-type", "dry")
    idle.is_tagged("beauty-favourite", "anti-ageing")
    idle.is_tagged("beauty-age", "30-and-over")
    loyal.does("signed_up")
    idle.does("signed_up")
    idle.does("live_entered")
    loyal.stands(ACTIVATE, "first order")
    loyal.does("order_completed", revenue=60)
    loyal.stands(AGAIN, "second order")
    loyal.does("order_completed", revenue=90)
    loyal.stands(AGAIN, "friend joins")
    loyal.does("referral_joined")

    loyal.ends(ACTIVATE, "completed", heard=["first order"])
    loyal.got(ACTIVATE, "beauty-dry-skin")
    assert [
        one for one in loyal.way(ACTIVATE) if one[1] in ("took", "goal", "happened", "acted")
    ] == [
        ("what fits", "took"),
        ("first order", "goal"),
        ("first order", "happened"),
        ("on to repurchase", "acted"),
    ]
    loyal.ends(AGAIN, "completed", heard=["second order", "friend joins"])
    loyal.got(AGAIN, "beauty-how-to", "beauty-referral")
    loyal.rewarded(AGAIN, {"points": 200})
    assert [step for step, how in loyal.way(AGAIN) if how == "happened"] == [
        "second order",
        "friend joins",
    ]

    idle.ends(LIVE, "completed")
    idle.got(LIVE, "beauty-replay")
    idle.ends(ACTIVATE, "completed")
    idle.got(ACTIVATE, "beauty-anti-ageing", "beauty-trial-pack")
    idle.rewarded(ACTIVATE, {"coupon": "trial-pack"})
    assert idle.way(ACTIVATE)[-1] == ("trial pack text", "requested")
    assert idle.way(LIVE)[-1] == ("replay", "requested")
    assert idle.runs(AGAIN) == [None, None]
