"""By which id somebody is asked by a broadcast, and which broadcast an id is of."""

from typing import Final

_PREFIX: Final = "broadcast-"


def call_id(broadcast_id: str, profile_id: str) -> str:
    """The id of the event by which somebody is asked."""
    return f"{_PREFIX}{broadcast_id}-{profile_id}"


def broadcast_in(fact_id: str, profile_id: str) -> str:
    """The broadcast of an id that `call_id` made for somebody; empty for any other id."""
    suffix = f"-{profile_id}"
    if not fact_id.startswith(_PREFIX) or not fact_id.endswith(suffix):
        return ""
    return fact_id.removeprefix(_PREFIX).removesuffix(suffix)
