"""What SES is asked for: headers, configuration set and tenant, in a form that its client takes."""

from email.header import decode_header, make_header
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from shared.aws.mailer import Mailer
from shared.domain.messages.dress import Dress
from shared.domain.messages.handover import Accepted, EmailContent, Handover
from shared.domain.messages.links import Ref

HANDOVER = Handover(
    workspace_id="default",
    profile_id="p1",
    message_id="m1",
    purpose="marketing",
    address="ada@example.com",
)
CONTENT = EmailContent(subject="Hello", html="<p>Hello</p>", text="Hello")


@pytest.fixture
def ses() -> Any:
    """A real client, whose requests are checked against SES's own model and never leave."""
    return botocore.session.get_session().create_client("sesv2", region_name="us-east-1")


def asked(
    ses: Any, content: EmailContent, *options: str, sender: str = "shop@example.com"
) -> dict[str, Any]:
    """What SES was asked for."""
    seen: dict[str, Any] = {}
    ses.meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: seen.update(params)
    )
    with Stubber(ses) as stub:
        stub.add_response("send_email", {"MessageId": "ses-1"})
        answer = Mailer(ses, *options).send(HANDOVER, sender, content)
    assert answer == Accepted("ses", "ses-1")
    return seen


@pytest.mark.parametrize("topic", ["", "x" * 64])
@pytest.mark.parametrize("base", ["https://l.example", "https://" + "l" * 192])
def test_a_marketing_email_can_be_left_with_one_click(ses, topic, base):
    dressed = Dress(
        base=base,
        ref=Ref("default", "9f8c2f0a6d1b4e57a3c0d2e4f6a8b0c1", "3a1f9e0c5b7d42869c1e0f2a4b6d8c7e"),
        purpose="marketing",
        topic=topic,
        channel="email",
        tracked=True,
        key_of=lambda purpose, workspace_id: b"k" * 32,
    ).put_on(CONTENT)
    headers = asked(ses, dressed)["Content"]["Simple"]["Headers"]
    named = {one["Name"]: one["Value"] for one in headers}
    assert named.keys() == {"List-Unsubscribe", "List-Unsubscribe-Post"}
    assert named["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert named["List-Unsubscribe"].startswith(f"<{base}/u/")
    assert all(len(value) <= 870 for value in named.values())  # SES takes no longer ones


def test_ses_reports_by_the_configuration_set_and_counts_for_the_tenant(ses):
    request = asked(ses, CONTENT, "rapport-mail", "shop")
    assert (request["ConfigurationSetName"], request["TenantName"]) == ("rapport-mail", "shop")


def test_without_them_neither_is_named(ses):
    assert not {"ConfigurationSetName", "TenantName"} & asked(ses, CONTENT).keys()


@pytest.mark.parametrize(
    ("sender", "asked_for"),
    [
        ("shop@example.com", "shop@example.com"),
        ("Shop <shop@example.com>", "Shop <shop@example.com>"),
        ("Shop, Inc. <shop@example.com>", '"Shop, Inc." <shop@example.com>'),
        (r'"The \"Shop\"" <shop@example.com>', r'"The \"Shop\"" <shop@example.com>'),
        (
            "知己会员店 <shop@example.com>",
            "=?utf-8?b?55+l5bex5Lya5ZGY5bqX?= <shop@example.com>",
        ),
        (
            '"知己, 会员店" <shop@example.com>',
            "=?utf-8?b?55+l5bexLCDkvJrlkZjlupc=?= <shop@example.com>",
        ),
        # Named so already by whoever knew what SES takes.
        ("=?utf-8?b?55+l5bex?= <shop@example.com>", "=?utf-8?b?55+l5bex?= <shop@example.com>"),
        # Put before senders were checked: SES says what is wrong with it.
        ("the shop", "the shop"),
    ],
)
def test_a_sender_is_named_in_ascii(ses, sender, asked_for):
    assert asked(ses, CONTENT, sender=sender)["FromEmailAddress"] == asked_for


@pytest.mark.parametrize("name", ["知己会员店" * 20, "é" * 130, "😀" * 90])
def test_a_long_name_becomes_several_words_on_one_line(ses, name):
    said = asked(ses, CONTENT, sender=f"{name} <shop@example.com>")["FromEmailAddress"]
    *words, address = said.split(" ")
    assert said.isascii()
    assert said.isprintable()
    assert len(words) > 1
    assert max(map(len, words)) <= 75
    assert address == "<shop@example.com>"
    assert str(make_header(decode_header(" ".join(words)))) == name
