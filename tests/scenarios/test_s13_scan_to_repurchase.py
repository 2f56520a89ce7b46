"""S13: scan, follow, recognised as new, welcome pack, click, order, repurchase journey."""

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
SCAN, AGAIN = "scan-and-follow", "repurchase"


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("scan-and-follow"), day=2.5):
        yield


def test_one_comes_all_the_way_and_whoever_is_known_is_not_taken_for_new(person, admin):
    new, known, slow = person(), person(), person()
    known.does("order_completed")
    slow.does("qr_scanned", store="Jing'an")
    new.does("qr_scanned", store="Xuhui")
    slow.stands(SCAN, "follows the account")
    slow.does("account_followed")
    new.stands(SCAN, "follows the account")
    new.does("account_followed")
    new.stands(SCAN, "looks at the shop")
    new.does("mini_program_opened")
    new.stands(SCAN, "orders")
    new.does("order_completed", revenue=120)
    known.is_counted("order_completed")
    known.does("qr_scanned", store="Xuhui")
    known.stands(SCAN, "follows the account")
    known.does("account_followed")

    known.ends(SCAN, "exited", "known_already")
    assert known.mail() == []

    new.ends(SCAN, "completed")
    new.got(SCAN, "scan-welcome")
    new.rewarded(SCAN, {"coupon": "welcome-pack"})
    assert new.way(SCAN) == [
        ("", "entered"),
        ("follows the account", "waiting"),
        ("follows the account", "happened"),
        ("new here", "took"),
        ("note store", "acted"),
        ("welcome pack", "acted"),
        ("welcome mail", "requested"),
        ("looks at the shop", "waiting"),
        ("looks at the shop", "happened"),
        ("orders", "waiting"),
        ("orders", "happened"),
        ("on to repurchase", "acted"),
    ]
    admin.until(lambda: new.profile()["traits"].get("first_store", {}).get("value") == "Xuhui")
    for asked in new.events("$journey_asked"):
        assert asked["properties"]["store"] == "Xuhui"
        assert asked["properties"]["by_journey_id"].startswith(SCAN)

    new.ends(AGAIN, "completed")
    new.got(AGAIN, "repurchase-thanks", "repurchase-refill")
    assert [step for step, how in new.way(AGAIN) if how == "elapsed"] == [
        "until it is used up",
        "a week to order",
    ]

    slow.ends(SCAN, "exited", "never_ordered")
    slow.got(SCAN, "scan-welcome", "scan-nudge")
    assert slow.runs(AGAIN) == [None, None]
