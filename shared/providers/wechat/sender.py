"""Sends by a WeChat service account or a mini-program."""

from shared.domain.channels.miniprogram import MiniprogramContent
from shared.domain.channels.wechat import WechatContent
from shared.domain.messages.handover import Answer, Handover
from shared.providers.http import Http, Request
from shared.providers.tokens import Tokens, once_with_token
from shared.providers.wechat import answers, request


class WechatSender:
    """One account; its token is everybody's, so it comes from `tokens`."""

    def __init__(self, provider: str, base: str, http: Http, tokens: Tokens, state: str) -> None:
        """`state` is that of the mini-program's pages; a service account has none."""
        self._provider = provider
        self._base = base
        self._http = http
        self._tokens = tokens
        self._state = state

    def send(self, handover: Handover, content: WechatContent | MiniprogramContent) -> Answer:
        """Hand one message over with one call."""

        def build(token: str) -> Request:
            match content:
                case WechatContent():
                    return request.message_request(self._base, token, handover, content)
                case MiniprogramContent():
                    return request.subscription_request(
                        self._base, token, handover, content, self._state
                    )

        return once_with_token(
            self._provider,
            self._http,
            self._tokens,
            build,
            lambda response: answers.read(self._provider, response),
            answers.is_dead_token,
        )
