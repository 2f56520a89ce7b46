"""Sends by an application in WeCom."""

from collections.abc import Callable
from contextlib import suppress

from shared.domain.channels.following import TaskState
from shared.domain.channels.wecom import WecomContent
from shared.domain.messages.handover import Answer, Handover, Rejected
from shared.errors import TransientError
from shared.providers.http import Http, NeverLeftError, NoAnswerError, Request, Response
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
        employee = self.employee_of(content)
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

    def employee_of(self, content: WecomContent) -> str:
        """Who has to confirm a task; empty where nobody is named."""
        return content.employee or self._employee

    def state(self, task_id: str, employee: str) -> TaskState | None:
        """What became of a task; None where that cannot be learnt now."""
        found = self._ask(
            lambda token: request.result_request(self._base, token, task_id, employee)
        )
        return answers.state_of(found) if found else None

    def remind(self, task_id: str) -> None:
        """Remind the employee; nothing happens where that is not possible now."""
        self._ask(lambda token: request.remind_request(self._base, token, task_id))

    def _ask(self, build: Callable[[str], Request]) -> Response | None:
        """A call that sends nothing; None where there is no answer."""
        try:
            token = self._tokens.current()
            response = self._http(build(token))
        except (TransientError, NeverLeftError, NoAnswerError):
            return None
        if answers.is_dead_token(response):
            with suppress(TransientError):
                self._tokens.is_dead(token)
        return response
