"""S10: who is tagged as active by frequency gets content about growth and benefits, on schedule."""

import pytest

from tests.scenarios.shoppers import Past

pytestmark = pytest.mark.stack


def test_who_comes_often_gets_benefits_now_and_the_next_level_a_week_later(shop):
    people = {
        name: Past().did("product_viewed", *(shop.ago(n) for n in range(times)), category="tea")
        for name, times in (("often", 10), ("sometimes", 9))
    }
    shop.come(people)
    assert shop.tags("often")["browse-frequency"] == "high"
    assert shop.tags("sometimes")["browse-frequency"] == "medium"
    assert shop.members(people, "frequent-visitors") == {"often"}
    assert shop.because("often", "frequent-visitors") == {("event", "product_viewed"): 10}

    both = {("growth-benefits", "sent"), ("growth-next-level", "sent")}
    shop.admin.until(lambda: shop.messages("often") == both)
    assert shop.way("often", "growth-content") == [
        ("", "entered"),
        ("benefits", "requested"),
        ("a week", "waiting"),
        ("a week", "elapsed"),
        ("next level", "requested"),
    ]
    first, second = shop.mail("often")
    assert "Your member benefits, Often" in first
    assert "What the next level brings, Often" in second
    assert shop.profile("sometimes")["enrolments"] == []
    assert shop.mail("sometimes") == []
