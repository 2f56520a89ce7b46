"""Sends text messages by Alibaba Cloud."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.channels.sms import SmsContent
from shared.domain.messages.handover import Answer, Handover, Rejected
from shared.providers.aliyun import answers, request
from shared.providers.http import Http
from shared.providers.sending import once


class AliyunSender:
    """One access key and one signature."""

    def __init__(
        self,
        base: str,
        http: Http,
        keys: request.Keys,
        sign_name: str,
        *,
        now: Callable[[], datetime],
        nonce: Callable[[], str],
    ) -> None:
        """`now` gives the instant in UTC, `nonce` a text that is never the same again."""
        self._base = base
        self._http = http
        self._keys = keys
        self._sign_name = sign_name
        self._now = now
        self._nonce = nonce

    def send(self, handover: Handover, content: SmsContent) -> Answer:
        """Hand one text message over with one call."""
        if not content.code:
            return Rejected(answers.PROVIDER, "the template has no code of this provider")
        wanted = request.message_request(
            self._base,
            self._keys,
            self._sign_name,
            handover,
            content,
            now=self._now(),
            nonce=self._nonce(),
        )
        return once(answers.PROVIDER, self._http, wanted, answers.read)
