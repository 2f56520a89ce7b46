"""Sends text messages by Tencent Cloud."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Answer, Handover, Rejected
from shared.providers.http import Http
from shared.providers.sending import once
from shared.providers.tencent import answers, request


class TencentSender:
    """One account and one signature."""

    def __init__(
        self, base: str, http: Http, account: request.Account, now: Callable[[], datetime]
    ) -> None:
        """`now` gives the instant."""
        self._base = base
        self._http = http
        self._account = account
        self._now = now

    def send(self, handover: Handover, content: SmsContent) -> Answer:
        """Hand one text message over with one call."""
        if not content.code:
            return Rejected(answers.PROVIDER, "the template has no code of this provider")
        wanted = request.message_request(
            self._base, self._account, handover, content, now=self._now()
        )
        return once(answers.PROVIDER, self._http, wanted, answers.read)
