"""How much of its time an invocation has left."""

from typing import Protocol


class Invocation(Protocol):
    """What Lambda tells a function of the run it is in."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the run."""


def is_time_up(context: Invocation, spare_milliseconds: int) -> bool:
    """Whether less is left than what the work needs to come to a clean stop."""
    return context.get_remaining_time_in_millis() < spare_milliseconds
