"""S04, S05, S06: the example segments take who matches, and miss who lacks one of the facts."""

from datetime import date

import pytest

from tests.scenarios.shoppers import Past

pytestmark = pytest.mark.stack


def check(shop, people, segment_id, wanted):
    """Real time and SQL both say that of these people those are in the segment."""
    shop.come(people)
    assert shop.members(people, segment_id) == wanted
    shop.admin.until(lambda: shop.members_by_sql(people, segment_id) == wanted)


def test_s04_browsed_without_an_order_and_usually_spends_much(shop):
    def past(*, viewed=29, ordered=30, revenues=(100, 140)):
        somebody = Past()
        for revenue in revenues:
            somebody.did("order_completed", shop.ago(ordered), revenue=revenue)
        return somebody.did("product_viewed", shop.ago(viewed))

    people = {
        "in": past(),
        "browsed-long-ago": past(viewed=30),
        "ordered-lately": past(ordered=29),
        "spends-little": past(revenues=(100, 99.98)),
        "never-ordered": past(revenues=()),
    }
    check(shop, people, "high-value-browsers", {"in"})
    assert shop.because("in", "high-value-browsers") == {
        ("event", "product_viewed"): 1,
        ("event", "order_completed"): 0,
        ("amount", "order_completed"): 120,
    }


def test_s05_more_than_three_live_stream_interactions_without_a_purchase(shop):
    def past(*days, ordered=7):
        somebody = Past().did("order_completed", shop.ago(ordered), revenue=9)
        return somebody.did("live_interacted", *(shop.ago(each, n) for n, each in enumerate(days)))

    people = {
        "in": past(6, 4, 2, 0),
        "three": past(6, 4, 2),
        "one-too-early": past(7, 4, 2, 0),
        "bought": past(6, 4, 2, 0, ordered=6),
    }
    check(shop, people, "live-fans-without-order", {"in"})
    assert shop.because("in", "live-fans-without-order") == {
        ("event", "live_interacted"): 4,
        ("event", "order_completed"): 0,
    }


def test_s06_loyal_members_who_order_less_three_months_in_a_row(shop):
    def month(ago):
        months = shop.today.year * 12 + shop.today.month - 1 - ago
        return date(months // 12, months % 12 + 1, 10)

    def past(*orders, visits=50):
        """`orders` of each month, the last one first."""
        somebody = Past()
        for ago, times in enumerate(orders, start=1):
            moments = (shop.on(month(ago), n) for n in range(times))
            somebody.did("order_completed", *moments, revenue=20)
        return somebody.did("page_viewed", *(shop.ago(40, n) for n in range(visits)))

    people = {
        "in": past(0, 1, 2, 3),
        "equal-once": past(0, 1, 1, 3),
        "fell-twice": past(0, 1, 2, 2),
        "not-loyal": past(0, 1, 2, 3, visits=30),
    }
    check(shop, people, "loyal-ordering-less", {"in"})
    because = shop.because("in", "loyal-ordering-less")
    assert because["trend", "order_completed"] == 0
    assert because["activity", "events"] >= 50  # as many as had come in when it became true
    assert shop.profile("in")["tags"]["stage"] == "loyal"
