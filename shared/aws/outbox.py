"""The ways from journeys to dispatch, and to whoever carries out what is no message."""

from collections.abc import Sequence
from typing import assert_never

from shared.aws.message_queues import MessageQueues
from shared.aws.queues import Queue
from shared.aws.session import client
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import Request
from shared.domain.messages.model import MessageRequest


class RequestsOutbox:
    """Hands each request over at once (the port `Outbox`)."""

    def __init__(self, messages: MessageQueues, actions: Queue) -> None:
        """The queues of dispatch_message, and that of perform_action."""
        self._messages = messages
        self._actions = actions

    @classmethod
    def open(
        cls, messages_queue_url: str, broadcast_queue_url: str, actions_queue_url: str
    ) -> "RequestsOutbox":
        """That of a function that has just started."""
        messages = MessageQueues.open(messages_queue_url, broadcast_queue_url)
        return cls(messages, Queue(client("sqs"), actions_queue_url))

    def send(self, request: Request) -> None:
        """Raises TransientError when the queue does not have it."""
        self.send_all([request])

    def send_all(self, requests: Sequence[Request]) -> None:
        """Hand over many in few calls; raises TransientError when a queue lacks some."""
        messages: list[MessageRequest] = []
        actions: list[str] = []
        for request in requests:
            match request:
                case MessageRequest():
                    messages.append(request)
                case ActionRequest():
                    actions.append(request.to_body())
                case _:
                    assert_never(request)
        if messages:
            self._messages.ask(messages)
        if actions:
            self._actions.send(actions)


class FoldedOutbox:
    """Keeps requests until they are handed over together (the port `Outbox`)."""

    def __init__(self, outbox: RequestsOutbox) -> None:
        """`outbox` hands them over."""
        self._outbox = outbox
        self._waiting: list[Request] = []

    def send(self, request: Request) -> None:
        """Keep a request until `flush`."""
        self._waiting.append(request)

    def flush(self) -> None:
        """Hand over all that were kept; raises TransientError when a queue lacks some."""
        waiting, self._waiting = self._waiting, []
        self._outbox.send_all(waiting)
