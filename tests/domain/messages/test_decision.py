"""The decision: one reason for every message that does not go out, and no send without a right."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.consents.in_force import allows
from shared.domain.consents.model import Decision as Consent
from shared.domain.consents.model import InForce, Scope
from shared.domain.messages.addresses import belongs_to_nobody, is_valid
from shared.domain.messages.decision import (
    Decision,
    JourneyStatus,
    Person,
    Send,
    Suppress,
    decide,
)
from shared.domain.messages.model import EmailTemplate, MessageRequest, SmsTemplate
from shared.domain.messages.timing import Moment
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.purposes import PURPOSES, Purpose

NOON = datetime(2026, 11, 22, tzinfo=UTC)
AT_NOON = Moment.at(NOON)
EMAIL = EmailTemplate(template_id="welcome", subject="Welcome", html="<p>Welcome</p>")
SMS = SmsTemplate(template_id="welcome", text="Welcome")
LIVE = WorkspaceSettings(email_from="shop@example.com")
REHEARSAL = WorkspaceSettings(email_from="shop@example.com", rehearsal=True)


def says(granted: bool, *scope: str) -> InForce:
    """One decision, of marketing unless told otherwise."""
    about = Scope(*(scope or ("marketing",)))  # type: ignore[arg-type]
    return {about: Consent(about, granted, NOON, "test")}


YES = says(True)
ADA = Person({"email": "ada@shop.cn", "phone": "+8613800138000"}, YES)


def request(purpose: Purpose = "marketing") -> MessageRequest:
    return MessageRequest(
        workspace_id="default",
        profile_id="p1",
        message_id="m1",
        enrolment_id="e1",
        journey_id="welcome-series",
        journey_version=1,
        step="welcome",
        visit=1,
        template_id="welcome",
        purpose=purpose,
        requested_at=NOON,
    )


def reason_of(decision: Decision) -> str | None:
    return decision.reason if isinstance(decision, Suppress) else None


def test_a_person_with_address_and_consent_is_sent_the_message():
    assert decide(request(), EMAIL, ADA, LIVE, "published", AT_NOON) == Send(
        EMAIL, "ada@shop.cn", True
    )
    assert decide(request(), SMS, ADA, LIVE, "published", AT_NOON) == Send(
        SMS, "+8613800138000", True
    )


def test_who_is_inside_an_archived_journey_gets_what_is_still_to_come():
    assert decide(request(), EMAIL, ADA, LIVE, "archived", AT_NOON) == Send(
        EMAIL, "ada@shop.cn", True
    )


def test_a_transactional_message_needs_no_consent_unless_the_workspace_says_so():
    stranger = Person({"email": "ada@shop.cn"}, {})
    careful = LIVE.model_copy(update={"consent_required": frozenset(PURPOSES)})

    sent = decide(request("transactional"), EMAIL, stranger, LIVE, "published", AT_NOON)
    kept = decide(request("transactional"), EMAIL, stranger, careful, "published", AT_NOON)

    assert sent == Send(EMAIL, "ada@shop.cn", False)
    assert reason_of(kept) == "no_consent"


@pytest.mark.parametrize(
    ("reason", "template", "person", "settings", "journey"),
    [
        ("journey_paused", EMAIL, ADA, LIVE, "paused"),
        ("journey_not_published", EMAIL, ADA, LIVE, "draft"),
        ("template_missing", None, ADA, LIVE, "published"),
        ("no_sender", EMAIL, ADA, WorkspaceSettings(), "published"),
        ("no_address", EMAIL, Person({}, YES), LIVE, "published"),
        ("no_address", EMAIL, Person({"email": ""}, YES), LIVE, "published"),
        ("no_address", SMS, Person({"email": "ada@shop.cn"}, YES), LIVE, "published"),
        ("invalid_address", EMAIL, Person({"email": "ada"}, YES), LIVE, "published"),
        ("invalid_address", EMAIL, Person({"email": ["a@b.cn"]}, YES), LIVE, "published"),
        ("invalid_address", SMS, Person({"phone": 13800138000}, YES), LIVE, "published"),
        ("rehearsal_address", EMAIL, ADA, REHEARSAL, "published"),
        ("rehearsal_address", SMS, ADA, REHEARSAL, "published"),
        ("no_consent", EMAIL, Person({"email": "a@b.cn"}, {}), LIVE, "published"),
    ],
)
def test_each_thing_in_the_way_has_its_own_reason(
    reason: str,
    template: EmailTemplate | SmsTemplate | None,
    person: Person,
    settings: WorkspaceSettings,
    journey: JourneyStatus,
):
    decision = decide(request(), template, person, settings, journey, AT_NOON)

    assert reason_of(decision) == reason
    assert isinstance(decision, Suppress)
    assert decision.channel == (template.channel if template else None)


def test_a_text_message_needs_no_email_sender():
    assert isinstance(decide(request(), SMS, ADA, WorkspaceSettings(), "published", AT_NOON), Send)


def test_a_refusal_holds_also_where_no_consent_is_needed():
    easy = LIVE.model_copy(update={"consent_required": frozenset()})
    for purpose in ("marketing", "service"):
        silent = decide(request(purpose), EMAIL, Person(ADA.traits, {}), easy, "published", AT_NOON)
        assert isinstance(silent, Send)
        assert silent.consent_matters
        refused = Person(ADA.traits, says(False, purpose))
        assert (
            reason_of(decide(request(purpose), EMAIL, refused, easy, "published", AT_NOON))
            == "no_consent"
        )


def test_consent_is_asked_of_the_topic_and_the_channel():
    known = {**YES, **says(False, "marketing", "sale"), **says(False, "marketing", "", "sms")}
    ada = Person(ADA.traits, known)
    sale = EMAIL.model_copy(update={"topic": "sale"})
    about_sale = replace(request(), topic="sale")
    about_news = replace(request(), topic="news")

    assert isinstance(decide(request(), EMAIL, ada, LIVE, "published", AT_NOON), Send)
    assert reason_of(decide(request(), SMS, ada, LIVE, "published", AT_NOON)) == "no_consent"
    assert reason_of(decide(request(), sale, ada, LIVE, "published", AT_NOON)) == "no_consent"
    assert reason_of(decide(about_sale, EMAIL, ada, LIVE, "published", AT_NOON)) == "no_consent"
    assert isinstance(decide(about_news, sale, ada, LIVE, "published", AT_NOON), Send)


@pytest.mark.parametrize(
    ("said", "default", "policy", "purpose", "expected"),
    [
        ({}, True, "send_plain", "marketing", True),
        ({}, False, "send_plain", "marketing", False),
        (says(True, "personalisation"), False, "suppress", "marketing", True),
        (says(False, "personalisation"), True, "send_plain", "marketing", False),
        (says(False, "personalisation"), True, "suppress", "marketing", "no_personalisation"),
        (says(False, "personalisation"), True, "suppress", "service", False),
        (says(False, "personalisation"), True, "suppress", "transactional", True),
        (says(False, "personalisation", "", "sms"), True, "suppress", "marketing", True),
    ],
)
def test_who_wants_no_personal_messages_gets_plain_ones_or_none(
    said: InForce, default: bool, policy: str, purpose: Purpose, expected: bool | str
):
    settings = LIVE.model_copy(
        update={"personalisation_default": default, "without_personalisation": policy}
    )
    ada = Person(ADA.traits, {**YES, **said})
    decision = decide(request(purpose), EMAIL, ada, settings, "published", AT_NOON)
    assert expected == (
        decision.personalised if isinstance(decision, Send) else reason_of(decision)
    )


addresses = st.sampled_from(
    [None, "", 7, "ada", "ada@shop.cn", "ada@example.com", "+8613800138000", "+14255550123"]
)
people = st.builds(
    Person,
    traits=st.fixed_dictionaries({}, optional={"email": addresses, "phone": addresses}),
    consents=st.sampled_from([YES, says(False), {}]),
)
workspaces = st.builds(
    WorkspaceSettings,
    email_from=st.sampled_from(["", "shop@example.com"]),
    rehearsal=st.booleans(),
    consent_required=st.frozensets(st.sampled_from(PURPOSES)),
)


@given(
    st.sampled_from(PURPOSES),
    st.sampled_from([EMAIL, SMS, None]),
    people,
    workspaces,
    st.sampled_from(get_args(JourneyStatus)),
)
def test_nothing_is_sent_without_a_right_to(
    purpose: Purpose,
    template: EmailTemplate | SmsTemplate | None,
    person: Person,
    settings: WorkspaceSettings,
    journey: JourneyStatus,
):
    decision = decide(request(purpose), template, person, settings, journey, AT_NOON)

    if isinstance(decision, Suppress):
        return
    assert journey in ("published", "archived"), "who is inside an archived journey stays"
    assert decision.template is template
    assert is_valid(decision.channel, decision.address)
    assert decision.address in person.traits.values()
    assert decision.channel != "email" or settings.email_from
    assert not settings.rehearsal or belongs_to_nobody(decision.channel, decision.address)
    needed = purpose in settings.consent_required
    assert decision.consent_matters == (needed or purpose != "transactional")
    assert allows(person.consents, purpose) or not needed
    assert Scope(purpose) not in person.consents or person.consents[Scope(purpose)].granted
