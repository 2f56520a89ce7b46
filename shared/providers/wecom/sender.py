"""Sends by an application in WeCom."""

from shared.domain.channels.wecom import WecomContent
from shared.domain.messages.handover import Answer, Handover, Rejected
from shared.providers.http import Http, Request
from shared.providers.tokens import Tokens, once_with_token
from shared.providers.wecom import answers, request


class WecomSender:
    """One application of one company."""

    def __init__(
        self, base: str, http: Http, tokens: Tokens, *, agent_id: int, employee: str
    ) -> None:
        """`employee` gets the tasks of customers for whom nobody else is named."""
        self._base = base
        self._http = http
        self._tokens = tokens
        self._agent_id = agent_id
        self._employee = employee

    def send(self, handover: Handover, content: WecomContent) -> Answer:
        """Hand one message over, or one task for it, with one call."""
        employee = content.employee or self._employee
        if content.form == "customer_task" and not employee:
            return Rejected(answers.PROVIDER, "nobody is named who would confirm it")

        def build(token: str) -> Request:
            if content.form == "application":
                return request.application_request(
                    self._base, token, handover, content, self._agent_id
                )
            return request.task_request(self._base, token, handover, content, employee)

        return once_with_token(
            answers.PROVIDER, self._http, self._tokens, build, answers.read, answers.is_dead_token
        )
