"""Access tokens: who has them, and a call that needs one."""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from shared.domain.messages.handover import Answer, NotTaken
from shared.errors import TransientError
from shared.providers.http import Http, Request, Response
from shared.providers.sending import once


class Tokens(Protocol):
    """The one access token of an account, shared by everybody who calls for it."""

    def current(self) -> str:
        """A token that should be good; raises TransientError where none can be had now."""
        ...

    def is_dead(self, token: str) -> None:
        """Say that the provider does not take this token any more."""
        ...


def once_with_token(
    provider: str,
    http: Http,
    tokens: Tokens,
    build: Callable[[str], Request],
    read: Callable[[Response], Answer],
    is_dead: Callable[[Response], bool],
) -> Answer:
    """Call once with the current token.

    A token that proves dead is given up, and the message comes again: a provider that does not know
    who calls has not looked at what was sent.
    """
    try:
        token = tokens.current()
    except TransientError as error:
        return NotTaken(provider, str(error))
    except Exception as error:  # whatever it is, nothing was sent
        return NotTaken(provider, type(error).__name__)

    def look(response: Response) -> Answer:
        if is_dead(response):
            with suppress(TransientError):  # the next call hears the same
                tokens.is_dead(token)
        return read(response)

    return once(provider, http, build(token), look)
