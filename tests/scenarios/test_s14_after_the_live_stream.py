"""S14: after the live stream, after viewing a series, and a pre-sale for regular buyers."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.scenarios.playbooks import documents_of

pytestmark = pytest.mark.stack
LIVE, SERIES, PRE_SALE = "live-without-order", "series-reviews", "anti-ageing-pre-sale"


@pytest.fixture(scope="module", autouse=True)
def playbook(play):
    with play(documents_of("live-stream"), day=6):
        yield


def test_each_gets_what_fits_to_what_they_did(person):
    watcher, regular, keen = person(), person(), person()
    now = datetime.now(UTC)
    for each in (regular, keen):
        for days in (90, 60, 30):
            each.does("order_completed", at=now - timedelta(days=days), category="anti-ageing")
    watcher.does("live_entered")
    watcher.does("series_viewed", series="Hydra")
    keen.does("series_viewed", series="Lumi")
    keen.does("order_completed", series="Lumi")
    keen.stands(PRE_SALE, "reserves")
    keen.does("pre_sale_reserved")

    watcher.ends(LIVE, "completed")
    watcher.got(LIVE, "live-video")
    watcher.rewarded(LIVE, {"coupon": "live-15"})
    assert watcher.way(LIVE) == [
        ("", "entered"),
        ("until the stream is over", "waiting"),
        ("until the stream is over", "elapsed"),
        ("coupon", "acted"),
        ("video and code", "requested"),
        ("a week to use it", "waiting"),
        ("a week to use it", "elapsed"),
    ]
    watcher.ends(SERIES, "completed")
    watcher.got(SERIES, "series-reviews")
    assert sum("What others say of Hydra" in mail for mail in watcher.mail()) == 2
    reviews = next(each for each in watcher.runs(SERIES)[0]["trace"] if each["step"] == "reviews")
    assert reviews["at"][11:16] == "19:00"
    assert watcher.way(SERIES)[-1] == ("reviews", "requested")
    assert watcher.runs(PRE_SALE) == [None, None]

    keen.ends(SERIES, "exited", "order_completed", heard=["in the evening"])
    assert keen.messages(SERIES) == []

    keen.ends(PRE_SALE, "completed", heard=["reserves"])
    keen.got(PRE_SALE, "pre-sale-invitation")
    assert keen.way(PRE_SALE)[-2:] == [("reserves", "goal"), ("reserves", "happened")]
    regular.ends(PRE_SALE, "completed")
    regular.got(PRE_SALE, "pre-sale-invitation", "pre-sale-last-call")
    assert regular.way(PRE_SALE)[-1] == ("last call", "requested")
