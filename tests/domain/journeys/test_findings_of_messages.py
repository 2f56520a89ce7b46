"""All that the verifier says of messages, quiet hours and caps, each with its values."""

from typing import Any

import pytest

from shared.domain.journeys.verify.finding import Finding, warned
from shared.domain.messages.budget import Cap
from shared.domain.workspace.model import WorkspaceSettings
from tests.domain.journeys.memory import journey
from tests.domain.journeys.small import (
    AGAIN,
    ASK,
    CALL,
    MAIL,
    OTHER,
    TEXT,
    WATCH,
    branch,
    of,
    waits,
)
from tests.domain.journeys.test_verify import LEAVE, PLAIN, SEND, SETTINGS, WAIT, around, trait

# --- messages ---------------------------------------------------------------------------------


def mail(html: str, name: str = "mail", **more: Any) -> dict[str, Any]:
    return {**PLAIN, "template_id": name, "html": f"<p>{html}</p>{LEAVE}", **more}


def send(name: str, template_id: str = "mail", **more: Any) -> dict[str, Any]:
    return {"type": "send", "name": name, "template_id": template_id, **more}


def test_what_a_template_misses_is_said_once_and_what_a_step_misses_each_time():
    shows = mail("{{ profile.name }} {{ profile.email }} {{ entry.total }} {{ coupon.code }}")
    definition = journey(
        send("one"), WAIT, send("two", values={"total": 1}), WAIT | {"name": "more"}, ASK | {
            "template_id": "mail", "values": {"coupon": "A"}},
    )  # fmt: skip
    at = "steps[{}].template_id".format
    handed = {"template": "mail"}
    coupon = {**handed, "variable": "coupon.code", "value": "coupon"}
    total = {**handed, "variable": "entry.total", "value": "total"}

    def missing(path: str, step: str, values: dict[str, str]) -> Finding:
        return Finding("error", *_words(warned("value_not_handed", path, step=step, **values)))

    assert of(definition, around(shows)) == [
        missing(at(0), "one", total),
        missing(at(0), "one", coupon),
        warned("trait_without_default", at(0), variable="profile.name", **handed),
        missing(at(2), "two", coupon),
        missing(at(4), "ask", total),
    ]


def _words(one: Finding) -> tuple[Any, ...]:
    return one.code, one.path, one.message, one.hint


def test_items_may_be_a_trait_too():
    shows = mail("{% for one in items %}{{ one.title }}{% endfor %}")
    told = warned(
        "trait_without_default", "steps[0].template_id", template="mail", variable="items"
    )
    assert of(journey(send("one")), around(shows)) == [told]
    values = {"items": {"entry": "products"}}
    assert of(journey(send("one", values=values)), around(shows)) == []


def test_a_template_that_is_broken_is_told_with_what_is_wrong():
    [told] = of(journey(send("one")), around(mail("{{ nobody.knows }}")))
    problem = told.message.en.split("cannot be used: ")[1]
    assert "nobody" in problem
    assert told == warned(
        "template_broken", "steps[0].template_id", template="mail", problem=problem
    )


@pytest.mark.parametrize(
    ("steps", "barred", "before"),
    [
        ((SEND, AGAIN), None, "remind"),
        ((SEND, WAIT, AGAIN), None, None),
        ((SEND, {**WATCH, "on_event": "again"}, AGAIN), None, None),
        ((SEND, OTHER, AGAIN), None, "remind"),
        ((SEND, CALL, AGAIN), None, None),
        ((SEND, {**ASK, "name": "again"}), None, "remind"),
        ((ASK, AGAIN), None, None),  # a question is waited for
        ((OTHER, AGAIN), None, None),
        # A way that nobody takes leads to nothing.
        (
            (branch((trait(), "remind"), (trait("not_exists"), "again"), otherwise="remind"),
             {**SEND, "next": "end"}, AGAIN),
            None,
            None,
        ),
        ((branch((trait(), "remind"), otherwise="again"), SEND, AGAIN), None, "remind"),
    ],
)  # fmt: skip
def test_a_template_is_sent_again_only_without_time_between(steps, barred, before):
    place = len(steps) - 1
    told = [one for one in of(journey(*steps)) if one.code == "same_template_again"]
    path = f"steps[{place}].template_id"
    values = {"template": "plain", "before": before}
    assert told == ([warned("same_template_again", path, **values)] if before else [])


def test_nobody_without_an_address_is_reached():
    fork = branch((trait("not_exists", name="phone"), "one"), otherwise="end")
    known = around(TEXT, MAIL)
    path = "steps[1].template_id"
    values = {"step": "one", "trait": "phone", "channel": "sms"}
    told = warned("no_address", path, **values)
    assert of(journey(fork, send("one", "text")), known) == [told]
    assert of(journey(fork, send("one")), known) == []
    later = journey({**fork, "arms": [{**fork["arms"][0], "next": "a while"}]}, WAIT,
                    send("one", "text"))  # fmt: skip
    assert of(later, known) == [], "they may have got one meanwhile"


def test_channels_that_nobody_carries_out():
    chat = {"template_id": "chat", "channel": "wechat", "form": "service", "text": "Hi"}
    definition = journey(send("one", "chat", fallback=["mail"]))

    def found(*providers: str) -> list[Finding]:
        return of(definition, around(chat, MAIL, providers=frozenset(providers)))

    path = "steps[0].template_id"
    told = warned("no_provider", path, channel="wechat", template="chat")
    assert found() == [told], "email goes out anyway"
    assert found("push") == [told]
    assert found("wechat") == []


def test_shares_that_are_held_out():
    assert of(journey(SEND, holdout=1)) == [warned("holdout_of_all", "holdout")]
    assert of(journey(SEND, holdout=0.99)) == []
    for purpose in ("service", "transactional"):
        values = {"share": 0.25, "purpose": purpose}
        told = of(journey(SEND, holdout=0.25, purpose=purpose))
        assert told == [warned("holdout_of_needed_messages", "holdout", **values)]
        assert of(journey(SEND, purpose=purpose)) == []


def test_a_sender_is_missed_once():
    nobody = WorkspaceSettings()
    definition = journey(send("one", "text"), WAIT, send("two"), {**WAIT, "name": "more"}, AGAIN)
    told = [warned("no_sender", "steps[2].template_id")]
    assert of(definition, around(TEXT, MAIL, settings=nobody)) == told
    assert of(definition, around(TEXT, MAIL, settings=nobody, partial=True)) == []
    assert of(definition, around(TEXT, MAIL)) == []


def test_topics_that_nothing_else_is_about():
    news, more, none = mail("a", topic="news"), mail("b", "more", topic="more"), mail("c", "none")
    definition = journey(send("one", "more"), WAIT, send("two"), {**WAIT, "name": "later"},
                         send("three", "none"), topic="newz")  # fmt: skip
    told = warned("topic_unknown", "topic", topic="newz", known="more, news")
    assert of(definition, around(news, more, none)) == [told]
    other = journey(SEND, journey_id="other", topic="newz")
    assert of(definition, around(news, more, none, journeys=[other])) == []
    assert of(journey(send("one", "none"), topic="newz"), around(none)) == []
    unused = mail("d", "unused", topic="newz")
    assert of(definition, around(news, more, none, unused)) == []


def test_questions_of_popups():
    def popup(ask: dict[str, Any] | None) -> dict[str, Any]:
        return {"channel": "web", "template_id": "popup", "headline": "How was it?", "ask": ask}

    step = {**ASK, "template_id": "popup", "answers": [{"answer": "5"}, {"answer": "6"}]}
    values = {"template": "popup", "question": "ask"}
    missing = warned("question_not_asked", "steps[0].template_id", **values)
    assert of(journey(step), around(popup(None))) == [missing]
    named = {**step, "question": "how"}
    asked = popup({"question": "how", "form": "rating"})
    assert of(journey(step), around(asked)) == [missing]
    path = "steps[0].answers[1].answer"
    offered = warned("answer_not_offered", path, template="popup", question="how", answer="6")
    assert of(journey(named), around(asked)) == [offered]
    second = {**named, "name": "second"}
    mailed = journey({**ASK, "name": "by mail"}, named)
    assert [one.path for one in of(mailed, around(asked))] == ["steps[1].answers[1].answer"]
    told = of(
        journey(step, {"type": "wait", "name": "day", "duration": "P1D"}, second), around(asked)
    )
    assert [one.path for one in told] == ["steps[0].template_id", "steps[2].answers[1].answer"]
    later = journey({**SEND, "next": "ask"}, named)
    assert [one.path for one in of(later, around(asked))] == ["steps[1].answers[1].answer"]


# --- quiet hours and caps ---------------------------------------------------------------------

NIGHT = {"quiet_hours": ["22:00-08:00"]}


def quiet(step: str, time: str, expires: str, place: int = 1) -> Finding:
    values = {"step": step, "time": time, "expires": expires}
    return warned("expires_while_quiet", f"steps[{place}]", **values)


def some(step: str, lasts: str, expires: str, place: int = 0) -> Finding:
    values = {"step": step, "quiet": lasts, "expires": expires}
    return warned("may_expire_while_quiet", f"steps[{place}]", **values)


@pytest.mark.parametrize(
    ("steps", "more", "wanted"),
    [
        ((SEND,), {**NIGHT, "expires_after": "PT10H1S"}, []),
        ((SEND,), {**NIGHT, "expires_after": "PT10H"}, [some("remind", "10 h", "10 h")]),
        (({**SEND, "expires_after": "PT9H"},), NIGHT, [some("remind", "10 h", "9 h")]),
        ((ASK,), {**NIGHT, "expires_after": "PT9H"}, [some("ask", "10 h", "9 h")]),
        (
            (waits({"time": "22:30"}), SEND),
            {**NIGHT, "expires_after": "PT9H30M"},
            [quiet("remind", "22:30", "9 h 30 min")],
        ),
        (
            (waits({"time": "22:31"}), SEND),
            {**NIGHT, "expires_after": "PT9H30M"},
            [some("remind", "10 h", "9 h 30 min", 1)],
        ),
        (
            (waits({"weekdays": ["mon"], "time": "07:05"}), SEND),
            {**NIGHT, "expires_after": "PT55M"},
            [quiet("remind", "07:05", "55 min")],
        ),
        (
            (waits({"trait": "renewal", "time": "00:00"}), SEND),
            {**NIGHT, "expires_after": "PT8H"},
            [quiet("remind", "00:00", "8 h")],
        ),
        (
            (waits({"at": "2027-01-01T23:00:00"}), SEND),
            {**NIGHT, "expires_after": "PT1H"},
            [some("remind", "10 h", "1 h", 1)],
        ),
        (  # the wait leads elsewhere
            (waits({"time": "22:30"}), OTHER, SEND),
            {**NIGHT, "expires_after": "PT9H"},
            [quiet("other", "22:30", "9 h"), some("remind", "10 h", "9 h", 2)],
        ),
        (
            (SEND,),
            {"quiet_hours": ["22:00-03:00", "03:00-08:00"], "expires_after": "PT10H"},
            [some("remind", "10 h", "10 h")],
        ),
        (
            (SEND,),
            {"quiet_hours": ["01:00-03:00", "04:00-08:00"], "expires_after": "PT4H"},
            [some("remind", "4 h", "4 h")],
        ),
        ((SEND,), {"quiet_hours": ["00:00-24:00"]}, [warned("quiet_all_day", "quiet_hours")]),
        ((SEND,), {"quiet_hours": ["00:00-23:59"], "expires_after": "P1D"}, []),
        ((CALL,), {"quiet_hours": ["00:00-24:00"]}, []),
        ((SEND,), {"expires_after": "PT1S"}, []),  # nothing is quiet, however soon it expires
        ((SEND,), {"quiet_hours": ["00:00-24:00"], "purpose": "transactional"}, []),
        ((SEND,), {"quiet_hours": "ignore"}, []),
    ],
)
def test_what_quiet_hours_keep_too_long(steps, more, wanted):
    assert [one for one in of(journey(*steps, **more)) if "quiet" in one.code] == wanted


def test_quiet_hours_of_the_workspace_keep_marketing():
    settings = SETTINGS.model_copy(update={"quiet_hours": ("21:00-09:00",)})
    known = around(settings=settings)
    told = [some("remind", "12 h", "12 h")]
    assert of(journey(SEND, expires_after="PT12H"), known) == told
    assert of(journey(SEND, expires_after="PT12H", purpose="service"), known) == []
    assert of(journey(SEND, expires_after="PT12H", quiet_hours="ignore"), known) == []
    own = journey(SEND, expires_after="PT12H", quiet_hours=["23:00-01:00"], purpose="service")
    assert of(own, known) == []


@pytest.mark.parametrize(
    ("steps", "cap", "more", "place"),
    [
        ((SEND, WAIT, OTHER), {}, {}, 2),
        ((SEND, WAIT, OTHER), {"within": "P4D"}, {}, 2),  # three days, and one in which it expires
        ((SEND, WAIT, OTHER), {"within": "P3DT23H59M"}, {}, None),
        ((SEND, WAIT, {**OTHER, "expires_after": "P2D"}), {"within": "P4D"}, {}, None),
        ((SEND, WAIT, OTHER), {"most": 2}, {}, None),
        ((SEND, OTHER, WAIT, {**OTHER, "name": "more"}), {"most": 2}, {}, 3),
        ((SEND, WAIT, OTHER), {"most": 2, "reserve": 1}, {}, 2),
        ((SEND, WAIT, OTHER), {"most": 2, "reserve": 1}, {"priority": 80}, None),
        ((SEND, WAIT, OTHER), {"within": None, "per": "month"}, {}, None),
        ((SEND, WAIT, OTHER), {"topic": "news"}, {}, None),
        ((SEND, WAIT, OTHER), {"topic": "news"}, {"topic": "news"}, 2),
        ((SEND, WAIT, OTHER), {"channel": "email"}, {}, 2),
        ((SEND, WAIT, OTHER), {"purposes": ["service"]}, {}, None),
        ((SEND, WAIT, {**OTHER, "template_id": "unknown"}), {}, {}, None),
        ((SEND, WATCH, OTHER), {}, {}, None),
        ((SEND, waits({"time": "09:00"}), OTHER), {}, {}, None),
        ((SEND, {"type": "reward", "name": "r", "points": 1}, OTHER), {}, {}, 2),
        ((SEND, CALL, OTHER), {}, {}, None),
        ((SEND, branch((trait(), None)), OTHER), {}, {}, None),
        (({**SEND, "next": "other"}, {**OTHER, "name": "more"}, OTHER), {}, {}, None),
        ((SEND, {**WAIT, "next": "other"}, OTHER), {}, {}, 2),
        (({**SEND, "template_id": "text"}, WAIT, OTHER), {"channel": "email"}, {}, None),
    ],
)
def test_caps_that_the_journey_itself_fills(steps, cap, more, place):
    made = Cap.model_validate({"most": 1, "within": "P9D", **cap})
    settings = SETTINGS.model_copy(update={"contact_budget": (made,)})
    definition = journey(*steps, **{"expires_after": "P1D", **more})
    told = of(definition, around(MAIL, TEXT, settings=settings))
    found = [one for one in told if one.code == "cap_outlasts_message"]
    if place is None:
        assert found == []
    else:
        within = {"P4D": "4 d"}.get(cap.get("within", ""), "9 d")
        most = made.most - made.reserve
        values = {"step": steps[place]["name"], "most": most, "within": within, "expires": "1 d"}
        assert found == [warned("cap_outlasts_message", f"steps[{place}]", **values)]
