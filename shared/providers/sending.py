"""What all senders share: one call, and its failure as an answer."""

from collections.abc import Callable
from typing import Any, Protocol

from shared.domain.messages.handover import Answer, Handover, NotTaken, Unclear
from shared.providers.http import Http, NeverLeftError, NoAnswerError, Request, Response


class Sender(Protocol):
    """Hands one message over with one call; every failure comes back as data."""

    def send(self, handover: Handover, content: Any) -> Answer:  # noqa: ANN401
        """Hand it over; `content` is that of the sender's channel."""
        ...


def once(provider: str, http: Http, request: Request, read: Callable[[Response], Answer]) -> Answer:
    """Call once and read the answer."""
    try:
        response = http(request)
    except NeverLeftError as error:
        return NotTaken(provider, str(error))
    except NoAnswerError as error:
        return Unclear(provider, str(error))
    return read(response)
