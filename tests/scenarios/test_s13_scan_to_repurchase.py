"""S13: scan, follow in WeChat, recognised as new, welcome pack, click, order, repurchase."""

import pytest

from tests.scenarios.channels import Chat, use_providers
from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
SCAN, AGAIN = "scan-and-follow", "repurchase"


@pytest.fixture(scope="module", autouse=True)
def playbook(play, stack, admin):
    use_providers(stack, admin)
    with play(documents_of("scan-and-follow"), day=2.5):
        yield


def test_one_comes_all_the_way_and_whoever_is_known_is_not_taken_for_new(person, admin, stack):
    refused = [*stack.providers.outbox.refused]  # by whoever was here before
    new, known, slow = (Chat(stack, person()) for _ in range(3))
    known.person.does("order_completed")
    slow.person.does("qr_scanned", store="Jing'an")
    new.person.does("qr_scanned", store="Xuhui")
    slow.person.stands(SCAN, "follows the account")
    slow.follows("shop-7")
    slow.writes("你好")  # a follow opens the chat for a minute, which a busy machine may miss
    slow.subscribes("PACK-WAITS", times=2)  # one consent for each clock's message
    new.person.stands(SCAN, "follows the account")
    new.follows("shop-8")
    new.writes("你好")
    new.person.stands(SCAN, "looks at the shop")
    new.person.does("mini_program_opened")
    new.person.stands(SCAN, "orders")
    new.person.does("order_completed", revenue=120)
    known.person.is_counted("order_completed")
    known.person.does("qr_scanned", store="Xuhui")
    known.person.stands(SCAN, "follows the account")
    known.follows("shop-8")

    known.person.ends(SCAN, "exited", "known_already", heard=["follows the account"])
    assert (known.person.mail(), known.shown()) == ([], [])

    new.person.ends(SCAN, "completed", heard=["looks at the shop", "orders"])
    new.person.got(SCAN, "scan-welcome")
    new.person.rewarded(SCAN, {"coupon": "welcome-pack"})
    assert new.person.way(SCAN) == [
        ("", "entered"),
        ("follows the account", "waiting"),
        ("follows the account", "happened"),
        ("new here", "took"),
        ("note store", "acted"),
        ("welcome pack", "acted"),
        ("welcome", "requested"),
        ("looks at the shop", "waiting"),
        ("looks at the shop", "happened"),
        ("orders", "waiting"),
        ("orders", "happened"),
        ("on to repurchase", "acted"),
    ]
    followed = new.person.events("wechat_followed")
    assert [one["properties"]["scene"] for one in followed] == ["shop-8"]
    admin.until(
        lambda: new.person.profile()["traits"].get("first_store", {}).get("value") == "Xuhui"
    )
    for asked in new.person.events("$journey_asked"):
        assert asked["properties"]["store"] == "Xuhui"
        assert asked["properties"]["by_journey_id"].startswith(SCAN)

    new.person.ends(AGAIN, "completed")
    new.person.got(AGAIN, "repurchase-thanks", "repurchase-refill")
    assert [step for step, how in new.person.way(AGAIN) if how == "elapsed"] == [
        "until it is used up",
        "a week to order",
    ]

    slow.person.ends(SCAN, "exited", "never_ordered", heard=["follows the account"])
    slow.person.got(SCAN, "scan-welcome", "scan-nudge")
    assert slow.person.runs(AGAIN) == [None, None]

    # The welcomes are answers in the chat, while its window is open; each clock sends its own.
    assert [one.provider for one in new.shown()] == ["wechat"] * 4
    assert "新人礼包" in new.shown()[0].text
    assert sorted(one.provider for one in slow.shown()) == ["miniprogram"] * 2 + ["wechat"] * 2
    assert stack.providers.outbox.refused == refused
