"""Handing text messages to Amazon SNS."""

from typing import Any, Final

from shared.aws.provider_answers import answer_to
from shared.domain.messages.handover import Accepted, Answer, Handover, SmsContent, Unclear

PROVIDER: Final = "sns"


class Texter:
    """Sends one text message with one call."""

    def __init__(self, client: Any) -> None:
        """`client` is an `sns` client that never repeats a call."""
        self._client = client

    def send(self, handover: Handover, content: SmsContent) -> Answer:
        """Hand one text over; every answer and every failure to answer comes back as data."""
        kind = "Promotional" if handover.purpose == "marketing" else "Transactional"
        try:
            response = self._client.publish(
                PhoneNumber=handover.address,
                Message=content.text,
                MessageAttributes={
                    "AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": kind}
                },
            )
            return Accepted(PROVIDER, response["MessageId"])
        except KeyError:
            return Unclear(PROVIDER, "the answer holds no message id")
        except Exception as error:
            return answer_to(PROVIDER, error)
