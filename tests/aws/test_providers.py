"""Mailer and SNS make one call each, in the provider's own form, whatever comes back."""

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from shared.aws import session
from shared.aws.mailer import Mailer
from shared.domain.messages.handover import (
    Accepted,
    EmailContent,
    Handover,
    SmsContent,
    Unclear,
)
from shared.domain.workspace.purposes import Purpose
from shared.providers.sns.sender import SnsSender
from tests.functions.dispatch_message.mailbox import Mailbox

CONTENT = EmailContent(subject="你好", html="<p>Hello</p>", text="Hello")


def handover(address: str, purpose: Purpose = "marketing", message_id: str = "m1") -> Handover:
    return Handover(
        workspace_id="default",
        profile_id="p1",
        message_id=message_id,
        purpose=purpose,
        address=address,
    )


def test_an_email_is_taken_with_subject_text_and_the_tags_of_its_message():
    mailbox = Mailbox()

    answer = Mailer(mailbox).send(handover("ada@example.com"), "shop@example.com", CONTENT)

    assert answer == Accepted("ses", "provider-1")
    (letter,) = mailbox.to("ada@example.com")
    assert (letter.subject, letter.text) == ("你好", "Hello")
    assert letter.tags == {"workspace_id": "default", "profile_id": "p1", "message_id": "m1"}


def test_tags_stay_in_the_alphabet_of_ses():
    mailbox = Mailbox()

    Mailer(mailbox).send(handover("a@b.cn", message_id="m/1 ü.@_-"), "shop@example.com", CONTENT)

    assert next(iter(mailbox)).tags["message_id"] == "m-1--.@_-"


@pytest.mark.parametrize(
    ("purpose", "kind"),
    [
        ("marketing", "Promotional"),
        ("service", "Transactional"),
        ("transactional", "Transactional"),
    ],
)
def test_a_text_is_promotional_when_it_is_marketing(purpose: Purpose, kind: str):
    mailbox = Mailbox()

    answer = SnsSender(mailbox).send(handover("+14255550123", purpose), SmsContent("Hello"))

    assert answer == Accepted("sns", "provider-1")
    assert next(iter(mailbox)).tags == {"type": kind}


class Dumb:
    """A client whose answer holds nothing."""

    def send_email(self, **request: Any) -> dict[str, Any]:
        return {}

    publish = send_email


def test_an_answer_without_an_id_and_no_answer_are_both_unclear():
    slow = Mailbox()
    slow.refuse(lambda address: ReadTimeoutError(endpoint_url=address))

    for client in (Dumb(), slow):
        email = Mailer(client).send(handover("ada@example.com"), "shop@example.com", CONTENT)
        sms = SnsSender(client).send(handover("+14255550123"), SmsContent("Hello"))
        assert isinstance(email, Unclear)
        assert isinstance(sms, Unclear)
    assert len(slow.calls) == 2


def test_the_requests_are_ones_that_the_real_clients_accept(dynamodb: Any):
    session.client("sesv2").create_email_identity(EmailIdentity="shop@example.com")

    email = Mailer(session.client_without_retries("sesv2")).send(
        handover("ada@example.com"), "shop@example.com", CONTENT
    )
    sms = SnsSender(session.client_without_retries("sns")).send(
        handover("+14255550123"), SmsContent("Hello")
    )

    assert isinstance(email, Accepted)
    assert isinstance(sms, Accepted)


def test_clients_of_providers_never_repeat_a_call():
    for service in ("sesv2", "sns"):
        config = session.client_without_retries(service).meta.config
        assert config.retries["total_max_attempts"] == 1
