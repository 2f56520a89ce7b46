"""A popup on a page, in a real browser: its answer re-tags the visitor and moves the journey.

The page allows its own script and the API and nothing else; by the same widget a visitor is handed
to a person.
"""

import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from tests.browser import browser, page, serious_faults  # noqa: F401
from tests.widget.site import Listening, page_of

pytestmark = pytest.mark.stack
PATIENCE_MS = 120_000  # the page asks functions that may only start
POPUP = {
    "kind": "template",
    "channel": "web",
    "template_id": "which-project",
    "headline": "Which project interests you, {{ profile.first_name | default: 'friend' }}?",
    "place": "corner",
    "ask": {
        "question": "next-project",
        "answers": [
            {"answer": "skin", "title": "Skin care"},
            {"answer": "contour", "title": "Contour"},
        ],
    },
}
THANKS = {
    "kind": "template",
    "channel": "inbox",
    "template_id": "skin-guide",
    "headline": "Your guide to skin care",
    "link": "https://shop.example/guide",
    "link_title": "Read it",
}
TAG = {
    "kind": "tag",
    "tag_id": "interest-now",
    "title": "Interest",
    "category": "value/interest",
    "family": "value",
    "how": {
        "type": "rule",
        "values": [
            {
                "value": each,
                "title": each,
                "condition": {
                    "type": "event",
                    "event": "feedback_given",
                    "where": [{"property": "answer", "operator": "equals", "value": each}],
                },
            }
            for each in ("skin", "contour")
        ],
    },
}


def asking(clock: str) -> dict:
    return {
        "kind": "journey",
        "publish": True,
        "journey_id": f"ask-{clock.replace('_', '-')}",
        "clock": clock,
        "title": "Ask which project",
        "purpose": "service",
        "entry": {"type": "event", "event": f"treatment_viewed_{clock}"},
        "steps": [
            {
                "type": "feedback",
                "name": "which",
                "template_id": "which-project",
                "question": "next-project",
                "answers": [{"answer": "skin", "next": "guide"}, {"answer": "contour"}],
                "timeout": "P1D",
                "on_timeout": "end",
            },
            {"type": "exit", "name": "other", "reason": "other_project"},
            {"type": "send", "name": "guide", "template_id": "skin-guide", "next": "end"},
        ],
    }


CONTACT = {
    "kind": "journey",
    "publish": True,
    "journey_id": "contact",
    "title": "Somebody wants to talk",
    "purpose": "service",
    "entry": {"type": "event", "event": "contact_requested"},
    "steps": [
        {
            "type": "assign",
            "name": "talk",
            "to": "support",
            "title": "A visitor asks for a person",
            "due": "P1D",
            "on_done": "end",
            "on_overdue": "end",
        }
    ],
}


@contextmanager
def shop_on(page, api_url: str, write_key: str) -> Iterator[None]:  # noqa: F811
    attributes = 'data-poll="1" data-pages="off"'
    answer = page_of(api_url, lang="en", attributes=attributes, write_key=write_key)
    page.set_default_timeout(PATIENCE_MS)
    with Listening(answer) as site:
        page.goto(site.url)
        page.wait_for_function("!!(window.rapport && window.rapport.identify)")
        yield


@pytest.fixture(scope="module", autouse=True)
def definitions(admin):
    """At the pace of the world: a person answers, and in a rehearsal a day is soon over."""
    before = admin.call("GET", "/settings")["settings"]
    admin.call("PUT", "/settings", {**before, "rehearsal": False, "time_scale": 1})
    admin.apply(POPUP, THANKS, TAG, asking("step_functions"), asking("due_index"), CONTACT)
    yield
    admin.call("PUT", "/settings", before)


@pytest.mark.parametrize("clock", ["step_functions", "due_index"])
def test_a_visitor_answers_a_popup_and_is_tagged_anew(page, stack, admin, write_key, clock):  # noqa: F811
    user_id = f"visitor-{uuid4().hex[:8]}"
    secret = admin.call("GET", "/identity/user-hash-key")["user_hash_key"]
    proof = hmac.new(secret.encode(), user_id.encode(), "sha256").hexdigest()
    complaints: list[str] = []
    with shop_on(page, stack.api_url, write_key):
        page.on("console", lambda said: complaints.append(said.text))
        identify = ["identify", user_id, {"first_name": "Ada"}, {"userHash": proof}]
        page.evaluate("(call) => rapport.push(call)", identify)
        page.evaluate("(call) => rapport.push(call)", ["track", f"treatment_viewed_{clock}"])
        dialog = page.get_by_role("dialog", name="Which project interests you, Ada?")
        dialog.wait_for()
        assert serious_faults(page) == []
        dialog.get_by_role("button", name="Skin care").click()
        page.get_by_text("Thank you for your answer").wait_for()
        page.get_by_role("button", name="Close").click()
        page.get_by_role("button", name="Messages, 1 new").click()
        link = page.get_by_role("link", name="Read it")
        assert link.get_attribute("href") == "https://shop.example/guide"

    def tags() -> dict:
        values = admin.profile("user_id", user_id)["tags"]["values"]
        return {each["tag_id"]: each["value"] for each in values}

    admin.until(lambda: tags().get("interest-now") == "skin")

    def told() -> set:
        return {event["name"] for event in admin.timeline(user_id)}

    admin.until(lambda: {"$message_shown", "feedback_given"} <= told())
    # A page that the visitor leaves takes requests along that nobody waits for any more.
    assert [text for text in complaints if "Content Security Policy" in text] == []


def test_a_visitor_is_handed_to_a_person(page, stack, admin, write_key):  # noqa: F811
    text = f"Where is order {uuid4().hex[:8]}?"
    with shop_on(page, stack.api_url, write_key):
        page.get_by_role("button", name="Messages").click()
        page.get_by_role("button", name="Talk to a person").click()
        page.get_by_label("What can we help you with?").fill(text)
        page.get_by_role("button", name="Send").click()
        page.get_by_text("Somebody will get back to you").wait_for()
        anonymous_id = page.evaluate("localStorage.getItem('rapport.anonymous')")

    admin.until(lambda: admin.known("anonymous_id", anonymous_id))

    def tasks() -> list:
        profile_id = admin.profile("anonymous_id", anonymous_id)["profile_id"]
        open_tasks = admin.call("GET", "/tasks?to=support&limit=200")["tasks"]
        return [each for each in open_tasks if each["profile_id"] == profile_id]

    admin.until(lambda: bool(tasks()))
    assert [task["journey_id"] for task in tasks()] == ["contact"]
