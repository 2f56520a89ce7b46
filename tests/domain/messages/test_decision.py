"""The decision: one reason for every message that does not go out, and no send without a right."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.purposes import PURPOSES, Purpose

EMAIL = EmailTemplate(template_id="welcome", subject="Welcome", html="<p>Welcome</p>")
SMS = SmsTemplate(template_id="welcome", text="Welcome")
LIVE = WorkspaceSettings(email_from="shop@example.com")
REHEARSAL = WorkspaceSettings(email_from="shop@example.com", rehearsal=True)
ADA = Person({"email": "ada@shop.cn", "phone": "+8613800138000"}, consented=True)


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
        requested_at=datetime(2026, 11, 22, tzinfo=UTC),
    )


def reason_of(decision: Decision) -> str | None:
    return decision.reason if isinstance(decision, Suppress) else None


def test_a_person_with_address_and_consent_is_sent_the_message():
    assert decide(request(), EMAIL, ADA, LIVE, "published") == Send(EMAIL, "ada@shop.cn", True)
    assert decide(request(), SMS, ADA, LIVE, "published") == Send(SMS, "+8613800138000", True)


def test_a_transactional_message_needs_no_consent_unless_the_workspace_says_so():
    stranger = Person({"email": "ada@shop.cn"}, consented=False)
    careful = LIVE.model_copy(update={"consent_required": frozenset(PURPOSES)})

    sent = decide(request("transactional"), EMAIL, stranger, LIVE, "published")
    kept = decide(request("transactional"), EMAIL, stranger, careful, "published")

    assert sent == Send(EMAIL, "ada@shop.cn", False)
    assert reason_of(kept) == "no_consent"


@pytest.mark.parametrize(
    ("reason", "template", "person", "settings", "journey"),
    [
        ("journey_paused", EMAIL, ADA, LIVE, "paused"),
        ("journey_not_published", EMAIL, ADA, LIVE, "archived"),
        ("journey_not_published", EMAIL, ADA, LIVE, "draft"),
        ("template_missing", None, ADA, LIVE, "published"),
        ("no_sender", EMAIL, ADA, WorkspaceSettings(), "published"),
        ("no_address", EMAIL, Person({}, True), LIVE, "published"),
        ("no_address", EMAIL, Person({"email": ""}, True), LIVE, "published"),
        ("no_address", SMS, Person({"email": "ada@shop.cn"}, True), LIVE, "published"),
        ("invalid_address", EMAIL, Person({"email": "ada"}, True), LIVE, "published"),
        ("invalid_address", EMAIL, Person({"email": ["a@b.cn"]}, True), LIVE, "published"),
        ("invalid_address", SMS, Person({"phone": 13800138000}, True), LIVE, "published"),
        ("rehearsal_address", EMAIL, ADA, REHEARSAL, "published"),
        ("rehearsal_address", SMS, ADA, REHEARSAL, "published"),
        ("no_consent", EMAIL, Person({"email": "a@b.cn"}, False), LIVE, "published"),
    ],
)
def test_each_thing_in_the_way_has_its_own_reason(
    reason: str,
    template: EmailTemplate | SmsTemplate | None,
    person: Person,
    settings: WorkspaceSettings,
    journey: JourneyStatus,
):
    decision = decide(request(), template, person, settings, journey)

    assert reason_of(decision) == reason
    assert isinstance(decision, Suppress)
    assert decision.channel == (template.channel if template else None)


def test_a_text_message_needs_no_email_sender():
    assert isinstance(decide(request(), SMS, ADA, WorkspaceSettings(), "published"), Send)


addresses = st.sampled_from(
    [None, "", 7, "ada", "ada@shop.cn", "ada@example.com", "+8613800138000", "+14255550123"]
)
people = st.builds(
    Person,
    traits=st.fixed_dictionaries({}, optional={"email": addresses, "phone": addresses}),
    consented=st.booleans(),
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
    decision = decide(request(purpose), template, person, settings, journey)

    if isinstance(decision, Suppress):
        return
    assert journey == "published"
    assert decision.template is template
    assert is_valid(decision.channel, decision.address)
    assert decision.address in person.traits.values()
    assert decision.channel != "email" or settings.email_from
    assert not settings.rehearsal or belongs_to_nobody(decision.channel, decision.address)
    assert decision.consent_needed == (purpose in settings.consent_required)
    assert person.consented or not decision.consent_needed
