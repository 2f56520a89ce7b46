"""Sends text messages and notifications by Amazon SNS."""

from typing import Any

from shared.domain.channels.push import PushContent
from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Accepted, Answer, Handover, Unclear
from shared.providers.sns import answers, request


class SnsSender:
    """One account of AWS."""

    def __init__(self, client: Any) -> None:  # noqa: ANN401
        """`client` is an `sns` client that never repeats a call."""
        self._client = client

    def send(self, handover: Handover, content: SmsContent | PushContent) -> Answer:
        """Hand one message over with one call."""
        match content:
            case SmsContent():
                wanted = request.text_request(handover, content)
            case PushContent():
                wanted = request.push_request(handover, content)
        try:
            response = self._client.publish(**wanted)
            return Accepted(answers.PROVIDER, response["MessageId"])
        except KeyError:
            return Unclear(answers.PROVIDER, "the answer holds no message id")
        except Exception as error:
            return answers.read_failure(error)
