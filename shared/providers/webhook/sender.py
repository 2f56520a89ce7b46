"""Calls servers of customers: for messages once, for actions until they take it."""

from collections.abc import Callable
from datetime import datetime

from shared.domain.channels.webhook import WebhookContent
from shared.domain.messages.handover import Answer, Handover, NotTaken, Rejected, Unclear
from shared.errors import TransientError
from shared.providers.http import NeverLeftError, NoAnswerError
from shared.providers.webhook import answers, request
from shared.providers.webhook.calling import HttpsCaller, NotPublicError


class WebhookSender:
    """Signs with the secret of the workspace, where there is one."""

    def __init__(
        self,
        caller: HttpsCaller,
        secret_of: Callable[[str], bytes | None],
        now: Callable[[], datetime],
    ) -> None:
        """`secret_of` gives the secret of a workspace; `now` gives the instant."""
        self._caller = caller
        self._secret_of = secret_of
        self._now = now

    def send(self, handover: Handover, content: WebhookContent) -> Answer:
        """Hand one message over with one call."""
        body = request.body_of(handover, content)
        try:
            return answers.read(
                self._post(content.url, body, handover.message_id, handover.workspace_id)
            )
        except NotPublicError as error:
            return Rejected(answers.PROVIDER, str(error))
        except NeverLeftError as error:
            return NotTaken(answers.PROVIDER, str(error))
        except NoAnswerError as error:
            return Unclear(answers.PROVIDER, str(error))

    def call(self, url: str, body: bytes, key: str, workspace_id: str) -> str:
        """Post a body that may come again; `key` is the same for every repetition.

        Gives how the server took it: `taken`, or `refused: ` and why. Raises TransientError when
        it may take the same later.
        """
        try:
            status = self._post(url, body, key, workspace_id)
        except NotPublicError as error:
            return f"refused: {error}"
        except (NeverLeftError, NoAnswerError) as error:
            raise TransientError(str(error)) from error
        if status >= 500 or status in answers.LATER:
            raise TransientError(f"the server of a webhook answered {status}")
        return "taken" if 200 <= status < 300 else f"refused: the server answered {status}"

    def _post(self, url: str, body: bytes, key: str, workspace_id: str) -> int:
        secret = self._secret_of(workspace_id)
        return self._caller.post(url, body, request.headers(key, body, secret, self._now()))
