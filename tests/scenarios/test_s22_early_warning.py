"""S22: who is about to be lost is warned of early, and gets what may hold them."""

from datetime import timedelta

import pytest

from tests.scenarios.shoppers import Past

pytestmark = pytest.mark.stack


def test_each_warning_finds_its_people_and_starts_its_journey(shop):
    monday = shop.today - timedelta(days=shop.today.weekday())

    def opens(*weeks):
        """Of each whole week, the last one first."""
        somebody = Past()
        for ago, times in enumerate(weeks, start=1):
            day = monday - timedelta(weeks=ago)
            somebody.did("app_opened", *(shop.on(day, n) for n in range(times)))
        return somebody

    def ordered(*days):
        return Past().did("order_completed", *map(shop.ago, days), revenue=30)

    def points(balance, *days):
        return Past(points_balance=balance).did("points_redeemed", *map(shop.ago, days))

    # Nobody who is missed would match by a part of the own past either: it may come in in parts.
    warnings = {
        "no-order-for-60-days": {
            "lapsed": ordered(60),
            "ordered-in-time": ordered(59),
            "never-ordered": Past(),
        },
        "app-opens-falling": {
            "opens-less": opens(0, 1, 2, 3),
            "opens-as-before": opens(0, 1, 1, 3),
            "opens-more": opens(3, 2, 1, 0),
        },
        "points-unused": {
            "saves-points": points(100, 90, 200),
            "never-used-points": points(500),
            "used-points": points(100, 89),
            "few-points": points(99, 90),
        },
    }
    everybody = {name: past for people in warnings.values() for name, past in people.items()}
    shop.come(everybody)
    warned = {
        "no-order-for-60-days": {"lapsed"},
        "app-opens-falling": {"opens-less"},
        "points-unused": {"saves-points", "never-used-points"},
    }
    for segment_id, wanted in warned.items():
        assert shop.members(everybody, segment_id) == wanted
    assert shop.because("lapsed", "no-order-for-60-days")["event", "order_completed"] == 0
    assert shop.because("opens-less", "app-opens-falling") == {("trend", "app_opened"): 0}
    assert shop.because("saves-points", "points-unused") == {
        ("trait", "points_balance"): 100,
        ("event", "points_redeemed"): 0,
    }

    answers = {
        "lapsed": ("win-back-coupon", "We miss you, Lapsed"),
        "opens-less": ("personal-care", "Can we help you, Opens-Less?"),
        "saves-points": ("points-recommendation", "Your points are waiting, Saves-Points"),
        "never-used-points": ("points-recommendation", "Your points are waiting"),
    }
    templates = {template for template, _ in answers.values()}

    def warned_by(name):
        """Only warnings: days go by fast here, and other journeys of the shop write as well."""
        return {one for one in shop.messages(name) if one[0] in templates}

    shop.admin.until(
        lambda: all(warned_by(name) == {(one, "sent")} for name, (one, _) in answers.items())
    )
    for name, (_, subject) in answers.items():
        assert len([mail for mail in shop.mail(name) if subject in mail]) == 1, name
    for name in everybody.keys() - answers.keys():
        told = {each["template_id"] for each in shop.profile(name)["messages"]}
        assert not told & templates, name
    for segment_id, wanted in warned.items():
        shop.admin.until(
            lambda asked=segment_id, wanted=wanted: shop.members_by_sql(everybody, asked) == wanted
        )
