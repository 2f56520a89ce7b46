"""What somebody was shown goes with them, and is shown to nobody who comes after."""

import pytest

from shared.domain.inbox.model import Ask
from tests.widget.conftest import READY

pytestmark = pytest.mark.slow


def test_a_popup_goes_with_whom_it_was_for(shop, ada):
    opened = shop()
    page = opened.page
    ways = (("m1", "corner", ("reset",)), ("m2", "centre", ("identify", "bob")))
    for message_id, place, leave in ways:
        ask = Ask("mood", "text", ())
        opened.inbox.put(ada, message_id, channel="web", place=place, ask=ask)
        opened.sign_in("ada")
        dialog = page.get_by_role("dialog", name=f"News {message_id}")
        dialog.wait_for()
        opened.call(*leave)
        dialog.wait_for(state="detached")
    page.wait_for_timeout(300)
    assert page.get_by_role("dialog").count() == 0
    rows = [opened.inbox.row(ada, message_id) for message_id in ("m1", "m2")]
    assert not any("dismissed_at" in row for row in rows), "nobody has dismissed them"
    opened.inbox.put(ada, "m3", channel="web")
    opened.sign_in("ada")
    page.get_by_role("dialog", name="News m3").wait_for()


@pytest.mark.parametrize("leave", [["reset"], ["identify", "bob"]])
def test_who_leaves_while_a_popup_is_asked_for_does_not_leave_it_to_others(shop, ada, leave):
    opened = shop()
    opened.inbox.put(ada, "m1", channel="web", place="corner")

    def late(route):
        answer = route.fetch()  # it is the first: it would be shown
        if '"shown"' in (route.request.post_data or ""):
            opened.call(*leave)
        route.fulfill(response=answer)

    opened.page.route("**/v1/inbox", late)
    opened.sign_in("ada")
    opened.until(lambda: opened.inbox.row(ada, "m1").get("shown_at"))
    opened.page.wait_for_timeout(1_000)
    assert opened.page.get_by_role("dialog").count() == 0


def test_what_was_fetched_for_who_has_left_is_shown_to_nobody(shop, make_event):
    opened = shop()
    page = opened.page
    opened.until(lambda: ("GET", "/v1/inbox") in opened.gateway.requests)
    anonymous_id = page.evaluate("localStorage.getItem('rapport.anonymous')")
    opened.inbox.apply(make_event(anonymous_id=anonymous_id))
    opened.inbox.put(opened.inbox.strand("anonymous_id", anonymous_id), "m1")

    def late(route):
        answer = route.fetch()
        opened.call("reset")
        route.fulfill(response=answer)

    page.route("**/v1/inbox?*", late, times=1)
    opened.call("refresh")
    page.wait_for_timeout(1_000)
    assert page.locator(".panel li").count() == 0


def test_who_signs_in_keeps_the_popup_that_they_were_shown(shop, ada, make_event):
    opened = shop()
    page = opened.page
    opened.until(lambda: ("GET", "/v1/inbox") in opened.gateway.requests)
    anonymous_id = page.evaluate("localStorage.getItem('rapport.anonymous')")
    opened.inbox.apply(make_event(anonymous_id=anonymous_id))
    strand = opened.inbox.strand("anonymous_id", anonymous_id)
    opened.inbox.put(strand, "m1", channel="web", place="corner")
    opened.call("refresh")
    page.get_by_role("dialog", name="News m1").wait_for()
    opened.sign_in("ada")
    page.wait_for_timeout(500)
    assert page.get_by_role("dialog", name="News m1").count() == 1


def test_who_signs_out_in_one_tab_has_left_the_others_as_well(shop, ada):
    opened = shop(attributes='data-poll="0"')
    opened.inbox.put(ada, "m1", channel="web", place="corner")
    opened.sign_in("ada")
    opened.page.get_by_role("dialog", name="News m1").wait_for()
    other = opened.page.context.new_page()
    other.goto(opened.page.url)
    other.wait_for_function(READY)
    other.evaluate("window.rapport.push(['reset'])")
    opened.page.get_by_role("dialog", name="News m1").wait_for(state="detached")
    opened.call("track", "looked")

    (event,) = opened.until(lambda: [one for one in opened.queued() if one.name == "looked"])
    assert event.user_id is None
    assert event.anonymous_id == other.evaluate("localStorage.getItem('rapport.anonymous')")
