"""The way from journeys to dispatch: the queue of messages that were asked for."""

from shared.aws.queues import Queue
from shared.domain.messages.model import MessageRequest


class MessagesOutbox:
    """Hands each message over at once (the port `Outbox`)."""

    def __init__(self, queue: Queue) -> None:
        """`queue` is that of dispatch_message."""
        self._queue = queue

    def send(self, request: MessageRequest) -> None:
        """Raises TransientError when the queue does not have it."""
        self._queue.send([request.to_body()])


class FoldedOutbox:
    """Keeps messages until they are handed over together (the port `Outbox`)."""

    def __init__(self, queue: Queue) -> None:
        """`queue` is that of dispatch_message."""
        self._queue = queue
        self._waiting: list[str] = []

    def send(self, request: MessageRequest) -> None:
        """Keep a message until `flush`."""
        self._waiting.append(request.to_body())

    def flush(self) -> None:
        """Hand over all that were kept; raises TransientError when the queue lacks some."""
        waiting, self._waiting = self._waiting, []
        self._queue.send(waiting)
