"""Events of SES, in the shapes in which SES documents them."""

from datetime import UTC, datetime

import pytest

from shared.domain.feedback.reports import report_of_ses
from shared.errors import InvalidInputError

TAGS = {
    "ses:configuration-set": ["Mail-abc"],
    "workspace_id": ["default"],
    "profile_id": ["p1"],
    "message_id": ["m1"],
}
MAIL = {
    "timestamp": "2026-11-22T12:00:00.000Z",
    "messageId": "0100017-ses",
    "destination": ["ada@example.com"],
    "tags": TAGS,
}
AT = "2026-11-22T12:00:05.123Z"
BOUNCE = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [
        {
            "emailAddress": "ada@example.com",
            "action": "failed",
            "diagnosticCode": "smtp; 550 5.1.1 user unknown",
        }
    ],
    "timestamp": AT,
    "feedbackId": "bounce-1",
}


def event(kind: str, part: str, content: dict, **mail) -> dict:
    return {"eventType": kind, "mail": {**MAIL, **mail}, part: content}


def test_a_bounce_names_the_message_the_address_and_the_kind():
    report = report_of_ses(event("Bounce", "bounce", BOUNCE))
    assert (report.kind, report.bounce, report.report_id) == ("bounced", "permanent", "bounce-1")
    assert (report.workspace_id, report.profile_id, report.message_id) == ("default", "p1", "m1")
    assert report.at == datetime(2026, 11, 22, 12, 0, 5, 123000, tzinfo=UTC)
    assert report.addresses == ("ada@example.com",)
    assert report.provider_message_id == "0100017-ses"
    assert report.detail == "General"


@pytest.mark.parametrize(
    ("said", "bounce"), [("Transient", "transient"), ("Undetermined", "undetermined")]
)
def test_an_answering_machine_is_no_permanent_bounce(said, bounce):
    content = {**BOUNCE, "bounceType": said, "bounceSubType": "General"}
    assert report_of_ses(event("Bounce", "bounce", content)).bounce == bounce


@pytest.mark.parametrize(
    ("kind", "part", "content", "wanted"),
    [
        ("Delivery", "delivery", {"timestamp": AT, "recipients": ["ada@example.com"]}, "delivered"),
        (
            "DeliveryDelay",
            "deliveryDelay",
            {"timestamp": AT, "delayType": "MailboxFull", "delayedRecipients": []},
            "delayed",
        ),
        ("Reject", "reject", {"reason": "Bad content"}, "rejected"),
        (
            "Complaint",
            "complaint",
            {"timestamp": AT, "feedbackId": "c-1", "complaintFeedbackType": "abuse"},
            "complained",
        ),
    ],
)
def test_what_else_can_become_of_a_message(kind, part, content, wanted):
    report = report_of_ses(event(kind, part, content))
    assert (report.kind, report.bounce) == (wanted, None)
    assert "ada@example.com" not in report.detail


def test_a_notification_of_the_older_form_says_the_same():
    older = {**event("", "bounce", BOUNCE), "notificationType": "Bounce"}
    assert report_of_ses(older) == report_of_ses(event("Bounce", "bounce", BOUNCE))


def test_two_reports_of_one_message_have_different_ids_and_one_has_always_the_same():
    delay = {"timestamp": AT}
    both = [report_of_ses(event("DeliveryDelay", "deliveryDelay", delay)) for _ in range(2)]
    delivery = report_of_ses(event("Delivery", "delivery", delay))
    assert both[0].report_id == both[1].report_id != delivery.report_id


@pytest.mark.parametrize("kind", ["Send", "Open", "Click", "Subscription", "", "nonsense"])
def test_what_is_not_asked_for_says_nothing(kind):
    assert report_of_ses(event(kind, "x", {})) is None


def test_mail_that_is_not_ours_says_nothing():
    assert report_of_ses(event("Bounce", "bounce", BOUNCE, tags={})) is None
    without = {name: values for name, values in TAGS.items() if name != "message_id"}
    assert report_of_ses(event("Bounce", "bounce", BOUNCE, tags=without)) is None


def test_not_spam_takes_nothing_away():
    content = {"timestamp": AT, "complaintFeedbackType": "not-spam", "feedbackId": "c-1"}
    assert report_of_ses(event("Complaint", "complaint", content)) is None


@pytest.mark.parametrize(
    "broken",
    [
        {"eventType": "Bounce"},
        {"eventType": "Bounce", "mail": None, "bounce": BOUNCE},
        {"eventType": "Bounce", "mail": MAIL, "bounce": []},
        {"eventType": "Bounce", "mail": MAIL, "bounce": {**BOUNCE, "bouncedRecipients": [{}]}},
        {"eventType": "Bounce", "mail": {**MAIL, "tags": "x"}, "bounce": BOUNCE},
        {"eventType": "Bounce", "mail": MAIL, "bounce": {**BOUNCE, "timestamp": "yesterday"}},
    ],
)
def test_what_ses_would_never_say_is_refused(broken):
    with pytest.raises(InvalidInputError):
        report_of_ses(broken)
