"""The public pages: fetching changes nothing, pressing a button does one thing once."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.answer_links.questions import Questions
from functions.answer_links.usecase import AnswerLinks
from shared.aws.catalog import CatalogReader
from shared.aws.consent_reader import ConsentReader
from shared.aws.consent_store import ConsentStore
from shared.aws.feedback_store import FeedbackStore
from shared.aws.items import query_prefix, to_text
from shared.aws.keys import AGREED_PREFIX, Key, definition_version, person
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Decision, Scope
from shared.domain.feedback.hits import Hit
from shared.domain.messages.dress import path_of
from shared.domain.messages.links import (
    Answer,
    Click,
    Open,
    Preferences,
    Ref,
    Trap,
    Unsubscribe,
    sign,
)
from shared.errors import TransientError
from shared.runtime.http import Request
from tests.crash.faults import KilledError, Line
from tests.functions.dispatch_message.world import CATALOG, NOON, PROFILES, SETTINGS, Secret, World

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_dynamodb")]

LATER = NOON + timedelta(minutes=5)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
ASKING = {
    "journey_id": "asking",
    "title": "Asking",
    "entry": {"type": "event", "event": "signed_up"},
    "steps": [
        {
            "type": "feedback",
            "name": "ask",
            "template_id": "welcome",
            "question": "nps",
            "text": {"en": "How <was> it?", "zh": "怎么样？"},
            "answers": [
                {"answer": "5"},
                {"answer": "great & good", "text": {"en": "Great", "zh": "很好"}},
            ],
            "timeout": "P1D",
        }
    ],
}


class Waiting:
    def __init__(self) -> None:
        self.messages: list[tuple[str, int]] = []
        self.fails = False

    def send_later(self, messages: list[tuple[str, int]]) -> None:
        if self.fails:
            raise TransientError("busy")
        self.messages += messages

    @property
    def hits(self) -> list[Hit]:
        return [Hit.from_body(body) for body, _ in self.messages]


class Pages:
    """One person, Ada, with two messages: an ordinary one, and one that asks a question."""

    def __init__(self, dynamodb: Any) -> None:
        self.world = world = World(dynamodb)
        topics = [{"topic": "sale", "title": "Sales", "title_zh": "促销"}]
        settings = {**SETTINGS, "tracking": True, "preference_topics": topics}
        world.set_catalog("SETTINGS", settings)
        world.set_catalog("JOURNEY#asking", ASKING, status="published", published_version=1)
        row = {**definition_version("default", "JOURNEY", "asking", 1)._asdict(), "version": 1}
        world._put(CATALOG, {**row, "body": to_text(ASKING)})
        world.add_person("ada", first_name="Ada", email="ada@example.com")
        self.sent = self.send("m1")
        self.asking = self.send("m2", journey_id="asking", step="ask")
        self.waiting, self.lost = Waiting(), []
        self.feedback = FeedbackStore(dynamodb, PROFILES, lambda seconds: None)
        self.links = self.over(ConsentReader(dynamodb, PROFILES))

    def over(self, reader: ConsentReader, client: Any = None) -> AnswerLinks:
        """`client` is what decisions are written with."""
        dynamodb = self.world.dynamodb
        catalog = CatalogReader(dynamodb, CATALOG, clock=lambda: 0.0)
        return AnswerLinks(
            Secret().key,
            self.waiting,
            self.feedback,
            reader,
            ConsentStore(
                client or dynamodb, PROFILES, self.world.suppressions, lambda seconds: None
            ),
            catalog,
            Questions(self.feedback, lambda: catalog),
            lambda: "h1",
            lambda: self.lost.append(1),
        )

    def send(self, message_id: str, **fields: Any) -> Ref:
        request = self.world.request("ada", message_id=message_id, **fields)
        assert self.world.dispatch().dispatch(request) == "sent"
        return Ref("default", "ada", message_id)

    def ask(
        self,
        meaning: Any,
        method: str = "GET",
        *,
        ref: Ref | None = None,
        form: dict[str, str] | None = None,
        at: datetime = LATER,
        lang: str = "en",
        **headers: str,
    ) -> dict[str, Any]:
        token = sign(ref or self.sent, meaning, Secret().key)
        return self.fetch(
            f"/{path_of(meaning)}/{token}", method, form=form, at=at, lang=lang, **headers
        )

    def fetch(self, path, method="GET", *, form=None, at=LATER, lang="en", **headers):
        known = {"user-agent": BROWSER, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.links.respond(
            Request(
                method=method,
                path=path,
                headers=known,
                query={"lang": lang},
                body=urlencode(form or {}).encode(),
                received_at=at,
                origin="https://links.example",
            )
        )

    def holds(self, *scope: str) -> bool:
        standing = ConsentReader(self.world.dynamodb, PROFILES).standing("default", "ada")
        said = verdict(standing.kept.decisions, *Scope(*scope))
        return said is None or said.granted

    def ledger(self) -> int:
        start = Key(person("default", "ada"), AGREED_PREFIX)
        return len(list(query_prefix(self.world.dynamodb, PROFILES, start)))

    def answers(self) -> list[tuple[str, str]]:
        told = [one for one in self.world.timeline("ada") if one.name == "feedback_given"]
        return [(one.properties["question"], one.properties["answer"]) for one in told]

    def everything(self) -> str:
        """All rows, but for who fetched what."""
        rows = self.world.dynamodb.scan(TableName=PROFILES)["Items"]
        for row in rows:
            row.pop("hits", None)
        return json.dumps(sorted(rows, key=str), default=sorted, sort_keys=True)


@pytest.fixture
def pages(dynamodb: Any) -> Pages:
    return Pages(dynamodb)


CLICK = Click(1, 3, "https://shop.example/serum?for=ada", "serum")
LEAVE = Unsubscribe("marketing", "", "email")
MEANINGS = [CLICK, Open(), Trap(), LEAVE, Preferences(), Answer("nps", "5"), Answer("nps", "")]


@pytest.mark.parametrize("meaning", MEANINGS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_whoever_fetches_a_link_changes_nothing(pages, meaning, method):
    before = pages.everything()
    answer = pages.ask(meaning, method, ref=pages.asking)
    assert answer["statusCode"] in (200, 204, 302)
    assert answer["headers"]["cache-control"] == "no-store"
    assert pages.everything() == before


def test_a_click_leads_on_and_waits_to_be_judged(pages):
    answer = pages.ask(CLICK)
    assert (answer["statusCode"], answer["headers"]["location"]) == (302, CLICK.target)
    [hit] = pages.waiting.hits
    assert (hit.kind, hit.place, hit.of, hit.link) == ("click", 1, 3, "serum")
    assert (hit.url, hit.at) == ("https://shop.example/serum", LATER)
    assert pages.waiting.messages[0][1] == 10
    assert [one.place for one in pages.feedback.find(pages.sent).hits] == [1]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://shop.example/产品?q=面霜#新", "https://shop.example/%E4%BA%A7%E5%93%81?q=%E9%9D%A2%E9%9C%9C#%E6%96%B0"),
        ("https://shop.example/a%20b?x=%41&y=a+b", "https://shop.example/a%20b?x=%41&y=a+b"),
        ("https://shop.example/a\r\nset-cookie: a=b", "https://shop.example/aset-cookie:%20a=b"),
        ("https://shop.example/\x00\x7f", "https://shop.example/%00%7F"),
    ],
)  # fmt: skip
def test_an_address_leads_where_browsers_read_that_it_leads(pages, target, location):
    assert pages.ask(Click(0, 1, target))["headers"]["location"] == location


def test_the_pixel_and_the_trap_are_told_apart(pages):
    pixel = pages.ask(Open())
    assert (pixel["headers"]["content-type"], pixel["isBase64Encoded"]) == ("image/gif", True)
    assert pages.ask(Trap())["statusCode"] == 204
    assert [one.kind for one in pages.waiting.hits] == ["open", "trap"]


@pytest.mark.parametrize("headers", [{"sec_gpc": "1"}, {"dnt": "1"}, {"sec_purpose": "prefetch"}])
def test_whoever_asks_for_no_record_is_led_on_without_one(pages, headers):
    assert pages.ask(CLICK, **headers)["headers"]["location"] == CLICK.target
    pages.ask(Open(), **headers)
    assert pages.waiting.messages == []
    assert pages.feedback.find(pages.sent).hits == ()


def test_a_link_works_also_when_nobody_can_write_it_down(pages):
    pages.waiting.fails = True
    assert pages.ask(CLICK)["statusCode"] == 302
    assert pages.lost == [1]


def test_a_link_of_a_message_that_is_gone_still_leads_on(pages):
    assert pages.ask(CLICK, ref=Ref("default", "nobody", "m9"))["statusCode"] == 302
    rows = pages.world.dynamodb.scan(TableName=PROFILES)["Items"]
    assert not any("nobody" in str(row) for row in rows)


def test_one_click_unsubscribes_at_once_and_only_once(pages):
    assert pages.holds("marketing", "", "email")
    before = pages.ledger()
    for seconds in range(3):
        at = LATER + timedelta(seconds=seconds)
        form = {"List-Unsubscribe": "One-Click"}
        answer = pages.ask(LEAVE, "POST", form=form, at=at)
        assert answer["statusCode"] == 200
    assert not pages.holds("marketing", "", "email")
    assert pages.holds("marketing", "", "sms")
    assert pages.holds("service", "", "email")
    assert pages.ledger() == before + 1
    again = pages.world.request("ada", message_id="m3")
    assert pages.world.dispatch().dispatch(again) == "suppressed"
    receipt = pages.world.request("ada", message_id="m4", purpose="transactional")
    assert pages.world.dispatch().dispatch(receipt) == "sent"


def test_what_could_not_be_stored_is_said_and_can_be_tried_again(pages):
    line = Line({1: "throttled"})
    reader = ConsentReader(line.around(pages.world.dynamodb), PROFILES)
    pages.links = pages.over(reader)
    answer = pages.ask(LEAVE, "POST")
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "2")
    assert pages.holds("marketing", "", "email")
    assert pages.lost == [1]
    assert pages.ask(LEAVE, "POST")["statusCode"] == 200
    assert not pages.holds("marketing", "", "email")


def test_a_topic_is_left_alone(pages):
    pages.ask(Unsubscribe("marketing", "sale", "email"), "POST")
    assert not pages.holds("marketing", "sale", "email")
    assert pages.holds("marketing", "", "email")


def test_whoever_was_absorbed_leaves_for_the_whole_person(pages):
    pages.world.add_person("bob", first_name="Bob", email="ada@example.com")
    pages.world.merge("bob", "ada")
    pages.ask(LEAVE, "POST")
    assert not pages.holds("marketing", "", "email")
    pages.world.part("bob", "ada")
    for who in ("ada", "bob"):
        request = pages.world.request(who, message_id=f"m-{who}")
        assert pages.world.dispatch().dispatch(request) == "suppressed"


# What is pressed, the box that is not ticked then, and the scope that is refused by it.
STOPPING = [
    (LEAVE, None, ("marketing", "", "email")),
    (Preferences(), "stop", ("marketing", "", "sms")),
    (Preferences(), "marketing/@sms", ("marketing", "", "sms")),
    (Preferences(), "marketing/sale@email", ("marketing", "sale", "email")),
    (Preferences(), "personalisation", ("personalisation",)),
]


def form_without(page: dict[str, Any], box: str | None) -> dict[str, str]:
    if box == "stop":
        return {"stop": "all"}
    return {name: "1" for name in ticked(page) if box and name != box}


@pytest.mark.parametrize(("meaning", "box", "scope"), STOPPING)
def test_a_request_that_died_between_two_strands_is_completed_by_its_repetition(
    pages, meaning, box, scope
):
    dynamodb, world = pages.world.dynamodb, pages.world
    reader = ConsentReader(dynamodb, PROFILES)
    for writes in (0, 1, 2):
        people = (f"ann{writes}", f"bob{writes}")
        for who in people:
            world.add_person(who, email="ada@example.com")
        world.merge(*people)
        ref = Ref("default", people[0], "m1")
        form = form_without(pages.ask(meaning, ref=ref), box)
        line = Line()
        line.hook = dies_after(line, writes)
        pages.links = pages.over(reader, line.around(dynamodb))
        with suppress(KilledError):
            pages.ask(meaning, "POST", ref=ref, form=form)
        pages.links = pages.over(reader)
        pages.ask(meaning, "POST", ref=ref, form=form, at=LATER + timedelta(seconds=1))
        # Also where both turn out to be two people after all.
        world.part(*people)
        for who in people:
            said = verdict(reader.standing("default", who).kept.decisions, *Scope(*scope))
            assert (said and said.granted) is False, (writes, who)


def dies_after(line: Line, writes: int) -> Callable[[int], None]:
    """The end of the process before the call that follows so many transactions."""

    def hook(number: int) -> None:
        if line.calls[: number - 1].count("transact_write_items") == writes:
            raise KilledError

    return hook


@pytest.mark.parametrize(("meaning", "box"), [each[:2] for each in STOPPING])
def test_a_repetition_writes_nothing_for_somebody_of_several_strands(pages, meaning, box):
    pages.world.add_person("bob", email="ada@example.com")
    pages.world.merge("bob", "ada")
    form = form_without(pages.ask(meaning), box)
    pages.ask(meaning, "POST", form=form)
    before = pages.everything()
    pages.ask(meaning, "POST", form=form, at=LATER + timedelta(seconds=1))
    assert pages.everything() == before


def test_somebody_who_is_gone_is_told_the_same(pages):
    answer = pages.ask(LEAVE, "POST", ref=Ref("default", "nobody", "m1"))
    assert answer["statusCode"] == 200


def ticked(page: dict[str, Any]) -> dict[str, str]:
    found = re.findall(r'<input type="checkbox" name="([^"]+)"[^>]*checked', page["body"])
    return dict.fromkeys(found, "1")


def test_the_page_of_preferences_shows_what_holds_and_the_same_again_changes_nothing(pages):
    page = pages.ask(Preferences())
    assert ticked(page).keys() >= {"marketing/@email", "marketing/sale@sms", "tracking"}
    before = pages.everything()
    saved = pages.ask(Preferences(), "POST", form=ticked(page))
    assert pages.everything() == before
    assert 'role="status"' in saved["body"]


def cells() -> list[str]:
    return [f"marketing/{topic}@{way}" for topic in ("", "sale") for way in ("email", "sms")]


@pytest.mark.parametrize("chosen", range(16))
def test_what_is_ticked_holds_whatever_held_before(pages, chosen):
    names = cells()
    for step, mask in enumerate((chosen, 15 - chosen, 9, chosen, 6, chosen)):
        form = {name: "1" for place, name in enumerate(names) if mask >> place & 1}
        at = LATER + timedelta(seconds=step)
        page = pages.ask(Preferences(), "POST", form=form, at=at)
        assert ticked(page).keys() == form.keys(), (step, mask)


def test_everything_can_be_stopped_with_one_button(pages):
    form = {**dict.fromkeys(cells(), "1"), "stop": "all"}
    left = ticked(pages.ask(Preferences(), "POST", form=form))
    assert left.keys() == {"personalisation", "tracking"}
    before = pages.ledger()
    pages.ask(Preferences(), "POST", form=form, at=LATER + timedelta(seconds=1))
    assert pages.ledger() == before


@pytest.mark.parametrize(
    ("meaning", "form", "refused"),
    [
        (LEAVE, {"List-Unsubscribe": "One-Click"}, ("marketing", "", "email")),
        (Preferences(), {"stop": "all"}, ("marketing",)),
        (Preferences(), {}, ("marketing", "", "email")),
        (Preferences(), {}, ("tracking",)),
    ],
)
def test_a_refusal_that_was_only_stamped_is_made_for_good_by_a_button(
    pages, meaning, form, refused
):
    def stamps(granted: bool, seconds: int) -> None:
        for purpose in ("marketing", "tracking"):
            decides(pages, Scope(purpose), granted=granted, seconds=seconds, evidence="stamp")

    stamps(granted=False, seconds=-1)
    assert not pages.holds(*refused)
    pages.ask(meaning, "POST", form=form)
    before = pages.ledger()
    pages.ask(meaning, "POST", form=form, at=LATER + timedelta(seconds=1))
    assert pages.ledger() == before
    stamps(granted=True, seconds=60)
    assert not pages.holds(*refused)


def decides(pages, scope: Scope, *, granted: bool, seconds: int, evidence: str) -> None:
    """What Ada, or a client of hers, has said by another way."""
    store = ConsentStore(
        pages.world.dynamodb, PROFILES, pages.world.suppressions, lambda seconds: None
    )
    at, source = LATER + timedelta(seconds=seconds), f"{evidence} {scope.topic} {seconds}"
    store.record("default", "ada", [Decision(scope, granted, at, source, evidence)])


def test_what_a_word_granted_within_a_stamped_refusal_stays_where_the_form_leaves_it(pages):
    decides(pages, Scope("marketing"), granted=False, seconds=-9, evidence="stamp")
    sale = Scope("marketing", "sale", "email")
    decides(pages, sale, granted=True, seconds=-5, evidence="link")
    shown = ticked(pages.ask(Preferences()))
    assert "marketing/sale@email" in shown
    assert "marketing/@email" not in shown
    for seconds in (0, 1):
        at = LATER + timedelta(seconds=seconds)
        saved = pages.ask(Preferences(), "POST", form=shown, at=at)
        assert ticked(saved).keys() == shown.keys()
    decides(pages, Scope("marketing"), granted=True, seconds=60, evidence="stamp")
    assert pages.holds(*sale)
    assert not pages.holds("marketing", "", "email")


def test_an_answer_is_asked_for_and_counts_once_when_it_is_given(pages):
    meaning = Answer("nps", "great & good")
    page = pages.ask(meaning, ref=pages.asking)
    assert "How &lt;was&gt; it?" in page["body"]
    assert 'value="great &amp; good">Great<' in page["body"]
    for seconds in range(3):
        at = LATER + timedelta(seconds=seconds)
        pages.ask(meaning, "POST", ref=pages.asking, form={"answer": "great & good"}, at=at)
    assert pages.answers() == [("nps", "great & good")]
    at = LATER + timedelta(minutes=1)
    pages.ask(meaning, "POST", ref=pages.asking, form={"answer": "5"}, at=at)
    assert pages.answers() == [("nps", "great & good"), ("nps", "5")]


def test_the_page_speaks_the_language_of_the_reader(pages):
    page = pages.ask(Answer("nps", ""), ref=pages.asking, lang="", accept_language="zh-CN,zh")
    assert "怎么样？" in page["body"]
    assert ">很好<" in page["body"]
    assert '<html lang="zh-CN">' in page["body"]


def test_only_answers_that_were_asked_for_are_taken(pages):
    stranger = {"answer": "made up"}
    assert (
        pages.ask(Answer("nps", ""), "POST", ref=pages.asking, form=stranger)["statusCode"] == 404
    )
    assert pages.ask(Answer("nps", ""), "POST", ref=pages.asking)["statusCode"] == 404
    assert pages.answers() == []


def test_a_message_without_a_question_takes_the_signed_answer_alone(pages):
    assert pages.ask(Answer("picks", "like"), "POST", form={"answer": "other"})["statusCode"] == 404
    assert pages.ask(Answer("picks", "like"), "POST")["statusCode"] == 200
    assert pages.answers() == [("picks", "like")]


def test_a_link_does_one_thing_only(pages):
    token = sign(pages.sent, Preferences(), Secret().key)
    for head in ("u", "r", "o", "f", "x"):
        assert pages.fetch(f"/{head}/{token}", "POST")["statusCode"] == 404
    assert pages.fetch(f"/p/{token[:-1]}", "POST")["statusCode"] == 404
    assert pages.fetch("/u/", "POST")["statusCode"] == 404


@pytest.mark.parametrize("meaning", [CLICK, LEAVE, Preferences(), Answer("nps", "5")])
def test_other_methods_are_refused(pages, meaning):
    assert pages.ask(meaning, "DELETE", ref=pages.asking)["statusCode"] == 405


@pytest.mark.parametrize("meaning", [LEAVE, Preferences(), Answer("nps", "")])
def test_pages_load_nothing_run_nothing_and_name_nobody(pages, meaning):
    page = pages.ask(meaning, ref=pages.asking)
    policy = page["headers"]["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"<script|javascript:|\son\w+=|src=|https?://", page["body"])
    assert "ada" not in page["body"].lower()


TOKENS = st.sampled_from([CLICK, Open(), Trap(), LEAVE, Preferences(), Answer("nps", "")]).map(
    lambda meaning: sign(Ref("default", "ada", "m2"), meaning, Secret().key)
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT"]),
    head=st.sampled_from(["r", "o", "u", "p", "f", ""]),
    token=TOKENS
    | st.text()
    | st.binary(min_size=20).map(lambda raw: urlsafe_b64encode(raw).decode()),
    cut=st.integers(0, 3),
    lang=st.text(max_size=3),
    body=st.binary()
    | st.sampled_from([b"stop", b"answer=%00", b"answer=%ff", b"=&=&;", b"answer"]),
    accept=st.text(),
)
def test_whatever_is_asked_has_an_answer(pages, method, head, token, cut, lang, body, accept):
    answer = pages.links.respond(
        Request(
            method=method,
            path=f"/{head}/{token[: len(token) - cut]}",
            headers={"accept-language": accept, "user-agent": accept},
            query={"lang": lang},
            body=body,
            received_at=LATER,
            origin="https://links.example",
        )
    )
    assert answer["statusCode"] in {200, 204, 302, 404, 405}
    json.dumps(answer, ensure_ascii=False).encode()  # what the runtime does with it
    assert all(name.isascii() and value.isprintable() for name, value in answer["headers"].items())
