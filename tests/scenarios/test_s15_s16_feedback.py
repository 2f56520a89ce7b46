"""S15 and S16: answers and clicks inside messages change the path, and surveys feed segments.

Messages are answered as people and machines do: a scanner fetches every link, somebody leaves with
one click, somebody looks at the page of preferences.
"""

import re
from collections.abc import Iterator
from time import sleep
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli.documents import Document
from infra.local.mail_corrections import SIMULATOR_DOMAIN
from tests.scenarios.admin import CATALOG_SECONDS
from tests.scenarios.people import Person
from tests.scenarios.playbooks import documents_of
from tests.scenarios.two_clocks import WORLDS

pytestmark = pytest.mark.stack
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "accept-language": "zh"}
READING = 3.0  # seconds; whoever opens a link sooner is a machine
ORDERED = f"order_completed {uuid4().hex}"


@pytest.fixture(scope="module", autouse=True)
def playbook(play, admin):
    with play(list(every_minute(documents_of("feedback"))), day=6):
        before = admin.call("GET", "/settings")["settings"]
        more = {
            "tracking": True,
            "preference_topics": [{"topic": "skincare", "title": "Skincare", "title_zh": "护肤"}],
        }
        admin.call("PUT", "/settings", {**before, **more})
        sleep(CATALOG_SECONDS)
        yield
        admin.call("PUT", "/settings", before)


def every_minute(documents: list[Document]) -> Iterator[Document]:
    """The same with a survey every minute, of nobody but those who are here."""
    for one in documents:
        if one.name == "satisfaction-survey":
            one.body["entry"]["cron"] = "* * * * *"
        if one.name == "survey-panel":
            one.body["condition"]["event"] = ORDERED
        yield one


def letter(person: Person, subject: str) -> str:
    """The HTML of the first email with this subject."""
    found: list[str] = []

    def arrived() -> bool:
        found[:] = [one["BodyHtml"] for one in person.stack.emails()
                    if person.email in one["To"] and subject in one["Subject"]]  # fmt: skip
        return bool(found)

    person.admin.until(arrived)
    return found[0]


def link(html: str, text: str) -> str:
    """Where the link with this text leads."""
    return re.search(rf'href="([^"]+)"[^>]*>[^<]*{text}', html)[1].replace("&amp;", "&")


def get(url: str, **headers: str) -> httpx.Response:
    return httpx.get(url, headers={**BROWSER, **headers}, timeout=60)


def post(url: str, form: dict[str, Any] | None = None) -> httpx.Response:
    answer = httpx.post(url, data=form or {}, headers=BROWSER, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer


def answered(person: Person, subject: str, text: str) -> None:
    """Open an answer, which says nothing yet, and press its button."""
    url = link(letter(person, subject), text)
    page = get(url)
    assert page.status_code == 200, page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    button = re.search(r'name="answer" value="([^"]+)"', page.text)[1]
    for _ in range(2):  # impatient people press twice
        post(url, {"answer": button})


def test_what_people_say_and_open_in_a_message_changes_what_comes_next(person, admin):
    likes, curious, bored, opens, scanned, private = (person() for _ in range(6))
    everybody = (likes, curious, bored, opens, scanned, private)
    for each in everybody:
        each.does("newsletter_joined")
    for each in (likes, curious, bored):
        each.stands("picks", "picks")
    for each in everybody:
        each.got("picks", "picks")
    opens.does("guide_wanted")
    opens.stands("guide", "do they open it")
    opens.got("guide", "guide")  # what they read has to be there by then
    sleep(READING)

    pixel = re.search(r'<img[^>]+src="([^"]+/o/[^"]+)"', letter(opens, "Your guide"))[1]
    assert get(pixel).headers["content-type"] == "image/gif"
    for url in re.findall(r'href="([^"]+/r/[^"]+)"', letter(scanned, "Picked")):
        get(url.replace("&amp;", "&"))
    recommended = get(link(letter(opens, "Picked"), "Skincare"))
    assert (recommended.status_code, recommended.headers["location"]) == (
        302,
        "https://shop.example/skincare?from=mail",
    )
    assert get(link(letter(private, "Picked"), "Skincare"), **{"sec-gpc": "1"}).status_code == 302
    answered(likes, "Picked", "I like it")
    answered(curious, "Picked", "Tell me more")
    answered(bored, "Picked", "Not interested")

    likes.ends("picks", "completed", heard=["picks"])
    likes.got("picks", "picks", "picks-again")
    assert len(likes.events("feedback_given", question="picks", answer="like")) == 1
    assert likes.way("picks")[-1] == ("more of it", "requested")
    likes.is_tagged("picks-opinion", "likes")
    for task in curious.tasks("picks", "beauty-advisors"):
        admin.call("POST", f"/tasks/{task['task_id']}/done")
    bored.ends("picks", "completed", heard=["picks"])
    bored.got("picks", "picks")
    bored.is_tagged("picks-opinion", "not-interested")

    opens.ends("more-skincare", "completed")
    opens.got("more-skincare", "more-skincare")
    opens.is_tagged("picks-opinion", "skincare")
    admin.until(lambda: len(scanned.events("$message_scanned")) == 3)
    assert scanned.events("$message_clicked") == []
    assert scanned.runs("more-skincare") == [None, None]
    assert private.events("$message_clicked") == []

    # A wait for being opened led to a wait for a click, by both clocks.
    opens.stands("guide", "do they look")
    get(link(letter(opens, "Your guide"), "Read the routine"))
    opens.ends("guide", "completed", heard=["do they open it", "do they look"])
    opens.got("guide", "guide", "guide-next")
    assert opens.way("guide")[-1] == ("go on", "requested")

    leave = link(letter(opens, "Three steps"), "Unsubscribe")
    assert "护肤" in get(leave).text
    assert consents(opens)["marketing"]["granted"]
    for _ in range(2):  # mail programs repeat what was not answered at once
        post(leave, {"List-Unsubscribe": "One-Click"})
    refused = [one for one in told(opens) if not one["granted"]]
    assert [(one["topic"], one["channel"]) for one in refused] == [("skincare", "email")]
    chosen = get(link(letter(opens, "Picked"), "Preferences"))
    ticked = set(re.findall(r'name="([^"]+)" value="1"[^>]*checked', chosen.text))
    assert "marketing/@email" in ticked
    assert "marketing/skincare@email" not in ticked


def test_what_ses_says_comes_back_and_closes_an_address_that_is_not_there(person, admin):
    # Mailboxes of SES's own simulator: one that is not there, one of somebody who is away.
    gone, away = (
        person(email=f"{mailbox}+{uuid4().hex[:12]}@{SIMULATOR_DOMAIN}")
        for mailbox in ("bounce", "ooto")
    )
    for each in (gone, away):
        each.does("newsletter_joined")
    for each, kind in ((gone, "permanent"), (away, "transient")):
        # One mail by each clock; the second may not go out any more, when the first has come back.
        admin.until(lambda each=each: each.events("$message_bounced"))
        bounced = each.events("$message_bounced")
        assert {event["properties"]["bounce"] for event in bounced} == {kind}
        mails = [one for one in each.stack.emails() if each.email in one["To"]]
        assert 1 <= len(bounced) <= len(mails) <= 2
    assert gone.events("$message_delivered") == []
    admin.until(lambda: away.events("$message_delivered"))
    closed = admin.call("GET", "/suppressions/email?limit=200")["suppressions"]
    reasons = {one["address"]: one["reason"] for one in closed}
    assert reasons.get(gone.email) == "bounce"
    assert away.email not in reasons


def told(person: Person) -> list[dict[str, Any]]:
    kinds = person.admin.call("GET", f"/profiles/{person.profile()['profile_id']}/consents")
    return kinds["in_force"]


def consents(person: Person) -> dict[str, dict[str, Any]]:
    return {one["purpose"]: one for one in told(person) if not one["topic"]}


def test_a_survey_on_a_schedule_feeds_traits_and_segments(person, admin):
    unhappy, happy = person(), person()
    for each in (unhappy, happy):
        each.does(ORDERED)
    for each, stars in ((unhappy, "★☆☆☆☆"), (happy, "★★★★★")):
        each.stands("satisfaction-survey", "ask")
        each.got("satisfaction-survey", "satisfaction")
        url = link(letter(each, "One question"), "all answers")
        page = get(url)
        assert "您对我们满意吗" in page.text
        value = re.search(rf'name="answer" value="([^"]+)"[^>]*>{stars}<', page.text)[1]
        post(url, {"answer": value})
    for each in (unhappy, happy):
        each.ends("satisfaction-survey", "completed", heard=["ask"])
    admin.until(lambda: unhappy.profile()["traits"].get("satisfaction", {}).get("value") == "low")
    admin.until(lambda: happy.profile()["traits"].get("satisfaction", {}).get("value") == "high")
    for world in WORLDS:
        admin.until(lambda world=world: member(unhappy, f"unhappy{world}"))
        assert not member(happy, f"unhappy{world}")


def member(person: Person, segment_id: str) -> bool:
    rows = {row["segment_id"]: row for row in person.profile()["memberships"]}
    return bool(rows.get(segment_id, {}).get("member"))
