"""Requests to AWS's own providers are ones that AWS's description of them takes."""

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from shared.domain.channels.push import PushContent
from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Accepted, Handover, NotTaken, Rejected, Unclear
from shared.providers.end_user_messaging.sender import EndUserMessagingSender
from shared.providers.sns.sender import SnsSender

DEVICE = "arn:aws:sns:eu-west-1:123456789012:endpoint/{}/app/5e3e9847-3183-3f18-a7e8-671c3a57d4b3"
PUSH = PushContent("Hi", "你好", "https://shop.example.com/a")


class Described:
    """Takes what the description of an operation takes."""

    def __init__(self, service: str, operation: str) -> None:
        model = botocore.session.get_session().get_service_model(service)
        self._shape = model.operation_model(operation).input_shape
        self.taken: list[dict[str, Any]] = []

    def _call(self, **request: Any) -> dict[str, str]:
        report = ParamValidator().validate(request, self._shape)
        assert not report.has_errors(), report.generate_report()
        self.taken.append(request)
        return {"MessageId": "1"}

    publish = send_text_message = _call


def handover(address: str, purpose: Any = "marketing") -> Handover:
    return Handover(
        workspace_id="default", profile_id="p1", message_id="m1", purpose=purpose, address=address
    )


@pytest.mark.parametrize("platform", ["APNS", "APNS_SANDBOX", "GCM", "ADM", "BAIDU"])
def test_a_notification(platform: str):
    client = Described("sns", "Publish")
    answer = SnsSender(client).send(handover(DEVICE.format(platform)), PUSH)
    assert answer == Accepted("sns", "1")
    assert platform in client.taken[0]["Message"]


@pytest.mark.parametrize(
    ("purpose", "kind"), [("marketing", "PROMOTIONAL"), ("service", "TRANSACTIONAL")]
)
def test_a_text_message_of_end_user_messaging(purpose: str, kind: str):
    client = Described("pinpoint-sms-voice-v2", "SendTextMessage")
    sender = EndUserMessagingSender(client, "pool-1", "set-1")
    assert isinstance(sender.send(handover("+14255550123", purpose), SmsContent("Hi")), Accepted)
    assert client.taken[0]["MessageType"] == kind
    assert client.taken[0]["Context"]["message_id"] == "m1"


class Failing:
    """Fails as a client of AWS fails."""

    def __init__(self, code: str, status: int) -> None:
        said = {"Error": {"Code": code, "Message": "no"}}
        self._said = {**said, "ResponseMetadata": {"HTTPStatusCode": status}}

    def publish(self, **request: Any) -> Any:
        raise botocore.exceptions.ClientError(self._said, "Publish")

    send_text_message = publish


@pytest.mark.parametrize(
    ("code", "status", "expected", "gone"),
    [
        ("EndpointDisabled", 400, Rejected, True),
        ("InvalidParameter", 400, Rejected, False),
        ("Throttling", 400, NotTaken, False),
        ("InternalError", 500, Unclear, False),
    ],
)
def test_what_failures_mean(code: str, status: int, expected: type, gone: bool):
    answer = SnsSender(Failing(code, status)).send(handover(DEVICE.format("GCM")), PUSH)
    assert isinstance(answer, expected)
    assert getattr(answer, "address_is_gone", False) == gone
    text = EndUserMessagingSender(Failing(code, status), "pool-1", "")
    assert isinstance(text.send(handover("+14255550123"), SmsContent("Hi")), expected)
