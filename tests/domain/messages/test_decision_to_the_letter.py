"""Decisions to the letter: every reason with its channel, what is written down, and which rung."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.domain.consents.model import Decision as Consent
from shared.domain.consents.model import InForce, Scope
from shared.domain.messages.decision import (
    Decision,
    Defer,
    Person,
    Rung,
    Send,
    Suppress,
    climb,
    decide,
)
from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.reasons import TEXTS
from shared.domain.messages.timing import Contacts, Moment
from shared.domain.messages.windows import Needed, Window, digest_of
from tests.domain.messages.asked import (
    ASKED,
    BEGAN,
    EMAIL,
    MOMENT,
    NOW,
    request,
    settings,
    template,
)

HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
EXPIRES = BEGAN + timedelta(days=3)


SMS = template("u", channel="sms", text="x")
SERVICE = template("w", channel="wechat", form="service", text="x")
TRAITS = {
    "email": "ada@shop.cn",
    "phone": "+4915112345678",
    "wechat_openid": "o-abc123",
    "timezone": "UTC",
}
NOBODY = {"email": "ada@example.com", "phone": "+14255550123", "wechat_openid": "nobody-1"}


def said(granted: bool, *scope: str) -> InForce:
    about = Scope(*(scope or ("marketing",)))  # type: ignore[arg-type]
    return {about: Consent(about, granted, NOW, "test")}


YES = said(True)
ADA = Person(TRAITS, YES)


def decided(
    template: AnyTemplate | None = EMAIL,
    person: Person = ADA,
    *,
    status: Any = "published",
    moment: Moment = MOMENT,
    values: dict[str, Any] | None = None,
    **of_settings: Any,
) -> Decision:
    known = settings(**of_settings)
    return decide(request(**(values or {})), template, person, known, status, moment)


# --- for good -------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [EMAIL, SMS, SERVICE])
def test_whatever_stands_in_the_way_is_said_with_its_channel(each: AnyTemplate):
    channel, trait = each.channel, each.ADDRESS.trait
    assert decided(each, status="paused") == Suppress("journey_paused", channel)
    assert decided(each, status="draft") == Suppress("journey_not_published", channel)
    assert decided(each, Person({}, YES)) == Suppress("no_address", channel)
    assert decided(each, Person({**TRAITS, trait: ""}, YES)) == Suppress("no_address", channel)
    for wrong in ("?", 7, ["a"], {"a": "b"}):
        person = Person({**TRAITS, trait: wrong}, YES)
        assert decided(each, person) == Suppress("invalid_address", channel)
    assert decided(each, rehearsal=True) == Suppress("rehearsal_address", channel)
    person = Person({**NOBODY, trait: TRAITS[trait]}, YES)
    assert decided(each, person, rehearsal=True) == Suppress("rehearsal_address", channel)
    assert decided(each, Person(TRAITS, {})) == Suppress("no_consent", channel)
    assert decided(each, Person(TRAITS, said(False))) == Suppress("no_consent", channel)
    plain = {"without_personalisation": "suppress", "personalisation_default": False}
    assert decided(each, **plain) == Suppress("no_personalisation", channel)
    late = replace(MOMENT, now=EXPIRES)
    assert decided(each, moment=late) == Suppress("expired", channel)


def test_of_a_template_that_is_missing_nobody_knows_the_channel():
    assert decided(None) == Suppress("template_missing", None, "t")
    assert decided(None, status="paused") == Suppress("journey_paused", None)
    assert decided(None, status="draft") == Suppress("journey_not_published", None)


def test_without_a_sender_no_email_goes_out():
    assert decided(email_from="") == Suppress("no_sender", "email")
    assert decided(SMS, email_from="") == Send(SMS, TRAITS["phone"], True)


@pytest.mark.parametrize("status", ["published", "archived"])
def test_what_nothing_stands_in_the_way_of_is_sent_to_the_address(status: str):
    assert decided(status=status) == Send(EMAIL, "ada@shop.cn", True)
    nobody = Person(NOBODY, YES)
    assert decided(person=nobody, rehearsal=True) == Send(EMAIL, "ada@example.com", True)
    assert Send(EMAIL, "ada@shop.cn", True).channel == "email"
    assert Send(SMS, "+86", True).channel == "sms"


REFUSED_SALE = {**YES, **said(False, "marketing", "sale")}
REFUSED_MAIL = {**YES, **said(False, "marketing", "", "email")}
REFUSED_TEXTS = {**YES, **said(False, "marketing", "", "sms")}


@pytest.mark.parametrize(
    ("purpose", "topic", "consents", "required", "matters"),
    [
        # purpose, topic of the request, what was said, purposes that need consent
        ("marketing", "", YES, ["marketing"], True),
        ("marketing", "", {}, ["marketing"], None),
        ("marketing", "", {}, [], True),
        ("marketing", "", said(False), [], None),
        ("marketing", "", REFUSED_SALE, ["marketing"], None),
        ("marketing", "news", REFUSED_SALE, ["marketing"], True),
        ("marketing", "", REFUSED_MAIL, ["marketing"], None),
        ("marketing", "", REFUSED_TEXTS, ["marketing"], True),
        ("service", "", {}, ["marketing"], True),
        ("service", "", said(False, "service"), ["marketing"], None),
        ("service", "", YES, ["service"], None),
        ("service", "", said(True, "service"), ["service"], True),
        ("transactional", "", {}, ["marketing"], False),
        ("transactional", "", said(False, "transactional"), ["marketing"], False),
        ("transactional", "", {}, ["transactional"], None),
        ("transactional", "", said(True, "transactional"), ["transactional"], True),
    ],
)
def test_consent_is_asked_of_the_purpose_the_topic_and_the_channel(
    purpose: str, topic: str, consents: InForce, required: list[str], matters: bool | None
):
    expected = (
        Suppress("no_consent", "email") if matters is None else Send(EMAIL, "ada@shop.cn", matters)
    )
    values = {"purpose": purpose, "topic": topic}
    person = Person(TRAITS, consents)
    assert decided(person=person, values=values, consent_required=required) == expected


NOT_ME = said(False, "personalisation")


@pytest.mark.parametrize(
    ("wishes", "default", "policy", "purpose", "personal"),
    [
        ({}, True, "suppress", "marketing", True),
        ({}, False, "suppress", "marketing", None),
        ({}, False, "send_plain", "marketing", False),
        ({}, False, "suppress", "service", False),
        ({}, False, "suppress", "transactional", True),
        (NOT_ME, True, "suppress", "marketing", None),
        (NOT_ME, True, "send_plain", "marketing", False),
        (NOT_ME, True, "suppress", "service", False),
        (NOT_ME, True, "send_plain", "transactional", True),
        (said(True, "personalisation"), False, "suppress", "marketing", True),
        (said(False, "personalisation", "sale"), True, "suppress", "marketing", None),
        (said(False, "personalisation", "news"), True, "suppress", "marketing", True),
        (said(False, "personalisation", "", "email"), True, "suppress", "marketing", None),
        (said(False, "personalisation", "", "sms"), True, "suppress", "marketing", True),
    ],
)
def test_personal_is_what_a_person_did_not_refuse_of_topic_and_channel(
    wishes: InForce, default: bool, policy: str, purpose: str, personal: bool | None
):
    matters = purpose != "transactional"
    expected = (
        Suppress("no_personalisation", "email")
        if personal is None
        else Send(EMAIL, "ada@shop.cn", matters, personal)
    )
    assert (
        decided(
            person=Person(TRAITS, {**YES, **wishes}),
            values={"purpose": purpose},
            personalisation_default=default,
            without_personalisation=policy,
        )
        == expected
    )


# --- for now --------------------------------------------------------------------------------------

CAPPED = {"contact_budget": [{"most": 1, "within": "PT6H"}]}
WISH = Wait("m1", Use(NOW, "email", "marketing", "sale", ""), 70, ASKED, NOW, EXPIRES)


def used(at: datetime, *, channel: Any = "email") -> Ledger:
    return NOTHING.took("before", Use(at, channel, "marketing"))


def ada(ledger: Ledger = NOTHING, windows: tuple[Window, ...] | None = None) -> Person:
    return Person(TRAITS, YES, Contacts(ledger, windows))


def test_a_message_that_a_limit_covers_is_written_down_when_it_goes():
    assert decided(**CAPPED) == Send(EMAIL, "ada@shop.cn", True, counts=WISH)
    assert decided(**CAPPED, values={"purpose": "transactional"}) == Send(
        EMAIL, "ada@shop.cn", False
    )


def test_a_message_without_room_waits_and_is_written_down_as_waiting():
    free = NOW + 5 * HOUR
    assert decided(person=ada(used(NOW - HOUR)), **CAPPED) == Defer(
        free, "contact_budget", "email", replace(WISH, until=free)
    )


def test_in_quiet_hours_it_waits_and_only_what_counts_is_written_down():
    night = {"quiet_hours": ["11:00-14:00"]}
    until = NOW + 2 * HOUR
    assert decided(**night) == Defer(until, "quiet_hours", "email")
    assert decided(**night, **CAPPED) == Defer(
        until, "quiet_hours", "email", replace(WISH, until=until)
    )
    tokyo = Person({**TRAITS, "timezone": "Asia/Tokyo"}, YES)
    assert decided(person=tokyo, **night) == Send(EMAIL, "ada@shop.cn", True)
    china = Person({"email": "ada@shop.cn", "phone": "+8613800138000"}, YES)
    evening = {"quiet_hours": ["20:00-21:00"]}  # 12:00 UTC by the number of the telephone
    assert decided(person=china, **evening) == Defer(NOW + HOUR, "quiet_hours", "email")


def test_nobody_waits_longer_than_until_it_expires():
    short = {"expires_after": 3 * 3_600}
    end = BEGAN + 3 * HOUR
    expected = replace(WISH, until=end, expires_at=end)
    assert decided(person=ada(used(NOW - HOUR)), values=short, **CAPPED) == Defer(
        end, "contact_budget", "email", expected
    )
    last = replace(MOMENT, now=end - SECOND)
    assert isinstance(decided(moment=last, values=short), Send)
    for now in (end, end + SECOND):
        gone = replace(MOMENT, now=now, kept_by="contact_budget")
        said = f"contact_budget: {TEXTS['contact_budget'].en}"
        assert decided(moment=gone, values=short) == Suppress("expired", "email", said)


def test_text_messages_to_china_wait_by_its_clock_wherever_somebody_is():
    at = datetime(2026, 11, 22, 15, tzinfo=UTC)
    moment = replace(MOMENT, now=at, wall=at)
    morning = datetime(2026, 11, 23, tzinfo=UTC)
    person = Person({**TRAITS, "phone": "+8613800138000"}, YES)
    assert decided(SMS, person, moment=moment) == Defer(morning, "channel_hours", "sms")
    assert decided(SMS, moment=moment) == Send(SMS, "+4915112345678", True)
    assert decided(EMAIL, moment=moment) == Send(EMAIL, "ada@shop.cn", True)


OPEN = Window(Needed("wechat_service"), digest_of("o-abc123"), 2, NOW + HOUR, NOW - HOUR)


def test_a_message_takes_from_the_window_that_is_open_by_the_clock_on_the_wall():
    assert decided(SERVICE, ada()) == Send(SERVICE, "o-abc123", True)
    assert decided(SERVICE, ada(windows=())) == Suppress("window_closed", "wechat")
    with_window = Send(SERVICE, "o-abc123", True, window=OPEN)
    assert decided(SERVICE, ada(windows=(OPEN,))) == with_window
    faster = replace(MOMENT, now=NOW + 5 * HOUR)
    assert decided(SERVICE, ada(windows=(OPEN,)), moment=faster) == with_window
    over = replace(MOMENT, wall=NOW + HOUR)
    assert decided(SERVICE, ada(windows=(OPEN,)), moment=over) == Suppress(
        "window_closed", "wechat"
    )
    late = {"quiet_hours": ["11:00-23:00"]}
    assert decided(SERVICE, ada(windows=()), **late) == Suppress("window_closed", "wechat")


# --- of several -----------------------------------------------------------------------------------


def ladder(*templates: AnyTemplate | None) -> list[Rung]:
    return [
        Rung(place, request(template_id=each.template_id if each else "gone"), each, 10 + place)
        for place, each in enumerate(templates)
    ]


def climbed(rungs: list[Rung], person: Person, **of_settings: Any) -> tuple[Rung, Decision]:
    return climb(iter(rungs), person, settings(**of_settings), "published", MOMENT)


def test_the_first_rung_that_reaches_now_is_taken():
    rungs = ladder(EMAIL, SMS, SERVICE)
    assert climbed(rungs, ADA) == (rungs[0], Send(EMAIL, "ada@shop.cn", True))
    without = Person({**TRAITS, "email": None}, YES)
    assert climbed(rungs, without) == (rungs[1], Send(SMS, TRAITS["phone"], True))


def test_what_goes_now_is_taken_before_what_goes_later():
    rungs = ladder(EMAIL, SMS)
    capped = {"contact_budget": [{"most": 1, "within": "PT6H", "channel": "email"}]}
    found = climbed(rungs, ada(used(NOW - HOUR)), **capped)
    assert found == (rungs[1], Send(SMS, TRAITS["phone"], True))


def test_where_none_goes_now_it_waits_for_the_one_that_goes_first():
    rungs = ladder(SERVICE, EMAIL, SMS)
    capped = {
        "contact_budget": [
            {"most": 1, "within": "PT6H", "channel": "email"},
            {"most": 1, "within": "PT4H", "channel": "sms"},
        ]
    }
    sent = used(NOW - HOUR).took("other", Use(NOW - HOUR, "sms", "marketing"))
    person = Person(TRAITS, YES, Contacts(sent, ()))
    free = NOW + 3 * HOUR
    wish = replace(WISH, use=Use(NOW, "sms", "marketing"), until=free)
    assert climbed(rungs, person, **capped) == (
        rungs[2],
        Defer(free, "contact_budget", "sms", wish),
    )
    same = [{**one, "within": "PT6H"} for one in capped["contact_budget"]]
    assert climbed(rungs, person, contact_budget=same)[0] == rungs[1]


def test_where_none_ever_goes_it_is_the_first_with_what_every_one_lacks():
    rungs = ladder(SMS, EMAIL, None)
    nobody = Person({"email": "?"}, YES)
    assert climbed(rungs, nobody) == (
        rungs[0],
        Suppress("no_address", "sms", "u: no_address; t: invalid_address; gone: template_missing"),
    )
    alone = ladder(None)
    assert climbed(alone, ADA) == (alone[0], Suppress("template_missing", None, "gone"))
    [only] = ladder(SMS)
    assert climbed([only], nobody) == (only, Suppress("no_address", "sms"))
