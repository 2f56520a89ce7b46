"""Two ways to dispatch: one for the messages of broadcasts, and one for all others.

A broadcast hands over as many messages as it has people, all at once; whoever else is written to
must not wait behind them. What may wait a little goes the way of broadcasts; transactional messages
never do.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:  # whoever only sends what was put off needs no model
    from shared.domain.messages.model import MessageRequest

_OF_BROADCAST: Final = "#b"


def is_of_broadcast(purpose: str, broadcast_id: str) -> bool:
    """Whether a message goes the way of broadcasts."""
    return bool(broadcast_id) and purpose != "transactional"


def goes_with_broadcasts(request: "MessageRequest") -> bool:
    """Whether what was asked for goes the way of broadcasts."""
    return is_of_broadcast(request.purpose, request.broadcast_id)


def waiting_name(profile_id: str, message_id: str, *, of_broadcast: bool) -> str:
    """The name of a message in the due index, which says by which way it comes back."""
    return f"{profile_id}#{message_id}{_OF_BROADCAST if of_broadcast else ''}"


def name_of(request: "MessageRequest") -> str:
    """The same for what was asked for."""
    of_broadcast = goes_with_broadcasts(request)
    return waiting_name(request.profile_id, request.message_id, of_broadcast=of_broadcast)


def ids_of(name: str) -> tuple[str, str]:
    """(profile_id, message_id) of a name that `waiting_name` wrote."""
    profile_id, _, message_id = name.removesuffix(_OF_BROADCAST).partition("#")
    return profile_id, message_id


def waits_with_broadcasts(name: str) -> bool:
    """Whether a message comes back by the way of broadcasts, by its name in the due index."""
    return name.endswith(_OF_BROADCAST)
