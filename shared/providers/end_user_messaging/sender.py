"""Sends text messages by AWS End User Messaging."""

from typing import Any

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Accepted, Answer, Handover, Unclear
from shared.providers.end_user_messaging import answers, request


class EndUserMessagingSender:
    """One origination identity."""

    def __init__(self, client: Any, origination: str, configuration_set: str) -> None:  # noqa: ANN401
        """`client` is a `pinpoint-sms-voice-v2` client that never repeats a call."""
        self._client = client
        self._origination = origination
        self._configuration_set = configuration_set

    def send(self, handover: Handover, content: SmsContent) -> Answer:
        """Hand one text message over with one call."""
        wanted = request.text_request(handover, content, self._origination, self._configuration_set)
        try:
            response = self._client.send_text_message(**wanted)
            return Accepted(answers.PROVIDER, response["MessageId"])
        except KeyError:
            return Unclear(answers.PROVIDER, "the answer holds no message id")
        except Exception as error:
            return answers.read_failure(error)
