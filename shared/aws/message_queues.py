"""The two queues of messages: those of broadcasts wait behind one another, and behind no others."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from shared.aws.queues import Queue
from shared.aws.session import client
from shared.domain.due.batches import decode
from shared.domain.messages.lanes import goes_with_broadcasts, waits_with_broadcasts

if TYPE_CHECKING:  # whoever only sends what was put off needs no model
    from shared.domain.messages.model import MessageRequest


class MessageQueues:
    """Brings each message by its way; every method raises TransientError when SQS is busy."""

    def __init__(self, single: Queue, broadcast: Queue) -> None:
        """The queue of messages, and that of messages of broadcasts."""
        self._single = single
        self._broadcast = broadcast

    @classmethod
    def open(cls, messages_queue_url: str, broadcast_queue_url: str) -> "MessageQueues":
        """Those of a function that has just started."""
        sqs = client("sqs")
        return cls(Queue(sqs, messages_queue_url), Queue(sqs, broadcast_queue_url))

    def ask(self, requests: "Iterable[MessageRequest]") -> None:
        """Hand over what was asked for, in few calls."""
        bodies: dict[bool, list[str]] = {False: [], True: []}
        for request in requests:
            bodies[goes_with_broadcasts(request)].append(request.to_body())
        for of_broadcast, found in bodies.items():
            if found:
                self._queue(of_broadcast=of_broadcast).send(found)

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send (body, seconds of delay) of messages that were put off, as the due index has them.

        A body holds names of one way alone.
        """
        bodies: dict[bool, list[tuple[str, int]]] = {False: [], True: []}
        for body, delay in messages:
            bodies[waits_with_broadcasts(decode(body).names[0])].append((body, delay))
        for of_broadcast, found in bodies.items():
            if found:
                self._queue(of_broadcast=of_broadcast).send_later(found)

    def _queue(self, *, of_broadcast: bool) -> Queue:
        return self._broadcast if of_broadcast else self._single
