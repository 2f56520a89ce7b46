"""The widget in a real browser, on a page whose content security policy forbids what it can."""

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from functions.serve_inbox.handler import WIDGET
from shared.domain.inbox.model import Ask
from tests.browser import serious_faults
from tests.widget.conftest import READY

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MOST_BYTES = 15_000
CHOICE = Ask("next-project", "choice", (("skin", "Skin care"), ("contour", "Contour")))


def npm(*arguments):
    tools = Path(sys.executable).parent
    path = {"PATH": f"{tools}:/usr/bin:/bin"}
    return subprocess.run(["npm", *arguments], cwd=ROOT, env=path, check=True)


def test_what_is_served_is_what_the_source_says(tmp_path):
    npm("run", "--silent", "widget", "--", f"--outfile={tmp_path / 'widget.js'}")

    assert (tmp_path / "widget.js").read_bytes() == WIDGET.read_bytes(), "run `make widget`"
    npm("exec", "--offline", "--", "tsc", "-p", "widget")


def test_it_is_small():
    assert len(gzip.compress(WIDGET.read_bytes())) < MOST_BYTES


def test_a_popup_is_shown_once_holds_the_focus_and_ends_with_escape(shop, ada):
    opened = shop()
    page = opened.page
    opened.inbox.put(ada, "m1", channel="web", link="/sale", link_title="See the sale")
    page.focus("#buy")
    opened.sign_in("ada")
    dialog = page.get_by_role("dialog", name="News m1")
    dialog.wait_for()
    assert opened.inbox.row(ada, "m1")["shown_at"]

    holders = set()
    for _ in range(5):  # the page behind it is out of reach
        holders.add(page.evaluate("document.activeElement.id"))
        page.keyboard.press("Tab")
    assert "buy" not in holders
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    opened.until(lambda: "dismissed_at" in opened.inbox.row(ada, "m1"))
    assert page.evaluate("document.activeElement.id") == "buy"

    page.reload()
    page.wait_for_function(READY)
    opened.call("refresh")
    page.wait_for_timeout(300)
    assert page.get_by_role("dialog").count() == 0
    assert [each["name"] for each in opened.inbox.timeline()][1:] == [
        "$message_shown",
        "$message_dismissed",
    ]
    assert opened.complaints == []


def test_an_answer_comes_back_as_feedback_and_is_thanked_for(shop, ada):
    opened = shop(lang="zh")
    ids = {"template_id": "ask", "journey_id": "trial", "step": "which"}
    opened.inbox.put(ada, "m1", channel="web", place="corner", ask=CHOICE, **ids)
    opened.sign_in("ada")
    page = opened.page
    page.get_by_role("button", name="Skin care").click()
    page.get_by_text("感谢您的反馈").wait_for()

    assert opened.told("feedback_given") == [
        {
            "name": "feedback_given",
            "message_id": "m1",
            "channel": "web",
            "question": "next-project",
            "answer": "skin",
            **ids,
        }
    ]
    page.get_by_role("button", name="关闭").click()
    assert page.get_by_role("dialog").count() == 0


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_finds_nothing_serious(shop, ada, lang):
    opened = shop(lang=lang)
    for place in ("centre", "corner", "top"):
        opened.inbox.put(
            ada, f"web-{place}", channel="web", place=place, text="Two days only", priority=1
        )
    forms = [CHOICE, Ask("q1", "reaction"), Ask("q2", "rating"), Ask("q3", "text")]
    for number, ask in enumerate(forms):
        opened.inbox.put(ada, f"m{number}", text="Hello", link="/x", ask=ask)
    opened.sign_in("ada")
    page = opened.page
    for _ in range(3):
        page.get_by_role("dialog").wait_for()
        assert serious_faults(page) == []
        page.locator("dialog.popup .x").click()
    page.locator(".launcher").click()
    page.locator(".foot button").first.click()
    assert page.locator(".panel li").count() == len(forms)
    assert serious_faults(page) == []
    assert opened.complaints == []


def test_the_inbox_opens_counts_what_is_new_and_gives_the_focus_back(shop, ada):
    opened = shop()
    page = opened.page
    opened.inbox.put(ada, "m1")
    opened.inbox.put(ada, "m2")
    opened.sign_in("ada")
    launcher = page.get_by_role("button", name="Messages, 2 new")
    launcher.wait_for()
    launcher.press("Enter")
    opened.until(lambda: len(opened.told("$message_shown")) == 2)
    page.get_by_role("button", name="Remove this message").first.click()
    opened.until(lambda: len(opened.told("$message_dismissed")) == 1)
    assert page.locator(".panel li").count() == 1
    assert serious_faults(page) == []
    page.keyboard.press("Escape")
    assert page.locator(".panel").is_hidden()
    assert page.evaluate(
        "document.activeElement.shadowRoot.activeElement.classList.contains('launcher')"
    )


def test_whoever_is_not_proven_sees_nothing_of_a_users(shop, ada):
    opened = shop()
    asked = ("GET", "/v1/inbox")
    opened.until(lambda: asked in opened.gateway.requests)
    opened.inbox.put(ada, "m1", channel="web")
    opened.call("identify", "ada")
    opened.until(lambda: [each for each in opened.complaints if "user hash" in each])
    opened.call("refresh")
    opened.page.wait_for_timeout(300)

    assert opened.gateway.requests.count(asked) == 1
    assert opened.page.get_by_role("dialog").count() == 0


def test_a_visitor_without_a_name_sees_what_was_written_to_this_browser(shop, make_event):
    opened = shop()
    anonymous_id = opened.page.evaluate("localStorage.getItem('rapport.anonymous')")
    opened.inbox.apply(make_event(anonymous_id=anonymous_id))
    strand = opened.inbox.strand("anonymous_id", anonymous_id)
    opened.inbox.put(strand, "m1", channel="web", headline="Welcome")
    opened.call("refresh")

    opened.page.get_by_role("dialog", name="Welcome").wait_for()


def test_a_look_asked_for_while_another_is_under_way_is_not_lost(shop, ada):
    opened = shop()
    opened.until(lambda: ("GET", "/v1/inbox") in opened.gateway.requests)
    opened.sign_in("ada")
    opened.until(lambda: opened.gateway.requests.count(("GET", "/v1/inbox")) == 2)

    def late(route):
        answer = route.fetch()  # as it was before the message came
        opened.inbox.put(ada, "m1", channel="web", headline="Welcome")
        opened.call("refresh")
        route.fulfill(response=answer)

    opened.page.route("**/v1/inbox?*", late, times=1)
    opened.call("refresh")
    opened.page.get_by_role("dialog", name="Welcome").wait_for()


def test_nothing_in_a_message_can_act_on_the_page(shop, ada):
    opened = shop()
    hostile = "<img src=x onerror=\"document.title='taken'\">"
    opened.inbox.put(
        ada, "m1", channel="web", headline=hostile, text=hostile, link="javascript:alert(1)"
    )
    opened.sign_in("ada")
    dialog = opened.page.get_by_role("dialog")
    dialog.wait_for()

    assert dialog.get_by_text(hostile).count() == 2
    assert dialog.locator("img, a").count() == 0
    assert opened.page.title() == "Shop"


def test_events_come_through_once_although_the_server_fails_at_first(shop):
    opened = shop(attributes='data-pages="off"')
    opened.gateway.broken += [503, 429]
    opened.call("track", "cart", {"value": 42})
    events = opened.until(lambda: opened.queued())

    assert [(event.name, event.properties) for event in events] == [("cart", {"value": 42})]
    assert opened.gateway.requests.count(("POST", "/v1/batch")) == 3
    assert opened.page.evaluate("Object.keys(localStorage).filter(n => n.includes('queue'))") == []


def test_events_of_a_page_that_is_left_at_once_come_through(shop):
    opened = shop(attributes='data-pages="off"')
    opened.call("track", "cart", {"value": 42})
    opened.page.goto("about:blank")

    events = opened.until(lambda: opened.queued())
    assert [event.name for event in events] == ["cart"]


def test_a_visitor_is_handed_to_a_person(shop):
    opened = shop(attributes='data-pages="off"')
    page = opened.page
    page.get_by_role("button", name="Messages").click()
    page.get_by_role("button", name="Talk to a person").click()
    page.get_by_label("What can we help you with?").fill("Where is my order?")
    page.get_by_label("How can we reach you?").fill("ada@example.com")
    page.get_by_role("button", name="Send").click()
    page.get_by_text("Somebody will get back to you").wait_for()

    (event,) = opened.until(lambda: opened.queued())
    assert event.name == "contact_requested"
    assert event.properties["text"] == "Where is my order?"
    assert event.properties["reply"] == "ada@example.com"
    assert event.anonymous_id


def test_a_survey_of_the_page_is_feedback_too(shop):
    opened = shop(attributes='data-pages="off"')
    opened.call("survey", {"title": "How was it?", "question": "visit", "form": "rating"})
    opened.page.get_by_role("button", name="4 of 5").click()

    (event,) = opened.until(lambda: opened.queued())
    assert (event.name, event.properties) == (
        "feedback_given",
        {"question": "visit", "answer": "4"},
    )


def test_a_survey_asks_one_question_after_the_other_until_one_is_left_open(shop):
    opened = shop(attributes='data-pages="off"')
    questions = [
        {"title": f"Question {n}", "question": f"q{n}", "form": "reaction"} for n in range(3)
    ]
    opened.call("survey", {"questions": questions})
    page = opened.page
    page.get_by_role("dialog", name="Question 0").get_by_role("button", name="I like it").click()
    second = page.get_by_role("dialog", name="Question 1")
    second.get_by_role("button", name="Not interested").click()
    third = page.get_by_role("dialog", name="Question 2")
    third.get_by_role("button", name="Close").click()

    events = opened.until(lambda: opened.queued())
    answers = [(each.properties["question"], each.properties["answer"]) for each in events]
    assert answers == [("q0", "like"), ("q1", "not_interested")]
    assert page.get_by_role("dialog").count() == 0


def test_it_stands_still_for_who_wants_that(shop, ada):
    opened = shop()
    opened.page.emulate_media(reduced_motion="reduce")
    opened.inbox.put(ada, "m1", channel="web")
    opened.sign_in("ada")
    dialog = opened.page.get_by_role("dialog")
    dialog.wait_for()

    assert dialog.evaluate("each => getComputedStyle(each).animationName") == "none"
