"""S03: tags in four families follow from what a person is and does."""

import pytest

from tests.scenarios.shoppers import Past

pytestmark = pytest.mark.stack


def test_tags_of_four_families_follow_from_real_events(shop):
    mei = Past(gender="女", city="上海", points_balance=20)
    mei.did("signed_up", shop.ago(40), channel="douyin")
    mei.did("signed_up", shop.ago(3), channel="wechat")
    mei.did("product_viewed", *(shop.ago(n, 5) for n in range(1, 9)), category="tea")
    mei.did("product_viewed", *(shop.ago(n, 5) for n in range(1, 5)), category="shoes")
    mei.did("product_viewed", *(shop.ago(n) for n in range(91, 101)), category="hats")
    mei.did("live_interacted", *(shop.ago(2, n) for n in range(5)))
    for revenue, days in ((100, 5), (150, 25), (350, 45), (200, 300), (999, 366)):
        mei.did("order_completed", shop.ago(days), revenue=revenue)
    mei.did("referral_sent", *(shop.ago(9, n) for n in range(4)))
    mei.did("referral_joined", shop.ago(8))
    bo = Past(city="Lijiang")
    shop.come({"mei": mei, "bo": bo})

    assert shop.tags("mei") == {
        # attribute
        "gender": "female",
        "city-tier": "shanghai",
        "source-channel": "douyin",
        # behaviour
        "browse-frequency": "high",
        "favourite-category": "tea",
        "interactions": 5,
        # lifecycle: here for over 30 days, and with fewer than 50 events not yet loyal
        "lifecycle-stage": "active",
        # commercial value: four orders of the last year; what is older does not count
        "average-order-value": 200,
        "repurchase-rate": 0.75,
        "referral-rate": 0.25,
        "rfm-class": "important_value",
    }
    known = shop.profile("mei")["tags"]
    assert known["stage"] == "active"
    (often,) = (each for each in known["values"] if each["tag_id"] == "browse-frequency")
    assert [(fact["name"], fact["holds"]) for fact in often["because"]] == [
        ("product_viewed", True)
    ]
    assert shop.tags("bo") == {
        "city-tier": "elsewhere",
        "browse-frequency": "none",
        "interactions": 0,
        "lifecycle-stage": "new",
    }
